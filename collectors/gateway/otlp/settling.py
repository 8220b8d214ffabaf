"""What a span says apart from its texts, in the words and the units of a row."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from windvane.collectors.gateway.otlp.failure import error_message, error_type
from windvane.collectors.gateway.otlp.flat import Flat
from windvane.collectors.gateway.otlp.parts import compact, parsed
from windvane.collectors.gateway.otlp.span import Span, SpanEvent, id_of
from windvane.collectors.gateway.otlp.usage import count
from windvane.collectors.gateway.otlp.words import finish_reasons, provider
from windvane.collectors.normalize import EARLIEST_US, LATEST_US

__all__ = ["fail", "first_chunk", "settle"]

_FINISH: Final = "gen_ai_response_finish_reasons"
_ASSOCIATED: Final = "traceloop.association.properties."
_PARAMETERS: Final = {
    "model": "gen_ai_request_model",
    "temperature": "gen_ai_request_temperature",
    "max_tokens": "gen_ai_request_max_tokens",
    "max_completion_tokens": "gen_ai_request_max_tokens",
    "max_output_tokens": "gen_ai_request_max_tokens",
}
_CHUNKS: Final = ("First Token Stream Event", "gen_ai.content.completion.chunk", "llm.content.completion.chunk")
_MODELS: Final = frozenset(("chat", "text_completion", "embeddings", "retrieval"))
"""Operations that are of no tool, though OpenLLMetry names what is called as it names a tool."""
_FRAMEWORKS: Final = ("langchain", "langgraph")
"""What OpenLLMetry calls the provider of a retriever, and is none."""
_ANSWERED: Final = frozenset(("gen_ai_output_messages", "gen_ai_response_id", "gen_ai_usage_output_tokens"))


def settle(span: Span, operation: str, fields: dict[str, Any], attributes: Mapping[str, Any], flat: Flat) -> None:
    """Set what is of the span itself, and say in OpenTelemetry's words what dialects say in theirs."""
    fields["id"] = id_of(span.trace_id, span.span_id)
    fields["trace_id"], fields["span_id"] = span.trace_id or None, span.span_id or None
    fields["parent_span_id"] = span.parent_id or None
    fields["gen_ai_operation_name"] = operation
    end_us = span.end_ns // 1000
    if EARLIEST_US <= end_us < LATEST_US:
        fields["time"] = end_us
        if 0 < span.start_ns <= span.end_ns:
            fields["gen_ai_client_operation_duration"] = (span.end_ns - span.start_ns) / 1e9
    for name in ("llm.invocation_parameters", "embedding.invocation_parameters"):
        if name in attributes:
            _invoked(parsed(str(attributes[name])), fields)
    _who(operation, fields, attributes)
    if _FINISH in fields:
        fields[_FINISH] = finish_reasons(fields[_FINISH])
    if "tags" in fields or _ASSOCIATED in flat:
        _tags(fields, flat.get(_ASSOCIATED, ()))
    # What was asked for is what answered, where only the one is said: a series is known by the model asked for.
    if "gen_ai_request_model" not in fields and "gen_ai_response_model" in fields:
        fields["gen_ai_request_model"] = fields["gen_ai_response_model"]
    count(operation, fields, attributes)


def _who(operation: str, fields: dict[str, Any], attributes: Mapping[str, Any]) -> None:
    """Set who was called, and leave out what only looks like it."""
    said = fields.get("gen_ai_provider_name")
    if said is None and (model := attributes.get("litellm.provider.model")) is not None:
        said = str(model).rpartition("/")[0].partition("/")[0] or None
    if said in _FRAMEWORKS:
        said = None
        fields.pop("gen_ai_provider_name", None)
    if said is not None:
        fields["gen_ai_provider_name"] = provider(said)
    if operation in _MODELS:
        fields.pop("gen_ai_tool_name", None)
    # LiteLLM's own id of a call stands where the provider gave none.
    if "litellm.call_id" in attributes and fields.get("gen_ai_response_id") == attributes["litellm.call_id"]:
        del fields["gen_ai_response_id"]


def _invoked(parameters: Any, fields: dict[str, Any]) -> None:
    """Take what OpenInference has in JSON."""
    if isinstance(parameters, dict):
        for name, column in _PARAMETERS.items():
            if parameters.get(name) is not None:
                fields.setdefault(column, parameters[name])


def _tags(fields: dict[str, Any], associated: Sequence[tuple[str, Any]]) -> None:
    """Collect the app's own words."""
    said = fields.pop("tags", None)
    bare = parsed(said) if isinstance(said, str) else said
    tags = dict.fromkeys(map(str, bare), "") if isinstance(bare, list) else {}
    tags |= {name: compact(value) for name, value in associated}
    if tags:
        fields["tags"] = tags


def first_chunk(span: Span, fields: dict[str, Any], events: Sequence[SpanEvent]) -> None:
    """The first chunk is an event of OpenInference, and of OpenLLMetry each chunk is one."""
    for event in events:
        if event.name in _CHUNKS and 0 < span.start_ns <= event.time_ns:
            fields.setdefault("gen_ai_response_time_to_first_chunk", (event.time_ns - span.start_ns) / 1e9)
            return


def fail(span: Span, fields: dict[str, Any], attributes: Mapping[str, Any], events: Sequence[SpanEvent]) -> None:
    """Say what failed, from the span's attributes, its exception, its status."""
    kind, message = fields.get("error_type"), fields.get("error_message")
    for event in events:
        if event.name == "exception":
            kind = kind or event.attributes.get("exception.type")
            message = message or event.attributes.get("exception.message")
    message = message or span.status
    status = (attributes.get("http.response.status_code"), attributes.get("http.status_code"))
    fields["error_type"] = error_type(kind, str(message or ""), status)
    if message:
        fields["error_message"] = error_message(str(message))
    # Instrumentations say the model that was asked for as the one that has answered, where none has.
    if fields.get("gen_ai_response_model") == fields.get("gen_ai_request_model") and not _ANSWERED & fields.keys():
        fields.pop("gen_ai_response_model", None)
