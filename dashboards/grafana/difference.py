"""What would change in Grafana: its answer compared with what would be written."""

from __future__ import annotations

import json
from collections.abc import Set
from difflib import unified_diff
from typing import Any, Final

__all__ = ["REDACTED", "difference", "likened"]

REDACTED: Final = "[REDACTED]"
"""What Grafana says in place of a secret."""
_NOTHING: Final[tuple[Any, ...]] = (None, "", "0s", 0, False, [], {})
"""What Grafana leaves out of its answers."""


def likened(theirs: Any, ours: Any, whole: Set[str] = frozenset()) -> Any:
    """Return `theirs` without what Grafana has added, so that it equals `ours` where nothing is to be written.

    Added are keys that `ours` has not, numbers and defaults of Grafana's. In dictionaries under a name in `whole`
    nothing is of Grafana's: there, one key more is a difference.

    >>> likened({"title": "A", "id": 7, "version": 2}, {"title": "A", "hide": 0})
    {'title': 'A', 'hide': 0}
    >>> likened({"labels": {"team": "search"}}, {"labels": {}}, {"labels"})
    {'labels': {'team': 'search'}}
    """
    if isinstance(theirs, dict) and isinstance(ours, dict):
        told = {key: likened(theirs[key], value, whole) for key, value in ours.items() if key in theirs}
        absent = {key: value for key, value in ours.items() if key not in theirs and value in _NOTHING}
        kept = {key: value for key, value in theirs.items() if key in whole and value not in _NOTHING}
        return {**told, **absent, **kept}
    if isinstance(theirs, list) and isinstance(ours, list):
        pairs = [likened(one, other, whole) for one, other in zip(theirs, ours, strict=False)]
        return pairs + theirs[len(ours) :]
    return ours if theirs in _NOTHING and ours in _NOTHING else theirs


def difference(name: str, theirs: Any, ours: Any) -> str:
    """Return a unified diff of two values as JSON; "" where they are equal. `theirs` None is nothing there."""
    if theirs == ours:
        return ""
    before, after = ([] if value is None else _lines(value) for value in (theirs, ours))
    return "".join(unified_diff(before, after, f"Grafana: {name}", f"windvane: {name}"))


def _lines(value: Any) -> list[str]:
    return (json.dumps(value, indent=2, sort_keys=True, ensure_ascii=False) + "\n").splitlines(keepends=True)
