"""An alert as it stands, and a change of its state: a row of the table `alert_changes`."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from windvane.dashboards.alerts.rule import Rule

__all__ = ["ERROR", "FIRING", "NO_DATA", "PENDING", "RESOLVED", "Alert", "Change", "digest", "words"]

PENDING: Final = "pending"
FIRING: Final = "firing"
RESOLVED: Final = "resolved"
NO_DATA: Final = "no_data"
ERROR: Final = "error"
_LONGEST: Final = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One change of one alert; see the columns of `alert_changes` in storage/schema."""

    time_us: int
    rule: str
    alert: str
    labels: Mapping[str, str]
    severity: str
    state: str
    value: float | None
    since_us: int
    says: str
    link: str
    quiet: str = ""
    notification: str = ""
    channels: tuple[str, ...] = ()
    round: int = 0


@dataclass(slots=True, kw_only=True)
class Alert:
    """One alert that is not resolved."""

    rule: Rule
    key: str
    """A hash of its series' labels; `no_data` and `error` are of the rule as a whole."""
    labels: Mapping[str, str]
    state: str
    since_us: int
    value: float = math.nan
    says: str = ""
    told: bool = False
    """Whether a notification has said that it fires."""
    quiet: str = ""
    """Why not, if it fires."""
    free_us: int | None = field(default=None)
    """Since when nothing that could explain it has been firing; None before that is looked at."""

    @property
    def fires(self) -> bool:
        """Whether it is, or but for a silence would be, told."""
        return self.state not in (PENDING, RESOLVED)


def digest(labels: Mapping[str, str]) -> str:
    """Return a short name of a label set.

    >>> digest({"a": "1", "b": "2"}) == digest({"b": "2", "a": "1"}) != digest({"a": "1b", "": "2"})
    True
    """
    text = "\0".join(f"{name}\1{labels[name]}" for name in sorted(labels))
    return hashlib.blake2s(text.encode("utf-8", "surrogatepass"), digest_size=6).hexdigest()


def words(rule: Rule, labels: Mapping[str, str], value: float, evidence: str) -> str:
    """Return the rule's message, filled in. One that cannot be filled in is told as it is: an alert is never lost."""
    given = {name: _line(text) for name, text in labels.items()}
    try:
        return rule.message.format_map({**given, "value": value, "says": _line(evidence, 1000)})
    except (AttributeError, IndexError, KeyError, TypeError, ValueError):
        return f"{rule.message} ({value:g})"


def _line(text: str, longest: int = _LONGEST) -> str:
    """Return what came in with events as one line that ends: it goes into messages."""
    flat = " ".join("".join(sign if sign.isprintable() else " " for sign in text[: 2 * longest]).split())
    return flat if len(flat) <= longest else flat[: longest - 1] + "…"
