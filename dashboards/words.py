"""What a signal's evidence says, for people: rounded, with units."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

from windvane.collectors.event import COLUMNS, Kind
from windvane.collectors.normalize import PLACES

__all__ = ["in_words", "rounded"]

_NUMBER: Final = re.compile(r"(?<![\w.-])\d+(?:\.\d+)?(?:e[+-]?\d+)?(?![\w%])")


def rounded(number: float) -> str:
    """Return a number to three digits, thousands apart.

    >>> rounded(6276.85), rounded(0.0123456), rounded(12.0)
    ('6,280', '0.0123', '12')
    """
    return f"{float(f'{number:.3g}'):,.12g}"


def in_words(evidence: Mapping[str, Any]) -> str:
    """Return what a detector says moved; where it says nothing in words, the feature and why.

    >>> in_words({"feature": "latency", "baseline": 4.48655, "current": 11.4709,
    ...           "says": "latency per call went up from 4.48655 to 11.4709"})
    'latency per call went up from 4.49 s to 11.5 s'
    >>> in_words({"feature": "latency", "why": "back at its level"})
    'latency: back at its level'
    """
    feature = str(evidence.get("feature", ""))
    levels = {evidence.get("baseline"), evidence.get("current")}
    place = PLACES.get(feature)
    unit = " s" if place is not None and COLUMNS[place].kind is Kind.SECONDS else ""

    def shorter(found: re.Match[str]) -> str:
        number = float(found[0])
        return rounded(number) + (unit if number in levels else "")

    told = str(evidence.get("says") or ": ".join(filter(None, (feature, str(evidence.get("why", ""))))))
    return _NUMBER.sub(shorter, told)
