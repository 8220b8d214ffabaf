"""One scripted call as each convention writes it: what its instrumentations would send of the very same call."""

from __future__ import annotations

import base64
import json
from typing import Any, Final

from google.protobuf.json_format import ParseDict
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

__all__ = ["DIALECTS", "ROW", "SPAN_ID", "TRACE_ID", "UNKNOWN", "in_protobuf", "log", "logs", "message_bodies"]
__all__ += ["newest_messages", "pairs", "span", "traces"]

TRACE_ID: Final = "4bf92f3577b34da6a3ce929d0e0e4736"
SPAN_ID: Final = "00f067aa0ba902b7"
_BEGIN_NS: Final = 1_767_268_800_000_000_000
_CALL: Final = {"id": "call_1", "name": "where_is", "arguments": {"parcel": 7}}

ROW: Final[dict[str, Any]] = {
    "id": "00f067aa0ba902b7-4bf92f35",
    "time": 1_767_268_801_250_000,
    "service_name": "shop",
    "service_version": "7.1",
    "deployment_environment_name": "production",
    "gen_ai_operation_name": "chat",
    "gen_ai_provider_name": "openai",
    "gen_ai_request_model": "gpt-4o",
    "gen_ai_response_model": "gpt-4o-2024-08-06",
    "gen_ai_input_messages": (
        '[{"role":"user","parts":[{"type":"text","content":"Where is parcel 7?"}]},'
        '{"role":"assistant","parts":[{"type":"tool_call","id":"call_1","name":"where_is","arguments":{"parcel":7}}]},'
        '{"role":"tool","parts":[{"type":"tool_call_response","id":"call_1","response":"Lisbon, since 08:10"}]}]'
    ),
    "gen_ai_output_messages": (
        '[{"role":"assistant","parts":[{"type":"text","content":"It is in Lisbon – since 08:10."}],'
        '"finish_reason":"stop"}]'
    ),
    "gen_ai_system_instructions": "Be brief.",
    "gen_ai_usage_input_tokens": 120,
    "gen_ai_usage_output_tokens": 30,
    "gen_ai_usage_cache_read_input_tokens": 20,
    "gen_ai_usage_reasoning_output_tokens": 10,
    "gen_ai_client_operation_duration": 1.25,
    "gen_ai_response_finish_reasons": ["stop"],
    "gen_ai_response_id": "chatcmpl-1",
    "gen_ai_request_temperature": 0.5,
    "gen_ai_request_max_tokens": 200,
    "trace_id": TRACE_ID,
    "span_id": SPAN_ID,
    "parent_span_id": "1111111111111111",
}
"""The row of the call, whoever tells of it."""

_NO_CACHE: Final = ("gen_ai_usage_cache_read_input_tokens", "gen_ai_usage_reasoning_output_tokens")
UNKNOWN: Final[dict[str, tuple[str, ...]]] = {
    "semconv 1.26": _NO_CACHE,
    "semconv 1.27": _NO_CACHE,
    "semconv 1.36": _NO_CACHE,
    "semconv 1.37": _NO_CACHE,
    "semconv genai": (),
    "openinference": (),
    "openllmetry": ("gen_ai_response_id",),
    "openllmetry 0.1": (*_NO_CACHE, "gen_ai_response_id"),
}
"""Columns that a convention has no name for: they stay absent, and are not 0 or empty."""

_OPENAI: Final[list[dict[str, Any]]] = [
    {"role": "system", "content": "Be brief."},
    {"role": "user", "content": "Where is parcel 7?"},
    {"role": "assistant", "content": None, "tool_calls": [
        {"id": "call_1", "type": "function", "function": {"name": "where_is", "arguments": '{"parcel": 7}'}}]},
    {"role": "tool", "tool_call_id": "call_1", "content": "Lisbon, since 08:10"},
]  # fmt: skip
_ANSWER: Final = "It is in Lisbon – since 08:10."
_REQUEST: Final = {
    "gen_ai.request.model": "gpt-4o",
    "gen_ai.request.temperature": 0.5,
    "gen_ai.request.max_tokens": 200,
    "gen_ai.request.top_p": 0.9,
}
_RESPONSE: Final = {
    "gen_ai.response.model": "gpt-4o-2024-08-06",
    "gen_ai.response.id": "chatcmpl-1",
    "gen_ai.response.finish_reasons": ["stop"],
}
_USAGE: Final = {"gen_ai.usage.input_tokens": 120, "gen_ai.usage.output_tokens": 30}
_DETAILS: Final = {"gen_ai.usage.cache_read.input_tokens": 20, "gen_ai.usage.reasoning.output_tokens": 10}


def _semconv_26() -> dict[str, Any]:
    usage = {"gen_ai.usage.prompt_tokens": 120, "gen_ai.usage.completion_tokens": 30}
    return span({"gen_ai.system": "openai", **_REQUEST, **_RESPONSE, **usage}, _content_events())


def _semconv_27() -> dict[str, Any]:
    first = {"gen_ai.operation.name": "chat", "gen_ai.system": "openai"}
    return span({**first, **_REQUEST, **_RESPONSE, **_USAGE}, _content_events())


