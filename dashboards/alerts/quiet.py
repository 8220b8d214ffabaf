"""Why nobody is told of an alert: a silence, a maintenance window, another alert that explains it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from windvane.dashboards.alerts.rule import Maintenance

__all__ = ["Silence", "hushed", "in_maintenance", "matches"]


@dataclass(frozen=True, slots=True)
class Silence:
    """Nobody is told of alerts with these labels, until it ends."""

    id: str
    labels: Mapping[str, str]
    """All must be equal; `rule` names a rule."""
    starts_us: int
    ends_us: int
    comment: str = ""
    author: str = ""


def matches(wanted: Mapping[str, str], rule: str, labels: Mapping[str, str]) -> bool:
    """Return whether an alert has all the labels that are wanted.

    >>> matches({"rule": "errors", "service_name": "chat"}, "errors", {"service_name": "chat", "model": "m"})
    True
    """
    return all((rule if name == "rule" else labels.get(name)) == value for name, value in wanted.items())


def in_maintenance(window: Maintenance, at_us: int) -> bool:
    """Return whether a moment is in a window.

    A weekly one goes by the clock on the wall of its zone: from 02:30 to 04:00 begins at 03:00 in the night that has no
    02:30, and from 01:00 to 05:00 is five hours long where an hour comes twice.

    >>> night = Maintenance("night", {}, days=(5,), from_minute=23 * 60, to_minute=60, zone="Europe/Berlin")
    >>> at = datetime(2026, 7, 11, 22, 30, tzinfo=UTC)  # Sunday, half past midnight in Berlin: Saturday's window
    >>> in_maintenance(night, int(at.timestamp()) * 1_000_000)
    True
    """
    if window.starts_us is not None and window.ends_us is not None:
        return window.starts_us <= at_us < window.ends_us
    local = datetime.fromtimestamp(at_us / 1e6, UTC).astimezone(ZoneInfo(window.zone))
    today, minute = local.weekday(), local.hour * 60 + local.minute
    if window.from_minute < window.to_minute:
        return today in window.days and window.from_minute <= minute < window.to_minute
    began_today = today in window.days and minute >= window.from_minute
    return began_today or ((today - 1) % 7 in window.days and minute < window.to_minute)


def hushed(rule: str, labels: Mapping[str, str], at_us: int, silences: Iterable[Silence],
           maintenance: Sequence[Maintenance]) -> str:  # fmt: skip
    """Return the silence or the maintenance that an alert is in at that moment, in words; empty if none."""
    for silence in silences:
        if silence.starts_us <= at_us < silence.ends_us and matches(silence.labels, rule, labels):
            return f"silence {silence.id}" + (f": {silence.comment}" if silence.comment else "")
    for window in maintenance:
        if matches(window.labels, rule, labels) and in_maintenance(window, at_us):
            return f"maintenance {window.name}"
    return ""
