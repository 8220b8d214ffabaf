"""Why nobody is told of an alert: a silence, a maintenance window, or what it is a consequence of."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from windvane.dashboards.alerts.rule import Maintenance

__all__ = ["Silence", "contradict", "fits", "why_quiet"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Silence:
    """Nobody is told of the alerts that fit `labels` while `starts` <= moment < `ends`. It always has an end."""

    id: str
    labels: Mapping[str, str]
    """As `Channel.match`."""
    starts: datetime
    ends: datetime
    comment: str = ""
    author: str = ""


def fits(match: Mapping[str, str], labels: Mapping[str, str]) -> bool:
    """Return whether all of `match` is in `labels`. A value that ends in `*` stands for all that begin like it.

    >>> fits({"service": "shop-*"}, {"service": "shop-eu", "rule": "silence"}), fits({"service": "shop"}, {})
    (True, False)
    """
    return all(
        labels.get(name, "").startswith(value[:-1]) if value.endswith("*") else labels.get(name, "") == value
        for name, value in match.items()
    )


def contradict(one: Mapping[str, str], other: Mapping[str, str]) -> bool:
    """Return whether a label that both have, and that says something in both, is not the same.

    >>> contradict({"provider": "a", "service": "x"}, {"provider": "a"})
    False
    >>> contradict({"provider": "a"}, {"provider": "b"})
    True
    """
    return any(value and other.get(name) and other[name] != value for name, value in one.items())


def why_quiet(
    labels: Mapping[str, str],
    at: datetime,
    silences: Iterable[Silence],
    windows: Iterable[Maintenance],
    causes: Sequence[tuple[str, Mapping[str, str]]],
) -> str:
    """Return why nobody is told at this moment; empty where somebody is.

    `causes` are rules and labels of what fires of the rules that this alert's rule follows.
    """
    for silence in silences:
        if silence.starts <= at < silence.ends and fits(silence.labels, labels):
            return f"silence {silence.id}"
    for window in windows:
        if _open(window, at) and fits(window.match, labels):
            return f"maintenance {window.name}"
    for rule, theirs in causes:
        if not contradict(labels, theirs):
            return f"follows {rule}"
    return ""


def _open(window: Maintenance, at: datetime) -> bool:
    if window.starts and window.ends:
        return window.starts <= at < window.ends
    now = at.astimezone(UTC)
    for day in (now.date(), now.date() - timedelta(days=1)):
        begins = datetime.combine(day, window.opens, UTC)
        ends = datetime.combine(day, window.closes, UTC)
        if ends <= begins:
            ends += timedelta(days=1)
        if day.weekday() in window.days and begins <= now < ends:
            return True
    return False
