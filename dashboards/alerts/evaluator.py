"""The evaluator: judges the rules of a file, round by round, each as of the moment that is handed in."""

from __future__ import annotations

import logging
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Protocol

import numpy as np

from windvane.dashboards.alerts.change import RESOLVED, Alert, Change
from windvane.dashboards.alerts.judging import Judge
from windvane.dashboards.alerts.link import link
from windvane.dashboards.alerts.quiet import Silence
from windvane.dashboards.alerts.rule import RuleFile
from windvane.dashboards.alerts.series import Answer, Series
from windvane.dashboards.alerts.telling import GRACE_S, Telling, incident
from windvane.dashboards.macros import Span, expand
from windvane.errors import ConfigError, StoreError

__all__ = ["Ask", "Book", "Evaluator"]

_log: Final = logging.getLogger("windvane.alerts")
_REMEMBERED: Final = 10_000
"""Series of a query that are remembered though they have no row, before those without an alert are forgotten."""

Ask = Callable[[str], list[dict[str, Any]]]


class Book(Protocol):
    """What an evaluator needs of `AlertBook`."""

    @property
    def newest(self) -> int: ...
    def standing(self) -> list[tuple[Change, bool]]: ...
    def silences(self, at_us: int) -> list[Silence]: ...
    def write(self, changes: Sequence[Change]) -> None: ...


@dataclass(slots=True)
class _Question:
    """Rules that ask the same, over the same window."""

    sql: str
    window_us: int
    series: Series = field(default_factory=Series)
    judges: list[Judge] = field(default_factory=list)


