"""Words that dialects say differently: operations, providers, reasons to finish. OpenTelemetry's are stored.

Sources: https://opentelemetry.io/docs/specs/semconv/registry/attributes/gen-ai/ for the words that are stored, and the
documents of `table.SOURCES` for the others.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any, Final

from windvane.collectors.gateway.otlp.parts import parsed
from windvane.collectors.instrument.wire.google_generate import REASONS
from windvane.collectors.redaction.cutting import cut

__all__ = ["finish_reason", "finish_reasons", "operation_of", "provider"]

_OPERATIONS: Final = {
    **{name: name for name in ("chat", "text_completion", "embeddings", "retrieval", "execute_tool")},
    "generate_content": "chat",
    "completion": "text_completion",
    "text-completion": "text_completion",
    "embedding": "embeddings",
    "embed": "embeddings",
    "retrieve": "retrieval",
    "vector_db_retrieve": "retrieval",
}
_KINDS: Final = {"LLM": "chat", "EMBEDDING": "embeddings", "RETRIEVER": "retrieval", "TOOL": "execute_tool"}
"""Of `openinference.span.kind`."""
_REQUESTS: Final = {"chat": "chat", "completion": "text_completion", "embedding": "embeddings"}
"""Of `llm.request.type`."""
_CALLS: Final = ("gen_ai.request.model", "gen_ai.response.model", "llm.request.model", "llm.model_name")


def operation_of(attributes: Mapping[str, Any]) -> tuple[str, bool]:
    """Return the operation, and whether it is a call: of a model, a retriever, a tool, an embedder.

    What is around calls (an agent, a workflow, a chain) has its own name and is none; what is no GenAI at all is
    `other`.

    >>> operation_of({"gen_ai.operation.name": "generate_content"}), operation_of({"openinference.span.kind": "CHAIN"})
    (('chat', True), ('chain', False))
    >>> operation_of({"http.request.method": "POST"})
    ('other', False)
    """
    said = attributes.get("gen_ai.operation.name")
    if said is not None:
        said = str(said)
        return (_OPERATIONS[said], True) if said in _OPERATIONS else (cut(said, 64), False)
    said = attributes.get("openinference.span.kind")
    if said is not None:
        said = str(said)
        return (_KINDS[said.upper()], True) if said.upper() in _KINDS else (cut(said, 64).lower(), False)
    said = attributes.get("llm.request.type")
    if said is not None and str(said) in _REQUESTS:
        return _REQUESTS[str(said)], True
    said = attributes.get("traceloop.span.kind")
    if said is not None:
        return ("execute_tool", True) if said == "tool" else (cut(str(said), 64), False)
    return ("chat", True) if any(name in attributes for name in _CALLS) else ("other", False)


_PROVIDERS: Final = {
    "azure": "azure.ai.openai",
    "azure_openai": "azure.ai.openai",
    "azureopenai": "azure.ai.openai",
    "az.ai.openai": "azure.ai.openai",
    "az.ai.inference": "azure.ai.inference",
    "aws": "aws.bedrock",
    "bedrock": "aws.bedrock",
    "amazon_bedrock": "aws.bedrock",
    "google": "gcp.gemini",
    "gemini": "gcp.gemini",
    "google_genai": "gcp.gemini",
    "google_ai_studio": "gcp.gemini",
    "vertex_ai": "gcp.vertex_ai",
    "vertexai": "gcp.vertex_ai",
    "google_vertexai": "gcp.vertex_ai",
    "gcp_vertex_ai": "gcp.vertex_ai",
    "mistral": "mistral_ai",
    "mistralai": "mistral_ai",
    "xai": "x_ai",
    "watsonx": "ibm.watsonx.ai",
}


def provider(said: Any) -> str:
    """Return OpenTelemetry's word for a provider.

    >>> provider("OpenAI"), provider("MistralAI"), provider("az.ai.openai"), provider("my own")
    ('openai', 'mistral_ai', 'azure.ai.openai', 'my own')
    """
    word = str(said).lower()
    return _PROVIDERS.get(word, word)


_FINISHES: Final = {
    **REASONS,
    "end_turn": "stop",
    "stop_sequence": "stop",
    "complete": "stop",
    "completed": "stop",
    "eos": "stop",
    "max_output_tokens": "length",
    "model_length": "length",
    "tool_calls": "tool_call",
    "tool_use": "tool_call",
    "function_call": "tool_call",
    "refusal": "content_filter",
    "content_filtered": "content_filter",
    "guardrail_intervened": "content_filter",
    "failed": "error",
}


@lru_cache(1024)
def _finish(said: str) -> str:
    word = said.rpartition(".")[2].lower()
    return _FINISHES.get(word, word)


def finish_reason(said: Any) -> str:
    """Return OpenTelemetry's word for why an answer ended.

    >>> finish_reason("end_turn"), finish_reason("MAX_TOKENS"), finish_reason("FinishReason.SAFETY")
    ('stop', 'length', 'content_filter')
    """
    text = said if isinstance(said, str) else str(said)
    return _finish(text) if len(text) <= 64 else text


def finish_reasons(said: Any) -> list[str]:
    """Return the words for one reason or several; those that say nothing are left out.

    >>> finish_reasons("tool_calls"), finish_reasons(["STOP", None, ""]), finish_reasons('["stop"]')
    (['tool_call'], ['stop'], ['stop'])
    """
    if isinstance(said, str):
        said = parsed(said)
    several = said if isinstance(said, list | tuple) else [said]
    return [finish_reason(each) for each in several if each not in (None, "")]
