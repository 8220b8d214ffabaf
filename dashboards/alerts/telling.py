"""Who is told: changes of one round become notifications to channels."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from hashlib import blake2b

from windvane.dashboards.alerts.change import Change, State
from windvane.dashboards.alerts.quiet import fits
from windvane.dashboards.alerts.rule import Channel, Rule

__all__ = ["addressed", "labels_of"]


def labels_of(rule: Rule, change: Change) -> dict[str, str]:
    """Return the labels that channels, silences and groups choose by: the rule's own, its name and severity, too."""
    return {**rule.extra, **change.labels, "rule": rule.name, "severity": rule.severity}


def addressed(news: Iterable[Change], rules: Mapping[str, Rule], channels: Sequence[Channel]) -> list[Change]:
    """Return the changes, each that is told with its notification and its channels.

    Changes of one moment and severity that fire, or that end, and agree in their rules' `group_by` and in their
    channels are one notification: its id follows from these.
    """
    return [
        change if change.quiet or change.state is State.PENDING else _address(change, rules[change.rule], channels)
        for change in news
    ]


def _address(change: Change, rule: Rule, channels: Sequence[Channel]) -> Change:
    labels = labels_of(rule, change)
    chosen = [
        channel.name for channel in channels if rule.severity in channel.severities and fits(channel.match, labels)
    ]
    ends = change.state is State.RESOLVED
    group = [f"{name}={labels.get(name, '')}" for name in rule.group_by]
    key = "\0".join([change.time.isoformat(), rule.severity, str(ends), *chosen, *group])
    return replace(change, notification=blake2b(key.encode(), digest_size=8).hexdigest(), channels=tuple(chosen))
