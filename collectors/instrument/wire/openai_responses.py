"""OpenAI's responses. Source: OpenAI's API reference, "Create a model response" and "Streaming events"."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import msgspec

from windvane.collectors.instrument.messages import (
    encode,
    joined,
    listed,
    media,
    message,
    plain,
    reason,
    reasoning,
    text,
    tool_call,
    tool_response,
)
from windvane.collectors.instrument.wire.base import Fields, Wire, count, word
from windvane.collectors.instrument.wire.openai_chat import asked_for, output_type, usage

__all__ = ["RESPONSES"]

_to_json: Final = msgspec.json.Encoder().encode


def _parts(content: object) -> list[dict[str, Any]]:
    if isinstance(content, str):
        return text(content)
    return [made for part in listed(content) for made in _part(part)]


def _part(part: dict[str, Any]) -> list[dict[str, Any]]:
    kind = part.get("type")
    if kind in ("input_text", "output_text", "text"):
        return text(part.get("text"))
    if kind == "refusal":
        return text(part.get("refusal"))
    if kind == "input_image":
        return [media("image", part.get("image_url"))]
    if kind == "input_file":
        return [media("file", part.get("file_url") or part.get("file_data"))]
    if kind == "input_audio":
        return [media("audio", None)]
    return [{"type": str(kind)}] if kind else []


def _item(item: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the parts of an item of the assistant's."""
    kind = item.get("type")
    if kind in (None, "message"):
        return _parts(item.get("content"))
    if kind == "function_call":
        return [tool_call(word(item.get("call_id")), item.get("name"), item.get("arguments"))]
    if kind == "custom_tool_call":
        return [tool_call(word(item.get("call_id")), item.get("name"), item.get("input"))]
    if kind == "reasoning":
        thoughts = [*listed(item.get("summary")), *listed(item.get("content"))]
        return reasoning(joined((one.get("text") for one in thoughts), "\n"))
    return [{"type": str(kind)}]


def _request(body: Mapping[str, Any]) -> Fields:
    system, said = [word(body.get("instructions"))], list[dict[str, Any]]()
    given = body.get("input")
    if isinstance(given, str):
        said.append(message("user", text(given)))
    for item in listed(given):
        role, kind = item.get("role"), str(item.get("type") or "message")
        if role in ("system", "developer"):
            system.append(joined((part.get("content") for part in _parts(item.get("content"))), "\n"))
        elif kind.endswith("_call_output"):
            output = item.get("output")
            words = output if isinstance(output, str) else joined((p.get("content") for p in _parts(output)), "\n")
            said.append(message("tool", [tool_response(word(item.get("call_id")), words)]))
        elif kind != "message" or role == "assistant":
            # What one answer held is one message, as in the chat's form.
            if not said or said[-1]["role"] != "assistant":
                said.append(message("assistant", []))
            said[-1]["parts"] += _item(item)
        else:
            said.append(message(str(role), _parts(item.get("content"))))
    return {
        **asked_for(body),
        "gen_ai_input_messages": encode(said),
        "gen_ai_system_instructions": joined(system, "\n\n"),
        "gen_ai_request_max_tokens": count(body.get("max_output_tokens")),
        "gen_ai_output_type": output_type(plain(body.get("text")).get("format")),
    }


def _answer(body: Mapping[str, Any]) -> Fields:
    items = list(listed(body.get("output")))
    parts = [part for item in items for part in _item(item)]
    ended = _ended(body, items)
    failed = plain(body.get("error"))
    return {
        "gen_ai_response_model": word(body.get("model")),
        "gen_ai_response_id": word(body.get("id")),
        "gen_ai_output_messages": encode([message("assistant", parts, ended)] if parts or ended else []),
        "gen_ai_response_finish_reasons": [ended] if ended else None,
        "error_type": word(failed.get("code")),
        "error_message": word(failed.get("message")),
        **usage(body, "input_tokens", "output_tokens"),
        **_logs(items),
    }


def _ended(body: Mapping[str, Any], items: list[dict[str, Any]]) -> str | None:
    status = body.get("status")
    if status == "incomplete":
        return reason(plain(body.get("incomplete_details")).get("reason")) or "length"
    if status == "failed":
        return "error"
    if status != "completed":
        return None
    called = any(item.get("type") in ("function_call", "custom_tool_call") for item in items)
    return "tool_call" if called else "stop"


def _logs(items: list[dict[str, Any]]) -> Fields:
    tokens = [
        token
        for item in items
        if item.get("type") == "message"
        for part in listed(item.get("content"))
        for token in part.get("logprobs") or ()
    ]
    if not tokens:
        return {}
    likeliest = [[float(one["logprob"]) for one in token.get("top_logprobs") or ()] for token in tokens]
    return {
        "logprobs": [float(token["logprob"]) for token in tokens],
        "top_logprobs": _to_json(likeliest).decode() if any(likeliest) else None,
    }


class ResponseStream:
    """Collects events; see `Stream`. The last event holds the whole answer: the others count if it does not come."""

    def __init__(self) -> None:
        self._response: dict[str, Any] = {}
        self._done: dict[int, dict[str, Any]] = {}
        self._texts: dict[int, list[str]] = {}
        self._error: tuple[str, str] | None = None

    def feed(self, event: Mapping[str, Any]) -> bool:
        """Take one event."""
        kind, place = str(event.get("type")), event.get("output_index") or 0
        if kind == "error":
            self._error = "APIError", str(event.get("message") or "")
        elif isinstance(event.get("response"), dict):
            self._response = event["response"]
        elif kind == "response.output_item.done":
            self._done[place] = event["item"]
        elif kind.endswith(".delta"):
            if kind in ("response.output_text.delta", "response.refusal.delta"):
                self._texts.setdefault(place, []).append(str(event.get("delta") or ""))
            return bool(event.get("delta"))
        return False

    def answer(self) -> Mapping[str, Any]:
        """Return the response so far."""
        if self._response.get("output"):
            return self._response
        begun = {
            place: {"type": "message", "content": [{"type": "output_text", "text": "".join(pieces)}]}
            for place, pieces in self._texts.items()
        }
        items = {**begun, **self._done}
        return {**self._response, "output": [items[place] for place in sorted(items)]}

    def error(self) -> tuple[str, str] | None:
        """Return what the provider says has failed."""
        return self._error


RESPONSES: Final = Wire("chat", _request, _answer, ResponseStream, "openai_responses.RESPONSES", b'"response":')
