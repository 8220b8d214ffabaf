"""Channels as Grafana's contact points, as far as it has their like.

Which channels tell of a rule is decided by the rule, not by the tree of notification policies, which is the user's:
each set of channels that some rule needs is a contact point.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any, Final

from windvane.dashboards.alerts.quiet import fits
from windvane.dashboards.alerts.rule import Channel, Rule
from windvane.dashboards.grafana.equivalent import equivalent
from windvane.dashboards.grafana.names import PREFIX

__all__ = ["UID", "Contacts", "contacts"]

UID: Final = PREFIX + "[0-9a-f]{20}"
"""What the uids of contact points of ours look like, and no others do."""

_NAMES: Final = 150


@dataclass(frozen=True, slots=True)
class Contacts:
    """Who is told in Grafana."""

    points: tuple[dict[str, Any], ...]
    """Contact points as the API has them: one integration each; those of one name are told together."""
    receivers: Mapping[str, str]
    """The contact point's name, by rule's name. The policy tree has the rules that are not here."""
    left_out: Mapping[str, str]
    """Channels that no rule tells in Grafana, each with why."""


def contacts(channels: Sequence[Channel], rules: Iterable[Rule]) -> Contacts:
    """Return the contact points that the rules need.

    Raises:
        ConfigError: Apprise does not know a channel's URL.
    """
    found = {channel.name: equivalent(channel.url) for channel in channels}
    known = [channel for channel in channels if found[channel.name]]
    told = {rule.name: tuple(channel.name for channel in known if _suits(channel, rule)) for rule in rules}
    sets = dict.fromkeys(names for names in told.values() if names)
    points = tuple(
        {"uid": _uid(title, name), "name": title, "disableResolveMessage": False, **integration}
        for title, names in ((_title(names), names) for names in sets)
        for name in names
        if (integration := found[name])
    )
    used = {name for names in sets for name in names}
    left_out = {
        name: "no rule is for it alone by its own labels" if integration else "Grafana has nothing like it"
        for name, integration in found.items()
        if name not in used
    }
    return Contacts(points, {rule: _title(names) for rule, names in told.items() if names}, left_out)


def _suits(channel: Channel, rule: Rule) -> bool:
    """By what is known beforehand. The labels of a series are known too late: they would need the policy tree."""
    known = {**rule.extra, "rule": rule.name, "severity": rule.severity.value}
    return rule.severity in channel.severities and fits(channel.match, known)


def _title(names: Sequence[str]) -> str:
    return ("windvane " + " + ".join(names))[:_NAMES]


def _uid(title: str, name: str) -> str:
    return PREFIX + blake2b(f"{title}\0{name}".encode(), digest_size=10).hexdigest()
