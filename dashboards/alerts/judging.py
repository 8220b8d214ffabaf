"""One rule: from an answer, or a failure, to the changes of its alerts."""

from __future__ import annotations

import math
from typing import Final

import numpy as np
import numpy.typing as npt

from windvane.dashboards.alerts.change import ERROR, FIRING, NO_DATA, PENDING, RESOLVED, Alert, Change, digest, words
from windvane.dashboards.alerts.rule import Otherwise, Rule
from windvane.dashboards.alerts.series import Answer, Series
from windvane.dashboards.alerts.states import FIRING as FIRES
from windvane.dashboards.alerts.states import PENDING as WAITS
from windvane.dashboards.alerts.states import Moves, Phases, tests_of

__all__ = ["Judge"]

_YES, _NO = np.ones(1, np.bool_), np.zeros(1, np.bool_)
_SAYS: Final = {NO_DATA: "the query had no rows", ERROR: "the query failed"}


class Judge:
    """Judges one rule over the series of its query. `alerts` are those that are not resolved."""

    def __init__(self, rule: Rule, series: Series) -> None:
        self.rule, self._series, self._tests = rule, series, tests_of(rule.when)
        self.alerts: dict[int | str, Alert] = {}
        """By the number of their series; those of the rule as a whole by their name."""
        self._phases = Phases(rule.for_s, rule.keep_firing_s)
        # One query that failed is not told: the next one may not.
        self._whole = {NO_DATA: Phases(rule.for_s, 0), ERROR: Phases(max(rule.for_s, rule.every_s), 0)}
        self._chosen = np.zeros(0, np.bool_)
        self._every_us = round(rule.every_s * 1e6)
        self._last_us, self._next_us = -1, -1

    def due(self, at: int) -> bool:
        """Return whether it is to be judged at that moment: in steps of `every_s`, and where the clock has gone back."""
        return at >= self._next_us or at < self._last_us

    def judged(self, at: int) -> None:
        """Note that it has been."""
        self._last_us, self._next_us = at, (at // self._every_us + 1) * self._every_us

    def answer(self, answer: Answer, at: int) -> list[Alert]:
        """Take its query's answer; return the alerts whose state it has changed."""
        changed = self._judge_whole(ERROR, False, at)
        values = answer.highest if self._tests.high else answer.lowest
        there = len(answer.ids) > 0
        if self.rule.only:
            chosen = self._choose()
            there = there and bool(chosen[answer.ids].any())
            values = np.where(chosen, values, np.nan)
        if self.rule.no_data is Otherwise.ALERT:
            changed += self._judge_whole(NO_DATA, not there, at)
        if there or self.rule.no_data is Otherwise.OK:
            changed += self._judge_series(values, answer, at)
        return changed

    def fail(self, why: str, at: int) -> list[Alert]:
        """Take that its query has failed; return the alerts whose state that has changed."""
        match self.rule.on_error:
            case Otherwise.ALERT:
                return self._judge_whole(ERROR, True, at, why)
            case Otherwise.OK:
                return self._judge_series(np.full(len(self._series.labels), np.nan), None, at)
            case Otherwise.KEEP:
                return []

    def _judge_series(self, values: npt.NDArray[np.float64], answer: Answer | None, at: int) -> list[Alert]:
        moves = self._phases.step(self._tests.begins(values), self._tests.lasts(values), at)
        for state, which in ((PENDING, moves.pending), (FIRING, moves.fired)):
            for number in which:
                alert = self.alerts.get(number) or self._new(number)
                alert.state, alert.since_us = state, int(self._phases.since[number])
                alert.value = float(values[number])
                evidence = answer.evidence(number, high=self._tests.high) if answer else ""
                alert.says = words(self.rule, alert.labels, alert.value, evidence)
                self.alerts[number] = alert
        for number in moves.resolved:
            self.alerts[number].value = float(values[number])
        return self._moved(moves)

    def _judge_whole(self, state: str, so: bool, at: int, why: str = "") -> list[Alert]:
        moves = self._whole[state].step(_YES if so else _NO, _YES if so else _NO, at)
        if not (moves.pending or moves.fired or moves.dropped or moves.resolved):
            return []
        if so:
            alert = self.alerts.get(state) or Alert(
                rule=self.rule, key=state, labels=dict(self.rule.labels), state=PENDING, since_us=at
            )
            alert.state = PENDING if moves.pending else state
            alert.says = f"{self.rule.title}: {_SAYS[state]}" + (f": {why}" if why else "")
            self.alerts[state] = alert
            return [alert]
        alert = self.alerts.pop(state)
        alert.state = RESOLVED
        return [alert]

    def _new(self, number: int) -> Alert:
        labels = self._series.labels[number]
        return Alert(
            rule=self.rule, key=digest(labels), labels={**self.rule.labels, **labels}, state=PENDING, since_us=0
        )

    def _moved(self, moves: Moves) -> list[Alert]:
        changed = [self.alerts[number] for number in (*moves.pending, *moves.fired)]
        for number in (*moves.dropped, *moves.resolved):
            alert = self.alerts.pop(number)
            alert.state = RESOLVED
            changed.append(alert)
        return changed

    def _choose(self) -> npt.NDArray[np.bool_]:
        """Return by series whether it is one of the rule's."""
        labels = self._series.labels
        if (known := len(self._chosen)) < len(labels):
            only = {name: frozenset(values) for name, values in self.rule.only.items()}
            more = [all(one.get(name) in values for name, values in only.items()) for one in labels[known:]]
            self._chosen = np.append(self._chosen, np.array(more, np.bool_))
        return self._chosen

    def restore(self, change: Change, *, told: bool, at: int) -> None:
        """Take an alert over from before a restart. What keeps it firing is taken to have been so until `at`."""
        alert = Alert(
            rule=self.rule, key=change.alert, labels=change.labels, state=change.state, since_us=change.since_us,
            value=math.nan if change.value is None else change.value, says=change.says, told=told, quiet=change.quiet,
        )  # fmt: skip
        phase = FIRES if alert.fires else WAITS
        if change.alert in self._whole:
            self._whole[change.alert].restore(0, phase, change.since_us, at)
            self.alerts[change.alert] = alert
            return
        labels = {name: value for name, value in change.labels.items() if name not in self.rule.labels}
        number = self._series.number(labels if digest(labels) == change.alert else change.labels)
        self._phases.restore(number, phase, change.since_us, at)
        self.alerts[number] = alert

    def open_series(self) -> list[int]:
        """Return the numbers of the series that must not be forgotten."""
        return [number for number in self.alerts if isinstance(number, int)]

    def keep(self, kept: npt.NDArray[np.intp]) -> None:
        """Forget all series but `kept`, which are numbered anew in that order."""
        self._phases.grow(int(kept.max(initial=-1)) + 1)
        self._phases.keep(kept)
        self._chosen = np.zeros(0, np.bool_)
        renumbered = {old: new for new, old in enumerate(kept.tolist())}
        self.alerts = {key if isinstance(key, str) else renumbered[key]: alert for key, alert in self.alerts.items()}
