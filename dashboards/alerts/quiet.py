"""Why nobody is told of an alert: a silence, a maintenance window, or what it is a consequence of."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from windvane.dashboards.alerts.rule import Maintenance

__all__ = ["Causes", "Silence", "fits", "why_quiet"]


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


class Causes:
    """What fires now of the rules that another one follows, by its labels.

    >>> causes = Causes([("outage", {"provider": "a", "region": ""})])
    >>> causes.of({"provider": "a", "service": "x"}), causes.of({"service": "x"}), causes.of({"provider": "b"})
    ('outage', 'outage', '')
    """

    def __init__(self, firing: Iterable[tuple[str, Mapping[str, str]]]) -> None:
        self._firing: dict[tuple[str, ...], list[tuple[str, Mapping[str, str]]]] = {}
        for rule, labels in firing:
            said = tuple(sorted(name for name, value in labels.items() if value))
            self._firing.setdefault(said, []).append((rule, labels))
        self._known: dict[tuple[tuple[str, ...], tuple[str, ...]], dict[tuple[str, ...], str]] = {}

    def of(self, labels: Mapping[str, str]) -> str:
        """Return a rule of which something fires that differs in no label that both have; empty if there is none."""
        for said, firing in self._firing.items():
            both = tuple(name for name in said if labels.get(name))
            if (said, both) not in self._known:
                self._known[said, both] = {tuple(theirs[name] for name in both): rule for rule, theirs in firing}
            if rule := self._known[said, both].get(tuple(labels[name] for name in both)):
                return rule
        return ""


def why_quiet(
    labels: Mapping[str, str],
    at: datetime,
    silences: Iterable[Silence],
    windows: Iterable[Maintenance],
    causes: Causes,
) -> str:
    """Return why nobody is told at this moment; empty where somebody is.

    `causes` are what fires of the rules that this alert's rule follows.
    """
    for silence in silences:
        if silence.starts <= at < silence.ends and fits(silence.labels, labels):
            return f"silence {silence.id}"
    for window in windows:
        if _open(window, at) and fits(window.match, labels):
            return f"maintenance {window.name}"
    rule = causes.of(labels)
    return f"follows {rule}" if rule else ""


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
