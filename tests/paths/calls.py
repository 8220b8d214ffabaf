"""The scripted calls that are made by every path, and the row that each must leave, whatever the path."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any, Final

from tests.servers.providers import ARGUMENTS, TEXT

__all__ = ["CALLS", "DOCUMENTS", "QUERY", "STREAMS", "Scripted"]


@dataclass(frozen=True)
class Scripted:
    """One call: of what kind, with what request in OpenAI's form, and its row without what no two calls share."""

    name: str
    kind: str
    """chat, embeddings, retrieval."""
    request: dict[str, Any]
    row: dict[str, Any]
    raises: bool = False
    streamed: bool = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "streamed", bool(self.request.get("stream")))


QUERY: Final = "Which is its capital?"
DOCUMENTS: Final = ("Paris is the capital of France.", "Lyon is not – ask “anybody”.")
_SYSTEM: Final = {"role": "system", "content": "Be kind."}
_MESSAGES: Final = [_SYSTEM, {"role": "user", "content": "What is “Zürich”?\nBe brief."}]
_FUNCTION: Final = {"name": "where", "arguments": '{"country": "France", "near": [1, 2.5]}'}
_TALK: Final = [
    _SYSTEM,
    {"role": "user", "content": "Where is it?"},
    {"role": "assistant", "content": "I look.",
     "tool_calls": [{"id": "call_0", "type": "function", "function": _FUNCTION}]},
    {"role": "tool", "tool_call_id": "call_0", "content": '{"city": "Paris"}'},
    {"role": "user", "content": "And the weather?"},
]  # fmt: skip
_TOOL: Final = {
    "type": "function",
    "function": {
        "name": "weather",
        "description": "The weather of a city.",
        "parameters": {"type": "object", "properties": {"city": {"type": "string"}, "days": {"type": "integer"}}},
    },
}


def _json(messages: list[dict[str, Any]]) -> str:
    return json.dumps(messages, separators=(",", ":"), ensure_ascii=False)


def _text(words: str) -> dict[str, Any]:
    return {"type": "text", "content": words}


def _said(role: str, *parts: dict[str, Any], **more: str) -> dict[str, Any]:
    return {"role": role, "parts": list(parts), **more}


_ASKED: Final = _json([_said("user", _text("What is “Zürich”?\nBe brief."))])
_TALKED: Final = _json(
    [
        _said("user", _text("Where is it?")),
        _said(
            "assistant", _text("I look."),
            {"type": "tool_call", "id": "call_0", "name": "where",
             "arguments": {"country": "France", "near": [1, 2.5]}},
        ),
        _said("tool", {"type": "tool_call_response", "id": "call_0", "response": '{"city": "Paris"}'}),
        _said("user", _text("And the weather?")),
    ]
)  # fmt: skip
_CALLED: Final = {"type": "tool_call", "id": "call_1", "name": "weather", "arguments": ARGUMENTS}


def _row(model: str, asked: str = _ASKED, **more: Any) -> dict[str, Any]:
    return {
        "service_name": "shop",
        "gen_ai_operation_name": "chat",
        "gen_ai_provider_name": "openai",
        "gen_ai_request_model": model,
        "gen_ai_input_messages": asked,
        "gen_ai_system_instructions": "Be kind.",
        **more,
    }


def _answered(model: str, part: dict[str, Any] | None = None, reason: str = "stop", **more: Any) -> dict[str, Any]:
    return _row(
        model,
        gen_ai_response_model=f"{model}-2024-08-06",
        gen_ai_response_id="chatcmpl-1",
        gen_ai_response_finish_reasons=[reason],
        gen_ai_output_messages=_json([_said("assistant", part or _text(TEXT), finish_reason=reason)]),
        **({"gen_ai_usage_input_tokens": 12, "gen_ai_usage_output_tokens": 5} | more),
    )


def _used(given: int, made: int, **details: int) -> dict[str, Any]:
    used = {"input_tokens": given, "output_tokens": made, **details}
    return {f"gen_ai_usage_{name}": count for name, count in used.items()}


_CACHED: Final = _used(1200, 5, cache_read_input_tokens=1024)
_THOUGHT: Final = _used(12, 69, reasoning_output_tokens=64)
_CALLING: Final = _answered("tool", _CALLED, "tool_call", gen_ai_input_messages=_TALKED)
_STREAM: Final[dict[str, Any]] = {"stream": True, "stream_options": {"include_usage": True}}


def _chat(name: str, model: str, row: dict[str, Any], raises: bool = False, **request: Any) -> Scripted:
    return Scripted(name, "chat", {"model": model, "messages": _MESSAGES, **request}, row, raises)


CALLS: Final = (
    _chat("plain", "plain",
          _answered("plain", gen_ai_request_temperature=0.5, gen_ai_request_max_tokens=100),
          temperature=0.5, max_tokens=100),
    _chat("streamed", "slow", _answered("slow"), **_STREAM),
    _chat("tool call", "tool", _CALLING, messages=_TALK, tools=[_TOOL]),
    _chat("streamed tool call", "tool", _CALLING, messages=_TALK, tools=[_TOOL], **_STREAM),
    _chat("cached prompt", "cached", _answered("cached", **_CACHED)),
    _chat("streamed cached prompt", "cached", _answered("cached", **_CACHED), **_STREAM),
    _chat("reasoning model", "reasoning", _answered("reasoning", **_THOUGHT)),
    _chat("streamed reasoning model", "reasoning", _answered("reasoning", **_THOUGHT), **_STREAM),
    _chat("error 429", "error-429", _row("error-429", error_type="429", error_message="Too much."), raises=True),
    Scripted("embedding", "embeddings", {"model": "plain", "input": QUERY}, {
        "service_name": "shop",
        "gen_ai_operation_name": "embeddings",
        "gen_ai_provider_name": "openai",
        "gen_ai_request_model": "plain",
        "gen_ai_response_model": "plain-2024-08-06",
        "gen_ai_input_messages": _json([_said("user", _text(QUERY))]),
        "gen_ai_usage_input_tokens": 3,
        "embedding": [0.5, -0.25, 0.125],
    }),
    Scripted("retrieval", "retrieval", {"input": QUERY}, {
        "service_name": "shop",
        "gen_ai_operation_name": "retrieval",
        "gen_ai_input_messages": QUERY,
        "gen_ai_retrieval_documents": list(DOCUMENTS),
    }),
)  # fmt: skip
STREAMS: Final = tuple(call.name for call in CALLS if call.streamed)
