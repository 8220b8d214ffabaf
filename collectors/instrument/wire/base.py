"""What is known of a form: how its requests, its answers and its streams are read."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

__all__ = ["Fields", "Stream", "Wire", "count", "number", "word"]

Fields = dict[str, Any]
"""Columns of an event by their names, as `event.NAMES` has them, in the columns' own types. None says nothing."""


class Stream(Protocol):
    """What has been said so far of an answer that comes in pieces."""

    def feed(self, event: Mapping[str, Any]) -> bool:
        """Take one event; return whether it carries content: text, thoughts or a call of a tool."""

    def answer(self) -> Mapping[str, Any]:
        """Return the answer so far, in the shape of one that came whole."""

    def error(self) -> tuple[str, str] | None:
        """Return the type and the words of a failure that the provider told of in the stream."""


@dataclass(frozen=True, slots=True)
class Wire:
    """One form."""

    operation: str
    request: Callable[[Mapping[str, Any]], Fields]
    answer: Callable[[Mapping[str, Any]], Fields]
    stream: Callable[[], Stream] | None = None
    name: str = ""
    """Its module in this folder and its name there: the sender finds it by that. Without one it is read at once."""
    ends: bytes = b"[DONE]"
    """What stands in the last event of each stream, and in few of the others."""


def count(value: object) -> int | None:
    """Return a count that its column can hold, or None."""
    return value if type(value) is int and 0 <= value < 2**32 else None


def number(value: object) -> float | None:
    """Return a number, or None. NaN and infinity do not come out of JSON."""
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None


def word(value: object) -> str | None:
    """Return a text that says something, or None."""
    return value if isinstance(value, str) and value else None
