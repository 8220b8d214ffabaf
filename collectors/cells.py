"""From what `emit` was given to a row's cells, where it is not of the row's types already."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from windvane.collectors.normalize import normalize

__all__ = ["both_tags", "cells_of"]


def cells_of(event: Any, given: Mapping[str, Any], error: Any, tags: Mapping[str, str] | None) -> list[Any]:
    """Return the cells of an event that was given as a mapping, as fields, or both; the fields win.

    `error` may be an exception; `tags` are those of all events, and an event's own win.

    >>> cells = cells_of({"id": "a-1", "model": "m"}, {"model": "n"}, TimeoutError("30 s"), None)
    >>> [cell for cell in cells if cell is not None]
    ['a-1', 'n', 'TimeoutError', '30 s']

    Raises:
        EventRefused: see `normalize`.
    """
    if event is not None and not isinstance(event, Mapping):
        return list(normalize(event))  # says what is wrong
    whole = {**(event or {}), **{name: value for name, value in given.items() if value is not None}}
    if isinstance(error, BaseException):
        whole |= {"error": type(error).__qualname__, "error_message": str(error)}
    elif error is not None:
        whole["error"] = error
    if tags:
        whole["tags"] = both_tags(tags, whole.get("tags"))
    return list(normalize(whole))


def both_tags(outer: Mapping[str, str], own: Any) -> dict[Any, Any]:
    """Return the tags around an event and its own, which win; bare ones have no value."""
    return {**outer, **(own if isinstance(own, Mapping) else dict.fromkeys(own or (), ""))}
