"""Anthropic's messages. Source: Anthropic's API reference, "Messages" and "Streaming messages"."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from windvane.collectors.instrument.messages import (
    arguments,
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
from windvane.collectors.instrument.wire.base import Fields, Wire, count, number, word

__all__ = ["MESSAGES"]

_MEDIA: Final = {"image": "image", "document": "file"}
_STATUS: Final = {
    # What the errors of a stream are as answers of their own.
    "invalid_request_error": "400",
    "authentication_error": "401",
    "billing_error": "402",
    "permission_error": "403",
    "not_found_error": "404",
    "request_too_large": "413",
    "rate_limit_error": "429",
    "api_error": "500",
    "timeout_error": "504",
    "overloaded_error": "529",
}


def _parts(content: object) -> list[dict[str, Any]]:
    if isinstance(content, str):
        return text(content)
    return [made for block in listed(content) for made in _part(block)]


def _part(block: dict[str, Any]) -> list[dict[str, Any]]:
    kind = block.get("type")
    if kind == "text":
        return text(block.get("text"))
    if kind in ("thinking", "redacted_thinking"):
        return reasoning(block.get("thinking"))
    if kind in ("tool_use", "server_tool_use", "mcp_tool_use"):
        return [tool_call(word(block.get("id")), block.get("name"), block.get("input"))]
    if kind == "tool_result":
        given = block.get("content")
        words = given if isinstance(given, str) else joined((part.get("content") for part in _parts(given)), "\n")
        return [tool_response(word(block.get("tool_use_id")), words)]
    if kind in _MEDIA:
        source = plain(block.get("source"))
        if source.get("type") == "text":
            return text(source.get("data"))
        return [media(_MEDIA[kind], source.get("url"), word(source.get("media_type")))]
    return [{"type": str(kind)}] if kind else []


def _request(body: Mapping[str, Any]) -> Fields:
    given, said = body.get("system"), list[dict[str, Any]]()
    system = given if isinstance(given, str) else joined((part.get("content") for part in _parts(given)), "\n")
    for one in listed(body.get("messages")):
        parts = _parts(one.get("content"))
        results = [part for part in parts if part["type"] == "tool_call_response"]
        said += [message("tool", [result]) for result in results]
        if len(results) < len(parts) or not parts:
            said.append(message(str(one.get("role")), [part for part in parts if part not in results]))
    form = plain(body.get("output_format")) or plain(plain(body.get("output_config")).get("format"))
    return {
        "gen_ai_request_model": word(body.get("model")),
        "gen_ai_request_temperature": number(body.get("temperature")),
        "gen_ai_request_max_tokens": count(body.get("max_tokens")),
        "gen_ai_input_messages": encode(said),
        "gen_ai_system_instructions": system or None,
        "gen_ai_output_type": "json" if form.get("type") == "json_schema" else None,
    }


def _answer(body: Mapping[str, Any]) -> Fields:
    ended, parts = reason(body.get("stop_reason")), _parts(body.get("content"))
    return {
        "gen_ai_response_model": word(body.get("model")),
        "gen_ai_response_id": word(body.get("id")),
        "gen_ai_output_messages": encode([message("assistant", parts, ended)] if parts or ended else []),
        "gen_ai_response_finish_reasons": [ended] if ended else None,
        **_usage(body.get("usage") or {}),
    }


def _usage(used: Mapping[str, Any]) -> Fields:
    """Return the tokens: this provider counts those of the cache apart."""
    fresh, read = count(used.get("input_tokens")), count(used.get("cache_read_input_tokens"))
    written = count(used.get("cache_creation_input_tokens"))
    return {
        "gen_ai_usage_input_tokens": None if fresh is None else fresh + (read or 0) + (written or 0),
        "gen_ai_usage_output_tokens": count(used.get("output_tokens")),
        "gen_ai_usage_cache_read_input_tokens": read,
        "gen_ai_usage_cache_creation_input_tokens": written,
        "gen_ai_usage_reasoning_output_tokens": count((used.get("output_tokens_details") or {}).get("thinking_tokens")),
    }


class MessageStream:
    """Collects events; see `Stream`."""

    def __init__(self) -> None:
        self._message: dict[str, Any] = {}
        self._blocks: dict[int, dict[str, Any]] = {}
        self._pieces: dict[int, list[str]] = {}
        self._error: tuple[str, str] | None = None

    def feed(self, event: Mapping[str, Any]) -> bool:
        """Take one event."""
        kind, place = event.get("type"), event.get("index") or 0
        if kind == "content_block_delta":
            delta = event["delta"]
            for name in ("text", "partial_json", "thinking"):
                if piece := delta.get(name):
                    self._pieces.setdefault(place, []).append(piece)
                    return True
        elif kind == "content_block_start":
            self._blocks[place] = event["content_block"]
            return self._blocks[place].get("type") == "tool_use"
        elif kind == "message_start":
            self._message = event["message"]
        elif kind == "message_delta":
            used = {name: value for name, value in (event.get("usage") or {}).items() if value is not None}
            self._message = {
                **self._message,
                **event["delta"],
                # Its counts are of the whole message so far.
                "usage": {**(self._message.get("usage") or {}), **used},
            }
        elif kind == "error":
            error = plain(event.get("error"))
            name = str(error.get("type"))
            self._error = _STATUS.get(name, name), str(error.get("message") or "")
        return False

    def answer(self) -> Mapping[str, Any]:
        """Return the message so far."""
        blocks = []
        for place in sorted(self._blocks):
            block, said = self._blocks[place], "".join(self._pieces.get(place, ()))
            name = {"text": "text", "thinking": "thinking"}.get(str(block.get("type")), "input")
            blocks.append({**block, name: arguments(said) if name == "input" else said} if said else block)
        whole = {**self._message, "content": blocks}
        if whole.get("stop_reason") is None and whole.get("usage"):
            # It was left: the first event's count of output tokens is no count.
            whole["usage"] = {name: value for name, value in whole["usage"].items() if name != "output_tokens"}
        return whole

    def error(self) -> tuple[str, str] | None:
        """Return what the provider says has failed."""
        return self._error


MESSAGES: Final = Wire("chat", _request, _answer, MessageStream, "anthropic_messages.MESSAGES", b"message_stop")
