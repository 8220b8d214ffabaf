"""The pieces of a streamed chat completion, put together."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

__all__ = ["ChatStream"]


class ChatStream:
    """Collects chunks; see `Stream`. Texts are joined once, at the end."""

    def __init__(self) -> None:
        self._head: dict[str, Any] = {}
        self._choices: dict[int, dict[str, Any]] = {}
        self._error: tuple[str, str] | None = None

    def feed(self, event: Mapping[str, Any]) -> bool:
        """Take one chunk."""
        if (error := event.get("error")) is not None:
            words = error.get("message") if isinstance(error, dict) else error
            # The class that the library raises for it.
            self._error = "APIError", str(words or "")
            return False
        head = self._head
        for name in ("id", "model", "usage"):
            if (value := event.get(name)) is not None:
                head[name] = value
        content = False
        for piece in event.get("choices") or ():
            choice = self._choices.setdefault(piece.get("index") or 0, {"texts": {}, "tools": {}, "logs": []})
            content |= self._take(choice, piece)
        return content

    def _take(self, choice: dict[str, Any], piece: Mapping[str, Any]) -> bool:
        if piece.get("finish_reason") is not None:
            choice["finish_reason"] = piece["finish_reason"]
        if logs := (piece.get("logprobs") or {}).get("content"):
            choice["logs"] += logs
        content = False
        delta = piece.get("delta")
        for name, value in (delta if delta is not None else {"text": piece.get("text")}).items():
            if not value:
                continue
            if isinstance(value, str) and name != "role":
                choice["texts"].setdefault(name, []).append(value)
                content = True
            elif name == "tool_calls":
                for call in value:
                    _add(choice["tools"].setdefault(call.get("index") or 0, {}), call)
                content = True
            elif name == "function_call":
                _add(choice.setdefault("function_call", {}), value)
                content = True
        return content

    def answer(self) -> Mapping[str, Any]:
        """Return the completion so far."""
        return {**self._head, "choices": [_choice(self._choices[index]) for index in sorted(self._choices)]}

    def error(self) -> tuple[str, str] | None:
        """Return what the provider says has failed."""
        return self._error


def _add(call: dict[str, Any], piece: Mapping[str, Any]) -> None:
    """Add a piece of a tool's call: arguments grow, all else is said once."""
    for name, value in piece.items():
        if isinstance(value, dict):
            _add(call.setdefault(name, {}), value)
        elif name in ("arguments", "input") and isinstance(value, str):
            call[name] = call.get(name, "") + value
        elif value is not None:
            call[name] = value


def _choice(found: Mapping[str, Any]) -> dict[str, Any]:
    texts = {name: "".join(pieces) for name, pieces in found["texts"].items()}
    whole: dict[str, Any] = {"finish_reason": found.get("finish_reason"), "logprobs": {"content": found["logs"]}}
    if "text" in texts:
        return {**whole, "text": texts["text"]}
    tools = [found["tools"][index] for index in sorted(found["tools"])]
    return {**whole, "message": {**texts, "tool_calls": tools, "function_call": found.get("function_call")}}