def _content_events() -> list[dict[str, Any]]:
    answer = [{"role": "assistant", "content": _ANSWER}]
    return [
        _event("gen_ai.content.prompt", {"gen_ai.prompt": json.dumps(_OPENAI)}),
        _event("gen_ai.content.completion", {"gen_ai.completion": json.dumps(answer)}),
    ]


def _semconv_36() -> dict[str, Any]:
    """Messages as events of the span, as some write them; as log records see `messages_as_logs`."""
    first = {"gen_ai.operation.name": "chat", "gen_ai.system": "openai"}
    return span({**first, **_REQUEST, **_RESPONSE, **_USAGE}, [_event(name, body) for name, body in message_bodies()])


def message_bodies() -> list[tuple[str, dict[str, Any]]]:
    return [
        ("gen_ai.system.message", {"content": "Be brief."}),
        ("gen_ai.user.message", {"content": "Where is parcel 7?"}),
        ("gen_ai.assistant.message", {"tool_calls": _OPENAI[2]["tool_calls"]}),
        ("gen_ai.tool.message", {"id": "call_1", "content": "Lisbon, since 08:10"}),
        ("gen_ai.choice", {"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": _ANSWER}}),
    ]


def _semconv_37(**more: Any) -> dict[str, Any]:
    first = {"gen_ai.operation.name": "chat", "gen_ai.provider.name": "openai"}
    return span({**first, **_REQUEST, **_RESPONSE, **_USAGE, **newest_messages(), **more}, [])


def newest_messages() -> dict[str, Any]:
    asked = [
        {"role": "user", "parts": [{"type": "text", "content": "Where is parcel 7?"}]},
        {"role": "assistant", "parts": [{"type": "tool_call", **_CALL}]},
        {"role": "tool", "parts": [{"type": "tool_call_response", "id": "call_1", "result": "Lisbon, since 08:10"}]},
    ]
    answered = [{"role": "assistant", "parts": [{"type": "text", "content": _ANSWER}], "finish_reason": "stop"}]
    return {
        "gen_ai.input.messages": json.dumps(asked),
        "gen_ai.output.messages": json.dumps(answered),
        "gen_ai.system_instructions": json.dumps([{"type": "text", "content": "Be brief."}]),
    }


def _openinference() -> dict[str, Any]:
    asked = {
        "0.message.role": "system",
        "0.message.content": "Be brief.",
        "1.message.role": "user",
        "1.message.contents.0.message_content.type": "text",
        "1.message.contents.0.message_content.text": "Where is parcel 7?",
        "2.message.role": "assistant",
        "2.message.tool_calls.0.tool_call.id": "call_1",
        "2.message.tool_calls.0.tool_call.function.name": "where_is",
        "2.message.tool_calls.0.tool_call.function.arguments": '{"parcel": 7}',
        "3.message.role": "tool",
        "3.message.tool_call_id": "call_1",
        "3.message.content": "Lisbon, since 08:10",
    }
    raw = {"id": "chatcmpl-1", "choices": [{"finish_reason": "stop", "message": {"content": _ANSWER}}]}
    attributes = {
        "openinference.span.kind": "LLM",
        "llm.system": "openai",
        "llm.provider": "openai",
        "llm.model_name": "gpt-4o-2024-08-06",
        "llm.invocation_parameters": json.dumps({"model": "gpt-4o", "temperature": 0.5, "max_completion_tokens": 200}),
        "input.value": json.dumps({"messages": _OPENAI}),
        "input.mime_type": "application/json",
        "output.value": json.dumps(raw),
        "output.mime_type": "application/json",
        "llm.token_count.prompt": 120,
        "llm.token_count.completion": 30,
        "llm.token_count.total": 150,
        "llm.token_count.prompt_details.cache_read": 20,
        "llm.token_count.completion_details.reasoning": 10,
        "llm.output_messages.0.message.role": "assistant",
        "llm.output_messages.0.message.content": _ANSWER,
    }
    return span(attributes | {f"llm.input_messages.{name}": value for name, value in asked.items()}, [])


def _flat_prompts(prefix: str) -> dict[str, Any]:
    asked = {
        "0.role": "system",
        "0.content": "Be brief.",
        "1.role": "user",
        "1.content": json.dumps([{"type": "text", "text": "Where is parcel 7?"}]),
        "2.role": "assistant",
        "2.tool_calls.0.id": "call_1",
        "2.tool_calls.0.name": "where_is",
        "2.tool_calls.0.arguments": '{"parcel": 7}',
        "3.role": "tool",
        "3.tool_call_id": "call_1",
        "3.content": "Lisbon, since 08:10",
    }
    return {f"{prefix}.{name}": value for name, value in asked.items()}


