"""LlamaIndex's requests, messages and documents in the words of a row.

They are read by their attributes, not by their classes: nothing is imported for it.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any, Final

from windvane.collectors.instrument.messages import (
    encode,
    joined,
    listed,
    media,
    message,
    plain,
    reasoning,
    text,
    tool_call,
    tool_response,
)
from windvane.collectors.instrument.providers import provider_of
from windvane.collectors.instrument.wire.base import Fields, count, number, word
from windvane.collectors.instrument.wire.openai_chat import output_type

__all__ = ["asked", "documents", "parts_of", "request", "words"]

_PROVIDERS: Final = {
    "azure_openai": "azure.ai.openai", "openai_like": "openai", "azure_inference": "azure.ai.inference",
    "bedrock": "aws.bedrock", "bedrock_converse": "aws.bedrock", "sagemaker_endpoint": "aws.sagemaker",
    "gemini": "gcp.gemini", "google_genai": "gcp.gemini", "vertex": "gcp.vertex_ai", "ibm": "ibm.watsonx.ai",
    "mistralai": "mistral_ai", "xai": "x_ai",
}  # fmt: skip
"""Names of LlamaIndex's packages; others have OpenTelemetry's names, or none are known."""
_PACKAGES: Final = "llama_index.llms."
_ROLES: Final = {"function": "tool", "chatbot": "assistant", "model": "assistant"}


@lru_cache(1024)
def _provider(kind: type, address: str) -> str | None:
    """Return who is behind an LLM: by its address, else by the package that its class is of or is made from."""
    modules = (one.__module__ for one in kind.__mro__)
    package = next((name[len(_PACKAGES) :] for name in modules if name.startswith(_PACKAGES)), "").partition(".")[0]
    otherwise = _PROVIDERS.get(package, package)
    host = address.partition("://")[2].partition("/")[0].partition(":")[0]
    return (provider_of(host, otherwise) if host else otherwise) or None


def _metadata(llm: Any, name: str) -> Any:
    try:
        return getattr(llm.metadata, name)
    except Exception:  # an unknown model: the call itself will say so
        return None


def asked(llm: Any, kwargs: Mapping[str, Any], *, chat: bool) -> Fields:
    """Return what an LLM is asked for, beside the messages."""
    # What the model class does not have is dear to ask it for.
    own: dict[str, Any] = vars(llm)
    more: Any = own.get("additional_kwargs")
    places = (kwargs, more, own) if isinstance(more, dict) else (kwargs, own)

    def said(*names: str) -> Any:
        for place in places:
            for name in names:
                if (value := place.get(name)) is not None:
                    return value
        return None

    model, form = word(said("model")) or word(said("model_name")), said("response_format")
    if model is None and (model := word(_metadata(llm, "model_name"))) == "unknown":
        model = None
    chats = chat or _metadata(llm, "is_chat_model") is not False
    return {
        "gen_ai_operation_name": "chat" if chats else "text_completion",
        "gen_ai_provider_name": _provider(llm.__class__, word(own.get("api_base")) or word(own.get("base_url")) or ""),
        "gen_ai_request_model": model,
        "gen_ai_request_temperature": number(said("temperature")),
        "gen_ai_request_max_tokens": count(said("max_completion_tokens", "max_tokens")),
        "gen_ai_output_type": None if form is None else output_type(form),
    }


def request(given: Any) -> Fields:
    """Return what was asked: a prompt, or messages."""
    if isinstance(given, str):
        return {"gen_ai_input_messages": encode([message("user", parts)] if (parts := text(given)) else [])}
    system, said = [], []
    for one in given or ():
        role = str(getattr(one.role, "value", one.role))
        if role in ("system", "developer"):
            system.append(words(one))
        elif _ROLES.get(role, role) == "tool":
            called = one.additional_kwargs.get("tool_call_id")
            said.append(message("tool", [tool_response(word(called), words(one))]))
        else:
            said.append(message(_ROLES.get(role, role), parts_of(one)))
    return {"gen_ai_input_messages": encode(said), "gen_ai_system_instructions": joined(system, "\n\n")}


def words(one: Any) -> str | None:
    """Return the text of a message, or of what a tool has returned."""
    return joined((part.get("content") for part in parts_of(one) if part["type"] == "text"), "\n")


def parts_of(one: Any) -> list[dict[str, Any]]:
    """Return the parts of a message."""
    found = [made for block in one.blocks for made in _part(block)]
    if any(part["type"] == "tool_call" for part in found):
        return found
    for call in listed((getattr(one, "additional_kwargs", None) or {}).get("tool_calls")):  # older packages
        function = plain(call.get("function"))
        found.append(tool_call(word(call.get("id")), function.get("name"), function.get("arguments")))
    return found


def _part(block: Any) -> list[dict[str, Any]]:
    kind = block.block_type
    if kind == "text":
        return text(block.text)
    if kind == "thinking":
        return reasoning(block.content)
    if kind == "tool_call":
        return [tool_call(word(block.tool_call_id), block.tool_name, block.tool_kwargs)]
    if kind in ("image", "audio", "video", "document"):
        mime = word(getattr(block, f"{kind}_mimetype", None))
        if kind == "audio" and block.format:
            mime = f"audio/{block.format}"
        url = str(block.url) if block.url else None
        return [media("file" if kind == "document" else kind, url, None if url else mime)]
    return [] if kind == "cache" else [{"type": str(kind)}]


def documents(nodes: Any) -> list[dict[str, Any]]:
    """Return what a retriever has found: id, content and score of each document."""
    return [{"id": node.node_id, "content": node.get_content(), "score": node.score} for node in nodes or ()]
