"""One rule at one moment: from what was, and what the store answers, to what is.

(nothing) ──condition──> pending ──held for `for`──> firing ──ended, and `keep` is over──> resolved
                            └──────ended───────────> (nothing)
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Final

from windvane.dashboards.alerts.answer import Answer
from windvane.dashboards.alerts.change import Change, State
from windvane.dashboards.alerts.rule import Missing, Rule, Trouble
from windvane.dashboards.alerts.wording import link, sentence
from windvane.errors import StoreError

__all__ = ["Held", "judge"]

_WHOLE: Final = ""
"""The alert of a rule as a whole: no data, or an error."""


@dataclass(frozen=True, slots=True)
class Held:
    """An alert as it is now."""

    change: Change
    """Its state, and what is said of it in the newest round."""
    told_at: datetime | None = None
    """When somebody was last told of it; None where nobody was."""
    ended_at: datetime | None = None
    """When the condition ended, while it goes on firing for `keep`."""


def judge(rule: Rule, held: Mapping[str, Held], answer: Answer | StoreError, at: datetime) -> Iterator[Held]:
    """Yield every alert that is not as before, or is pending or firing; those that are not yielded stay as they are.

    `held` are the rule's alerts that are not resolved, by `Change.alert`; they are not changed.

    Raises:
        StoreError: the answer breaks the rule's contract.
    """
    if isinstance(answer, StoreError):
        if rule.on_error is Trouble.ALERT:
            yield _whole(rule, held, State.ERROR, f"{rule.title}: the rule cannot be judged: {answer}", at)
        return
    if len(answer) == 0 and rule.no_data is not Missing.OK:
        if rule.no_data is Missing.ALERT:
            yield _whole(rule, held, State.NO_DATA, f"{rule.title}: there is nothing to judge", at)
        elif _WHOLE in held and held[_WHOLE].change.state is State.ERROR:
            yield _off(rule, held[_WHOLE], at)  # it can be judged again
        return
    bound = rule.above if rule.above is not None else rule.below
    assert bound is not None, "a rule has one of the two"
    met = answer.met(bound)
    looked_at = met | answer.met(rule.until) if rule.until is not None and held else met
    going_on = set()
    for (alert, labels, row), is_met in zip(answer.rows(looked_at), met[looked_at], strict=True):
        was = held.get(alert)
        if is_met or (was and was.change.state is State.FIRING):
            going_on.add(alert)
            yield _on(rule, was, alert, labels, row, at)
    for alert, was in held.items():
        if alert not in going_on:
            yield _off(rule, was, at)


def _on(rule: Rule, was: Held | None, alert: str, labels: Mapping[str, str], row: Mapping[str, Any],
        at: datetime) -> Held:  # fmt: skip
    since = was.change.since if was else at
    fires = (was is not None and was.change.state is State.FIRING) or at - since >= timedelta(seconds=rule.for_s)
    row = {**row, "value": float(row["value"])}
    change = Change(
        time=at,
        rule=rule.name,
        alert=alert,
        labels=labels,
        severity=rule.severity,
        state=State.FIRING if fires else State.PENDING,
        value=row["value"],
        since=since,
        says=sentence(rule, row),
        link=link(rule, row, since, at),
    )
    return Held(change, was.told_at if was else None)


def _off(rule: Rule, was: Held, at: datetime) -> Held:
    ended_at = was.ended_at or at
    if was.change.state is State.FIRING and at - ended_at < timedelta(seconds=rule.keep_s):
        return replace(was, change=replace(was.change, time=at), ended_at=ended_at)
    return replace(was, change=replace(was.change, time=at, state=State.RESOLVED))


def _whole(rule: Rule, held: Mapping[str, Held], state: State, says: str, at: datetime) -> Held:
    was = held.get(_WHOLE)
    goes_on = was is not None and was.change.state is state
    change = Change(
        time=at,
        rule=rule.name,
        alert=_WHOLE,
        severity=rule.severity,
        state=state,
        since=was.change.since if was and goes_on else at,
        says=says,
        link=f"/boards/{rule.link.board}",
    )
    return Held(change, was.told_at if was and goes_on else None)
