"""Bodies for the gateway: sound ones of a usual size, and damaged or hostile ones, drawn by a seed."""

from __future__ import annotations

import base64
import gzip
import json
import random
from collections.abc import Iterator
from typing import Any, Final, NamedTuple

import msgspec

from benchmarks.common import events
from windvane.collectors.envelope import Header, pack
from windvane.collectors.normalize import normalize
from windvane.collectors.transport.framing import frame

__all__ = ["JSON", "PROTOBUF", "Body", "mutated", "native", "otlp"]

JSON: Final = "application/json"
PROTOBUF: Final = "application/x-protobuf"
_START_NS: Final = 1_767_268_800_000_000_000


class Body(NamedTuple):
    """One request."""

    path: str
    content_type: str
    encoding: str
    body: bytes


def otlp(batch: int, content_type: str, seed: int) -> Body:
    """Return a request of `batch` chats of a usual size, as the newest instrumentations write them."""
    spans = [_span(number, seed, event) for number, event in enumerate(events(batch, seed=seed))]
    request = {
        "resourceSpans": [
            {
                "resource": {"attributes": _pairs({"service.name": "shop", "service.version": "7.1"})},
                "scopeSpans": [{"scope": {"name": "bench"}, "spans": spans}],
            }
        ]
    }
    body = json.dumps(request).encode() if content_type == JSON else _in_protobuf(request)
    return Body("/v1/traces", content_type, "", body)


def native(batch: int, path: str, seed: int) -> Body:
    """Return the same chats as envelopes of the SDK's, or as plain JSON."""
    several = list(events(batch, services=1, seed=seed))
    if path == "/v1/events":
        return Body(path, JSON, "", json.dumps(several).encode())
    rows = [msgspec.msgpack.encode(normalize(event)) for event in several]
    record = pack(rows, Header(source=f"bench-{seed}", key="service-0/gpt-4o-mini"))
    return Body(path, "application/octet-stream", "", frame("service-0/gpt-4o-mini", record))


def _span(number: int, seed: int, event: dict[str, Any]) -> dict[str, Any]:
    end = _START_NS + seed * 1_000_000_000 + number * 1_000_000
    said = {
        "gen_ai.operation.name": "chat",
        "gen_ai.provider.name": "openai",
        "gen_ai.request.model": event["model"],
        "gen_ai.response.model": f"{event['model']}-2024-07-18",
        "gen_ai.response.id": f"chatcmpl-{seed}-{number}",
        "gen_ai.response.finish_reasons": ["stop"],
        "gen_ai.request.temperature": 0.5,
        "gen_ai.usage.input_tokens": event["input_tokens"],
        "gen_ai.usage.output_tokens": event["output_tokens"],
        "gen_ai.input.messages": _messages("user", event["prompt"]),
        "gen_ai.output.messages": _messages("assistant", event["response"]),
        "server.address": "api.openai.com",
        "server.port": 443,
    }
    return {
        "traceId": f"{seed + 1:016x}{number + 1:016x}",
        "spanId": f"{seed + 1:08x}{number + 1:08x}",
        "name": f"chat {event['model']}",
        "kind": 3,
        "startTimeUnixNano": str(end - round(event["latency"] * 1e9)),
        "endTimeUnixNano": str(end),
        "attributes": _pairs(said),
        "status": {},
    }


def _messages(role: str, text: str) -> str:
    message: dict[str, Any] = {"role": role, "parts": [{"type": "text", "content": text}]}
    return json.dumps([message if role == "user" else message | {"finish_reason": "stop"}])


def _pairs(said: dict[str, Any]) -> list[dict[str, Any]]:
    return [{"key": name, "value": _value(value)} for name, value in said.items()]


def _value(said: Any) -> dict[str, Any]:
    if isinstance(said, list):
        return {"arrayValue": {"values": [_value(item) for item in said]}}
    return (
        {"stringValue": said}
        if isinstance(said, str)
        else {"intValue": str(said)}
        if isinstance(said, int)
        else {"doubleValue": said}
    )


def _in_protobuf(request: dict[str, Any]) -> bytes:
    from google.protobuf.json_format import ParseDict
    from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
    from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

    message = ExportTraceServiceRequest() if "resourceSpans" in request else ExportLogsServiceRequest()
    return bytes(ParseDict(_in_base64(request), message).SerializeToString())