def _openllmetry() -> dict[str, Any]:
    answered = {"0.role": "assistant", "0.content": _ANSWER, "0.finish_reason": "stop"}
    attributes = {
        "llm.request.type": "chat",
        "gen_ai.system": "OpenAI",
        **_REQUEST,
        "gen_ai.response.model": "gpt-4o-2024-08-06",
        "gen_ai.usage.prompt_tokens": 120,
        "gen_ai.usage.completion_tokens": 30,
        "gen_ai.usage.cache_read_input_tokens": 20,
        "gen_ai.usage.reasoning_tokens": 10,
        "llm.usage.total_tokens": 150,
        "llm.is_streaming": False,
    }
    attributes |= {f"gen_ai.completion.{name}": value for name, value in answered.items()}
    return span(attributes | _flat_prompts("gen_ai.prompt"), [])


def _openllmetry_01() -> dict[str, Any]:
    attributes = {
        "llm.request.type": "chat",
        "llm.vendor": "OpenAI",
        "llm.request.model": "gpt-4o",
        "llm.response.model": "gpt-4o-2024-08-06",
        "llm.temperature": 0.5,
        "llm.request.max_tokens": 200,
        "llm.usage.prompt_tokens": 120,
        "llm.usage.completion_tokens": 30,
        "llm.completions.0.role": "assistant",
        "llm.completions.0.content": _ANSWER,
        "llm.completions.0.finish_reason": "stop",
    }
    return span(attributes | _flat_prompts("llm.prompts"), [])


def span(attributes: dict[str, Any], events: list[dict[str, Any]], **more: Any) -> dict[str, Any]:
    """Return a span of the call's time, as OTLP/JSON writes it."""
    return {
        "traceId": TRACE_ID,
        "spanId": SPAN_ID,
        "parentSpanId": "1111111111111111",
        "name": "chat gpt-4o",
        "kind": 3,
        "startTimeUnixNano": str(_BEGIN_NS),
        "endTimeUnixNano": str(_BEGIN_NS + 1_250_000_000),
        "attributes": pairs(attributes),
        "events": events,
        **more,
    }


def _event(name: str, attributes: dict[str, Any], after_ns: int = 0) -> dict[str, Any]:
    return {"name": name, "timeUnixNano": str(_BEGIN_NS + after_ns), "attributes": pairs(attributes)}


def log(name: str, body: Any, attributes: dict[str, Any] | None = None, **more: Any) -> dict[str, Any]:
    """Return a log record within the call's span."""
    return {
        "timeUnixNano": str(_BEGIN_NS),
        "traceId": TRACE_ID,
        "spanId": SPAN_ID,
        "eventName": name,
        "attributes": pairs(attributes or {}),
        **({} if body is None else {"body": value(body)}),
        **more,
    }


def pairs(attributes: dict[str, Any]) -> list[dict[str, Any]]:
    return [{"key": name, "value": value(said)} for name, said in attributes.items()]


def value(said: Any) -> dict[str, Any]:
    if isinstance(said, bool):
        return {"boolValue": said}
    if isinstance(said, int):
        return {"intValue": str(said)}
    if isinstance(said, float):
        return {"doubleValue": said}
    if isinstance(said, list):
        return {"arrayValue": {"values": [value(item) for item in said]}}
    if isinstance(said, dict):
        return {"kvlistValue": {"values": pairs(said)}}
    return {} if said is None else {"stringValue": said}


RESOURCE: Final = {
    "attributes": pairs({"service.name": "shop", "service.version": "7.1", "deployment.environment.name": "production",
                         "telemetry.sdk.language": "python"})
}  # fmt: skip


def traces(*spans: dict[str, Any]) -> dict[str, Any]:
    """Return an ExportTraceServiceRequest."""
    return {"resourceSpans": [{"resource": RESOURCE, "scopeSpans": [{"scope": {"name": "t"}, "spans": list(spans)}]}]}


def logs(*records: dict[str, Any]) -> dict[str, Any]:
    """Return an ExportLogsServiceRequest."""
    return {
        "resourceLogs": [{"resource": RESOURCE, "scopeLogs": [{"scope": {"name": "t"}, "logRecords": list(records)}]}]
    }


def in_protobuf(request: dict[str, Any]) -> bytes:
    """Return the same request in protobuf, by OpenTelemetry's own messages."""
    message = ExportTraceServiceRequest() if "resourceSpans" in request else ExportLogsServiceRequest()
    ParseDict(_in_base64(request), message)
    return bytes(message.SerializeToString())


def _in_base64(said: Any) -> Any:
    """Protobuf's own JSON has ids in base64, OTLP's in hexadecimal."""
    if isinstance(said, list):
        return [_in_base64(item) for item in said]
    if not isinstance(said, dict):
        return said
    return {
        name: base64.b64encode(bytes.fromhex(inner)).decode()
        if name in ("traceId", "spanId", "parentSpanId")
        else _in_base64(inner)
        for name, inner in said.items()
    }


DIALECTS: Final[dict[str, dict[str, Any]]] = {
    "semconv 1.26": _semconv_26(),
    "semconv 1.27": _semconv_27(),
    "semconv 1.36": _semconv_36(),
    "semconv 1.37": _semconv_37(),
    "semconv genai": _semconv_37(**_DETAILS),
    "openinference": _openinference(),
    "openllmetry": _openllmetry(),
    "openllmetry 0.1": _openllmetry_01(),
}
