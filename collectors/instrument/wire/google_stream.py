"""The pieces of a streamed generateContent, put together."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from windvane.collectors.instrument.messages import listed, plain

__all__ = ["GenerateStream"]

_LOGS: Final = ("chosenCandidates", "topCandidates")


class GenerateStream:
    """Collects chunks; see `Stream`. Texts are joined once, at the end. Failures are raised by the library."""

    def __init__(self) -> None:
        self._head: dict[str, Any] = {}
        self._used: dict[str, Any] = {}
        self._candidates: dict[int, dict[str, Any]] = {}

    def feed(self, event: Mapping[str, Any]) -> bool:
        """Take one chunk."""
        for name in ("responseId", "modelVersion", "promptFeedback"):
            if value := event.get(name):
                self._head[name] = value
        # Its counts are of the whole answer so far.
        self._used.update(event.get("usageMetadata") or {})
        content = False
        for piece in listed(event.get("candidates")):
            empty: dict[str, Any] = {"parts": [], "logs": {name: [] for name in _LOGS}}
            held = self._candidates.setdefault(piece.get("index") or 0, empty)
            if reason := piece.get("finishReason"):
                held["finishReason"] = reason
            for name, logs in held["logs"].items():
                logs += plain(piece.get("logprobsResult")).get(name) or ()
            for part in listed(plain(piece.get("content")).get("parts")):
                content |= _add(held["parts"], part)
        return content

    def answer(self) -> Mapping[str, Any]:
        """Return the answer so far."""
        whole = [_candidate(self._candidates[index]) for index in sorted(self._candidates)]
        return {**self._head, "usageMetadata": self._used, "candidates": whole}

    def error(self) -> tuple[str, str] | None:
        """Return None: what the provider says has failed is raised."""
        return None


def _add(parts: list[dict[str, Any]], part: dict[str, Any]) -> bool:
    """Add a part, to the one before it where both are of one text or one call; return whether it says something."""
    last: dict[str, Any] = parts[-1] if parts else {}
    said = part.get("text")
    if isinstance(said, str):
        thought = bool(part.get("thought"))
        if "pieces" in last and last["thought"] is thought:
            last["pieces"].append(said)
        else:
            parts.append({"pieces": [said], "thought": thought})
        return bool(said)
    if plain(last.get("functionCall")).get("willContinue") and "functionCall" in part:
        more = plain(part["functionCall"]).get("willContinue")
        parts[-1] = {"functionCall": {**last["functionCall"], "willContinue": more}}
    else:
        parts.append(part)
    return True


def _candidate(held: Mapping[str, Any]) -> dict[str, Any]:
    parts = [
        {"text": "".join(part["pieces"]), "thought": part["thought"]} if "pieces" in part else part
        for part in held["parts"]
    ]
    return {
        "content": {"parts": parts},
        "finishReason": held.get("finishReason"),
        "logprobsResult": held["logs"],
    }