def _in_base64(said: Any) -> Any:
    if isinstance(said, list):
        return [_in_base64(item) for item in said]
    if not isinstance(said, dict):
        return said
    return {
        name: base64.b64encode(bytes.fromhex(inner)).decode() if name in ("traceId", "spanId") else _in_base64(inner)
        for name, inner in said.items()
    }


_DIALECTS: Final[tuple[dict[str, Any], ...]] = (
    {"gen_ai.system": "OpenAI", "gen_ai.request.model": "m", "gen_ai.prompt.0.role": "user",
     "gen_ai.prompt.0.content": "hi", "gen_ai.prompt.1.tool_calls.0.arguments": '{"a": 1}',
     "gen_ai.completion.0.content": "yes"},
    {"openinference.span.kind": "LLM", "llm.model_name": "m", "llm.input_messages.0.message.role": "user",
     "llm.input_messages.0.message.contents.0.message_content.text": "hi", "llm.token_count.prompt": 5,
     "llm.invocation_parameters": '{"model": "m"}',
     "output.value": '{"id": "a", "choices": [{"finish_reason": "stop"}]}'},
    {"openinference.span.kind": "RETRIEVER", "retrieval.documents.0.document.content": "d", "input.value": "q"},
    {"openinference.span.kind": "EMBEDDING", "embedding.embeddings.0.embedding.text": "d",
     "embedding.embeddings.0.embedding.vector": [0.5, 1.5], "embedding.model_name": "e"},
    {"gen_ai.operation.name": "execute_tool", "gen_ai.tool.name": "t", "gen_ai.tool.call.arguments": "{}"},
    {"gen_ai.operation.name": "chat", "error.type": "RateLimitError",
     "gen_ai.input.messages": '[{"role": "user", "parts": [{"type": "blob"}]}]',
     "gen_ai.system_instructions": '[{"type": "text", "content": "s"}]'},
    {"traceloop.span.kind": "tool", "traceloop.entity.name": "t", "traceloop.association.properties.user_id": "u"},
    {"http.request.method": "GET"},
)  # fmt: skip
_EVENTS: Final = (
    ("gen_ai.user.message", {"content": "hi"}),
    ("gen_ai.choice", {"message": '{"content": "yes"}', "finish_reason": "stop"}),
    ("gen_ai.content.prompt", {"gen_ai.prompt": '[{"role": "user", "content": "hi"}]'}),
    ("exception", {"exception.type": "ValueError", "exception.message": "Error code: 429 - {'message': 'x'}"}),
    ("gen_ai.evaluation.result", {"gen_ai.evaluation.name": "n", "gen_ai.evaluation.score.value": 0.5}),
    ("gen_ai.client.inference.operation.details", {"gen_ai.request.model": "m", "gen_ai.operation.name": "chat"}),
)
_DEEP: Final = "[" * 4000 + "]" * 4000
_HOSTILE: Final[tuple[Any, ...]] = (
    *(None, True, -1, 0, 2**31, 2**63, 2**64, -(2**63), 10**400, 1e308, -0.0, float("nan"), "", "0", "NaN", "1e999"),
    *("x" * 3000, "\0", "\ufffd😀", "\ud800", "4bf92f3577b34da6a3ce929d0e0e4736", [], {}, [[]], [None], {"": None}),
    *({"stringValue": 5}, {"arrayValue": {}}, {"kvlistValue": {"values": [{}]}}, _DEEP, {"role": None}, '{"a":' * 2000),
    *('[{"role": 5, "parts": 7}]', '[{"parts": [{"type": ["x"]}]}]', '{"messages": [[[["x"]]]]}', "[1e400]"),
    *({"arrayValue": {"values": [{"kvlistValue": {}}]}}, '[{"message": {"message": {"message": "x"}}}]'),
    *('[{"type": "tool_call", "function": 5, "arguments": "{"}]', '[{"message": ' * 900 + "5" + "}]" * 900),
)


_NAMES: Final = (
    *("", "x" * 5000, "gen_ai.prompt.", "gen_ai.prompt.9999999999999999999.content", "gen_ai.request.max_tokens"),
    *("llm.input_messages.0", "llm.input_messages.0.message", "embedding.embeddings.x", "tag.tags", "error.type"),
    *("retrieval.documents.0.document.content.a.b.c.d.e.f.g.h.i.j.k.l.m.n", "gen_ai.usage.input_tokens"),
)


