"""Lists and maps that were written as names with dots: `llm.input_messages.0.message.role`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from operator import itemgetter
from typing import Any, Final

from windvane.collectors.gateway.otlp.parts import parsed

__all__ = ["Flat", "content", "flattened", "nested"]

Flat = Mapping[str, Sequence[tuple[str, Any]]]
"""Of each flattened list the names behind its own, with their values."""
_DEEPEST: Final = 12
_WRAPS: Final = frozenset({"message", "message_content", "tool_call", "document", "embedding", "prompt", "completion"})
"""What OpenInference puts around each item of a list."""


def nested(flat: Iterable[tuple[str, Any]]) -> Any:
    """Return the value that was flattened. Numbers as names make a list; names stand in their order.

    >>> nested([("1.message.role", "user"), ("0.message.role", "system"), ("0.message.content", "hi")])
    [{'content': 'hi', 'role': 'system'}, {'role': 'user'}]
    """
    root: dict[str, Any] = {}
    for name, value in sorted(flat, key=itemgetter(0)):  # they come in no order
        at, *path = root, *name.split(".", _DEEPEST)
        for step in path[:-1]:
            inner = at.get(step)
            if not isinstance(inner, dict):
                inner = at[step] = {}
            at = inner
        at.setdefault(path[-1], value)
    return _listed(root)


def _listed(value: Any) -> Any:
    if not isinstance(value, dict):
        return value
    if value and all(name.isascii() and name.isdigit() for name in value):
        # By length first: a number of a thousand digits is never made.
        order = sorted(value, key=lambda name: (len(name.lstrip("0")), name.lstrip("0")))
        return [_listed(value[name]) for name in order]
    if len(value) == 1:
        ((name, inner),) = value.items()
        if name in _WRAPS and isinstance(inner, dict):
            return _listed(inner)
    return {name: _listed(inner) for name, inner in value.items()}


def flattened(flat: Flat, names: Sequence[str]) -> Any:
    """Return the value of the first of these lists that is there."""
    for name in names:
        if name in flat:
            return nested((behind, content(behind, value)) for behind, value in flat[name])
    return None


def content(name: str, value: Any) -> Any:
    """Return the parts of a content that OpenLLMetry has written as JSON, any other value as it is."""
    if name.endswith(".content") and isinstance(value, str) and value.startswith('[{"type"'):
        found = parsed(value)
        if isinstance(found, list) and all(isinstance(part, dict) and "type" in part for part in found):
            return found
    return value