class Evaluator:
    """Judges rules over what `ask` answers, from the states that `book` knows, and writes there what has changed.

    It knows no clock: time is what `round` is given. One thread at a time may use it.
    """

    def __init__(self, file: RuleFile, ask: Ask, book: Book, *, grace_s: float = GRACE_S) -> None:
        """`grace_s` is how long an alert that another could explain waits for that one."""
        self._file, self._ask, self._book, self._grace_s = file, ask, book, grace_s
        questions: dict[tuple[str, float], _Question] = {}
        self._judges: dict[str, Judge] = {}
        for rule in file.rules:
            question = questions.setdefault((rule.sql, rule.window_s), _Question(rule.sql, round(rule.window_s * 1e6)))
            judge = self._judges[rule.name] = Judge(rule, question.series)
            question.judges.append(judge)
        self._questions = list(questions.values())
        self._left: list[tuple[Change, bool]] = []
        self._unwritten: list[Change] = []
        self._number: int | None = None
        self.repeated: dict[str, int] = {}
        """By rule, rows whose labels another row of the same answer had: the worst one was kept."""

    def round(self, at_us: int) -> list[Change]:
        """Judge every rule that is due at `at_us`, as of that moment; return what has changed, which is then written.

        The first round judges all. A rule is judged again when `every_s` has passed, or where the clock has gone back.

        Raises:
            StoreUnavailable: nothing could be read or written; the next round writes what this one has found.
            Fenced: another evaluator owns the book; nothing of this round was written.
        """
        self._start(at_us)
        if self._unwritten:
            self._book.write(self._unwritten)
        late, self._unwritten = self._unwritten, []
        changed = self._judge(at_us)
        self._unwritten = self._changes(changed, at_us)
        if self._unwritten:
            self._book.write(self._unwritten)
        done, self._unwritten = self._unwritten, []
        return late + done

    @property
    def unsettled(self) -> bool:
        """Whether time alone may change something: an alert is pending, or fires and nobody was told yet."""
        return any(not alert.told for judge in self._judges.values() for alert in judge.alerts.values())

    def _start(self, at: int) -> None:
        if self._number is not None:
            return
        standing = self._book.standing()
        self._number = self._book.newest
        for change, told in standing:
            if (judge := self._judges.get(change.rule)) is not None:
                judge.restore(change, told=told, at=at)
            else:
                self._left.append((change, told))

    def _judge(self, at: int) -> list[Alert]:
        answers: dict[str, list[dict[str, Any]] | str] = {}
        changed = []
        for question in self._questions:
            if not (due := [judge for judge in question.judges if judge.due(at)]):
                continue
            found = self._answer(question, at, answers)
            for judge in due:
                judge.judged(at)
                if isinstance(found, str):
                    changed += judge.fail(found, at)
                    continue
                if found.repeated:
                    self._count(judge.rule.name, found.repeated)
                changed += judge.answer(found, at)
        return changed

    def _answer(self, question: _Question, at: int, answers: dict[str, list[dict[str, Any]] | str]) -> Answer | str:
        """Return the answer, or why there is none. The same text is asked once a round."""
        try:
            sql = expand(question.sql, Span((at - question.window_us) // 1000, at // 1000))
            if sql not in answers:
                try:
                    answers[sql] = self._ask(sql)
                except StoreError as error:
                    answers[sql] = str(error)
            rows = answers[sql]
            if isinstance(rows, str):
                return rows
            self._forget(question, len(rows))
            return question.series.read(rows)
        except ConfigError as error:
            return str(error)

    @staticmethod
    def _forget(question: _Question, rows: int) -> None:
        """Forget series that come and go, such as users', before they are too many."""
        if len(question.series.labels) <= 2 * max(rows, _REMEMBERED):
            return
        kept = np.array(sorted({number for judge in question.judges for number in judge.open_series()}), np.intp)
        question.series.keep(kept)
        for judge in question.judges:
            judge.keep(kept)

    def _count(self, rule: str, repeated: int) -> None:
        if rule not in self.repeated:
            _log.warning("rule %s: %d rows have the labels of another row; the worst of them is judged", rule, repeated)
        self.repeated[rule] = self.repeated.get(rule, 0) + repeated

    def _changes(self, changed: list[Alert], at: int) -> list[Change]:
        """Return the rows of this round, with the notification that each is a part of."""
        number = (self._number or 0) + 1
        telling = Telling(self._file, self._judges, lambda: self._book.silences(at), at, grace_s=self._grace_s)
        rows = {id(alert): alert for alert in changed}
        told = {id(alert) for alert in changed if alert.state == RESOLVED and alert.told}
        for judge in self._judges.values():
            for alert in judge.alerts.values():
                if alert.fires and not alert.told:
                    quiet = telling.quiet(alert)
                    if quiet != alert.quiet or not quiet:
                        rows[id(alert)] = alert
                    alert.quiet, alert.told = quiet, not quiet
                    if alert.told:
                        told.add(id(alert))
        found = [self._row(alert, number, at, telling, told=id(alert) in told) for alert in rows.values()]
        found += [self._end(change, number, at, told=told) for change, told in self._left]
        self._left = []
        if found:
            self._number = number
        return found

    def _row(self, alert: Alert, number: int, at: int, telling: Telling, *, told: bool) -> Change:
        return Change(
            time_us=at, rule=alert.rule.name, alert=alert.key, labels=alert.labels,
            severity=alert.rule.severity, state=alert.state, value=None if math.isnan(alert.value) else alert.value,
            since_us=alert.since_us, says=alert.says, link=link(alert, at), quiet=alert.quiet,
            notification=f"{incident(alert)}/{number}" if told else "",
            channels=telling.channels(alert.rule) if told else (), round=number,
        )  # fmt: skip

    @staticmethod
    def _end(change: Change, number: int, at: int, *, told: bool) -> Change:
        """Return the end of an alert whose rule is gone."""
        return Change(
            time_us=at, rule=change.rule, alert=change.alert, labels=change.labels, severity=change.severity,
            state=RESOLVED, value=None, since_us=change.since_us, says=f"{change.says} (its rule is gone)",
            link=change.link, notification=f"{change.rule}/{change.alert}/{number}" if told else "",
            channels=change.channels if told else (), round=number,
        )  # fmt: skip