def _small(chance: random.Random) -> dict[str, Any]:
    """Return a small request of spans or records in some dialect."""
    if chance.random() < 0.25:
        name, said = chance.choice(_EVENTS)
        record = {"eventName": name, "attributes": _pairs(said), "timeUnixNano": str(_START_NS)}
        # Without ids none waits for its span: a million requests are to end today.
        return {"resourceLogs": [{"scopeLogs": [{"logRecords": [record] * chance.randint(1, 2)}]}]}
    spans = []
    for _ in range(chance.randint(1, 3)):
        name, inner = chance.choice(_EVENTS)
        spans.append({
            "traceId": f"{chance.getrandbits(128):032x}", "spanId": f"{chance.getrandbits(64):016x}",
            "startTimeUnixNano": str(_START_NS), "endTimeUnixNano": str(_START_NS + chance.getrandbits(30)),
            "attributes": _pairs(chance.choice(_DIALECTS)),
            "events": [{"name": name, "timeUnixNano": str(_START_NS), "attributes": _pairs(inner)}],
            "status": {"code": chance.randint(0, 2), "message": "no"},
        })  # fmt: skip
    resource = {"attributes": _pairs({"service.name": f"fuzz-{chance.randint(0, 9)}"})}
    return {"resourceSpans": [{"resource": resource, "scopeSpans": [{"spans": spans}]}]}


def mutated(count: int, seed: int) -> Iterator[Body]:
    """Yield requests, most of them damaged: in their values, in their bytes, or in what they say they are."""
    chance = random.Random(seed)
    natives = [native(2, path, seed) for path in ("/v1/events", "/v1/envelopes")]
    for _ in range(count):
        yield _one(chance, natives)


def _one(chance: random.Random, natives: list[Body]) -> Body:
    roll = chance.random()
    if roll < 0.15:
        body = chance.choice(natives)
        if body.content_type == JSON and chance.random() < 0.5:
            return body._replace(body=json.dumps(_twisted(json.loads(body.body), chance)).encode())
        return _dressed(body._replace(body=_damaged(body.body, chance)), chance)
    request = _small(chance)
    path = "/v1/traces" if "resourceSpans" in request else "/v1/logs"
    if roll < 0.6:
        made = _twisted(request, chance) if chance.random() < 0.7 else request
        data = json.dumps(made, ensure_ascii=chance.random() < 0.5).encode("utf-8", "surrogatepass")
        body = Body(path, JSON, "", data)
    else:
        body = Body(path, PROTOBUF, "", _in_protobuf(request))
    if chance.random() < (0.2 if body.content_type == JSON else 0.6):
        body = body._replace(body=_damaged(body.body, chance))
    return _dressed(body, chance)


def _twisted(value: Any, chance: random.Random, depth: int = 0) -> Any:
    """Return the value with something hostile somewhere in it."""
    if depth > 2 and chance.random() < 0.02:
        return chance.choice(_HOSTILE)
    if isinstance(value, dict):
        return {
            chance.choice(_NAMES) if chance.random() < 0.005 else name: chance.choice(_NAMES)
            if name == "key" and chance.random() < 0.1
            else _twisted(inner, chance, depth + 1)
            for name, inner in value.items()
        }
    return [_twisted(inner, chance, depth + 1) for inner in value] if isinstance(value, list) else value


def _damaged(data: bytes, chance: random.Random) -> bytes:
    out = bytearray(data)
    for _ in range(chance.choice((1, 1, 2, 5, 20))):
        at, length = chance.randrange(len(out) + 1), chance.randint(1, 30)
        match chance.randrange(6):
            case 0:
                out[at:] = b"" if chance.random() < 0.2 else out[at:]
            case 1 if at < len(out):
                out[at] ^= 1 << chance.randrange(8)
            case 2:
                out[at : at + length] = b""
            case 3:
                out[at:at] = chance.randbytes(length)
            case 4:
                out[at:at] = out[at : at + length] * chance.randint(1, 4)
            case _ if at < len(out):
                out[at] = chance.choice((0, 0x7F, 0x80, 0xFF))
    return bytes(out)


def _dressed(body: Body, chance: random.Random) -> Body:
    roll = chance.random()
    if roll < 0.05:
        return body._replace(encoding="gzip", body=gzip.compress(body.body, 1))
    if roll < 0.07:
        return body._replace(encoding=chance.choice(("gzip", "deflate")))
    if roll < 0.09:
        return body._replace(content_type=chance.choice((JSON, PROTOBUF, "text/plain", "application/json; charset=x")))
    return body
