"""Rounds: every rule that is due is judged, and what has changed is written, with who is to be told of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import cache
from operator import itemgetter
from typing import Final

from windvane.dashboards.alerts.answer import Answer
from windvane.dashboards.alerts.book import Book
from windvane.dashboards.alerts.change import Change, State
from windvane.dashboards.alerts.judging import Held, judge
from windvane.dashboards.alerts.quiet import Causes, Silence, why_quiet
from windvane.dashboards.alerts.rule import Rule, RuleFile
from windvane.dashboards.alerts.telling import addressed, labels_of
from windvane.dashboards.macros import Span, expand
from windvane.errors import StoreError, StoreUnavailable
from windvane.storage.reader import Reader

__all__ = ["Evaluator"]

_NEVER: Final = datetime.min.replace(tzinfo=UTC)
_PATIENCE: Final = 3
"""Times in a row that a rule may find the store busy before it counts as an error."""


class Evaluator:
    """Judges rules. What it knows of the past is in the book, so that it may be killed at any moment."""

    def __init__(self, file: RuleFile, reader: Reader, book: Book) -> None:
        """Take the book over: see `open`."""
        self._file, self._reader, self._book = file, reader, book
        self._rules = {rule.name: rule for rule in file.rules}
        self._judged: dict[str, datetime] = {}
        self._busy: dict[str, int] = {}
        self._answered: set[str] = set()
        self.open()

    def open(self) -> None:
        """Go on from what the book says; alerts of rules that are no longer there end in the next round, unsaid.

        Blocks on the store.
        """
        self._held: dict[str, dict[str, Held]] = {name: {} for name in self._rules}
        self._gone: list[Change] = []
        self._book.set_budgets(self._file.budgets)
        for change, told_at, noted_at in self._book.open():
            if change.rule in self._rules:
                # A channel that is new hears of what fires already; without any, nothing is said anew.
                self._held[change.rule][change.alert] = Held(change, told_at if self._file.channels else noted_at)
            else:
                self._gone.append(replace(change, state=State.RESOLVED, quiet="the rule is gone", notification=""))

    def round(self, at: datetime, enough: Callable[[], bool] = lambda: False) -> list[Change]:
        """Judge the rules that are due at `at`; return what has changed, as it was written. Blocks on the store.

        Once `enough` says so, the rules that are left wait for the next round, where they come first.

        Raises:
            StoreUnavailable: the store does not answer. Call `open` before the next round.
            Fenced: another evaluator has the book now.
        """
        self._book.check()
        judged: list[Held] = []
        ask = cache(lambda sql, checked: self._reader.text(sql, "arrow", checked=checked))
        for rule in self._due(at):
            judged += self._judge(rule, at, ask)
            self._judged[rule.name] = at
            if enough():
                break
        silences, causes = self._book.silences(at), self._causes(judged)
        quieted = [(held, self._quieten(held.change, at, silences, causes)) for held in judged]
        news = [change for held, change in quieted if self._is_news(held, change, at)]
        told = addressed(news, self._rules, self._file.channels)
        if told or self._gone:
            self._book.write([*(replace(change, time=at) for change in self._gone), *told])
        written, self._gone = [*self._gone, *told], []
        self._remember(judged, told)
        return written

    def _due(self, at: datetime) -> list[Rule]:
        """Return the rules that are to be judged, those first that have waited longest."""
        waited = [(self._judged.get(rule.name, _NEVER), rule) for rule in self._rules.values()]
        due = [(last, rule) for last, rule in waited if abs(at - last) >= timedelta(seconds=rule.every_s)]
        return [rule for _, rule in sorted(due, key=itemgetter(0))]

    def _judge(self, rule: Rule, at: datetime, ask: Callable[[str, bool], bytes]) -> list[Held]:
        end_ms = int(at.timestamp() * 1000)
        held = self._held[rule.name]
        try:
            body = ask(expand(rule.sql, Span(end_ms - rule.window_s * 1000, end_ms)), rule.name in self._answered)
            self._answered.add(rule.name)
            found = list(judge(rule, held, Answer(rule, body), at))
        except StoreUnavailable as error:
            self._busy[rule.name] = self._busy.get(rule.name, 0) + 1
            return list(judge(rule, held, error, at)) if self._busy[rule.name] >= _PATIENCE else []
        except StoreError as error:
            return list(judge(rule, held, error, at))
        except Exception as error:  # a rule's fault is its own: the others go on
            return list(judge(rule, held, StoreError(f"{type(error).__name__}: {error}"), at))
        self._busy.pop(rule.name, None)
        return found

    def _causes(self, judged: list[Held]) -> Callable[[tuple[str, ...]], Causes]:
        """Return what gives, for the rules that one follows, what fires of them once this round is over."""
        last = {(name, alert): held.change for name, alerts in self._held.items() for alert, held in alerts.items()}
        last.update({(held.change.rule, held.change.alert): held.change for held in judged})
        found: dict[str, list[Mapping[str, str]]] = {}
        for change in last.values():
            if change.state is State.FIRING:
                found.setdefault(change.rule, []).append(change.labels)
        return cache(lambda rules: Causes((rule, labels) for rule in rules for labels in found.get(rule, ())))

    def _quieten(self, change: Change, at: datetime, silences: list[Silence],
                 causes: Callable[[tuple[str, ...]], Causes]) -> Change:  # fmt: skip
        rule = self._rules[change.rule]
        was = self._held[rule.name].get(change.alert)
        if change.state is State.PENDING:
            return change
        if change.state is State.RESOLVED:
            # Who was told that it fires is told that it is over, whatever has been silenced since.
            told = was is not None and was.told_at is not None
            return replace(change, quiet="" if told else "nobody was told that it fired")
        # What a rule says of itself is no consequence of anything.
        follows = rule.follows if change.state is State.FIRING else ()
        quiet = why_quiet(labels_of(rule, change), at, silences, self._file.maintenance, causes(follows))
        return replace(change, quiet=quiet)

    def _is_news(self, held: Held, change: Change, at: datetime) -> bool:
        """Whether it is worth a row: another state, told now and not before, or to be told again."""
        was = self._held[change.rule].get(change.alert)
        if was is None or was.change.state is not change.state:
            return True
        if change.state is State.PENDING or change.quiet:
            return False
        again = timedelta(seconds=self._rules[change.rule].repeat_s)
        return held.told_at is None or at - held.told_at >= again

    def _remember(self, judged: list[Held], written: list[Change]) -> None:
        told = {(change.rule, change.alert): change.time for change in written if change.notification}
        for held in judged:
            alerts, key = self._held[held.change.rule], (held.change.rule, held.change.alert)
            if held.change.state is State.RESOLVED:
                alerts.pop(held.change.alert, None)
            else:
                alerts[held.change.alert] = replace(held, told_at=told.get(key, held.told_at))
