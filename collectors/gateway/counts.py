"""What the gateway could not map, left out and refused, counted by name, within bounds."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from typing import Final

from windvane.collectors.redaction.policy import Policy
from windvane.collectors.redaction.redactor import Redactor

__all__ = ["Counts"]

_MOST_NAMES: Final = 1000
_OTHERS: Final = "…"


class Counts:
    """Counts by kind and name. Of one kind at most a thousand names are kept; further ones count as `…`.

    >>> counts = Counts()
    >>> counts.add("unmapped", {"my.attribute": 2})
    >>> counts.facts()
    {'unmapped': {'my.attribute': 2}}
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._kinds: dict[str, dict[str, int]] = {}

    def add(self, kind: str, counts: Mapping[str, int]) -> None:
        """Add counts by name. Any thread may."""
        if not counts:
            return
        with self._lock:
            known = self._kinds.setdefault(kind, {})
            for name, count in counts.items():
                named = name if name in known or len(known) < _MOST_NAMES else _OTHERS
                known[named] = known.get(named, 0) + count

    def facts(self) -> dict[str, dict[str, int]]:
        """Return all counts since the start, the largest first. Names are the senders' words: they are redacted."""
        with self._lock:
            kinds = {kind: dict(names) for kind, names in self._kinds.items()}
        redactor = Redactor(Policy())
        facts: dict[str, dict[str, int]] = {}
        for kind, names in kinds.items():
            told: dict[str, int] = {}
            for name, count in names.items():
                masked, _ = redactor.text(name)
                told[masked] = told.get(masked, 0) + count
            facts[kind] = dict(sorted(told.items(), key=lambda item: (-item[1], item[0])))
        return facts
