"""Who is told of an alert that fires, in which notification; and where it is nobody, why."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Final

from windvane.dashboards.alerts.change import FIRING, PENDING, Alert, digest
from windvane.dashboards.alerts.judging import Judge
from windvane.dashboards.alerts.quiet import Silence, hushed
from windvane.dashboards.alerts.rule import Rule, RuleFile

__all__ = ["GRACE_S", "LINGER_S", "Telling"]

GRACE_S: Final = 30.0
"""How long an alert that another could explain waits for that one: an outage may be seen a little after what it does."""
LINGER_S: Final = 600.0
"""How long what was explained has to end by itself, once the explanation has ended."""
_INHIBITED: Final = "inhibition "


class Telling:
    """Decides of each alert that fires and was not told. One object a round: what it has looked up is of that moment."""

    def __init__(self, file: RuleFile, judges: Mapping[str, Judge], silences: Callable[[], Iterable[Silence]],
                 at: int, *, grace_s: float = GRACE_S) -> None:  # fmt: skip
        self._file, self._judges, self._at, self._grace_s = file, judges, at, grace_s
        self._ask_silences = silences
        self._silences: list[Silence] | None = None
        self._explaining: dict[tuple[str, tuple[str, ...]], set[tuple[str, ...]]] = {}

    def quiet(self, alert: Alert) -> str:
        """Return why nobody is to be told of it now; empty where somebody is."""
        if self._silences is None:
            self._silences = list(self._ask_silences())
        rule = alert.rule
        if hush := hushed(rule.name, alert.labels, self._at, self._silences, self._file.maintenance):
            return hush
        if alert.state != FIRING or not (by := [name for name in rule.inhibited_by if name in self._judges]):
            return ""
        for name in by:
            if self._explains(name, rule.inhibited_on, alert.labels):
                alert.free_us = None
                return _INHIBITED + name
        explained = alert.quiet.startswith(_INHIBITED)
        if alert.free_us is None or alert.free_us > self._at:
            alert.free_us = self._at
        if self._at - alert.free_us >= (LINGER_S if explained else self._grace_s) * 1e6:
            return ""
        return alert.quiet if explained else f"waits for {', '.join(by)}"

    def _explains(self, name: str, on: tuple[str, ...], labels: Mapping[str, str]) -> bool:
        found = self._explaining.get((name, on))
        if found is None:
            alerts = self._judges[name].alerts.items()
            found = self._explaining[name, on] = {
                tuple(alert.labels.get(label, "") for label in on)
                for key, alert in alerts
                if isinstance(key, int) and alert.state in (PENDING, FIRING)
            }
        return tuple(labels.get(label, "") for label in on) in found

    def channels(self, rule: Rule) -> tuple[str, ...]:
        """Return the channels that a rule's notifications go to."""
        return rule.channels or tuple(c.name for c in self._file.channels if rule.severity in c.severities)


def incident(alert: Alert) -> str:
    """Return what all notifications of alerts that belong together have in common: the rule, and its `group_by`.

    Not the round: so a pager can tell that a notification ends what an earlier one has begun.
    """
    group = {name: alert.labels.get(name, "") for name in alert.rule.group_by}
    return f"{alert.rule.name}/{digest(group)}"
