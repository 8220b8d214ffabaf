"""One test of a rule: what goes into the store and when, and which alerts must fire at which moments."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

from windvane.cli.alerts.feed import Feed
from windvane.cli.alerts.throwaway import emptied
from windvane.dashboards.alerts.book import Book
from windvane.dashboards.alerts.change import Change, State
from windvane.dashboards.alerts.durations import duration
from windvane.dashboards.alerts.evaluator import Evaluator
from windvane.dashboards.alerts.rule import Budget, Rule, RuleFile
from windvane.errors import StoreError
from windvane.storage.reader import Reader
from windvane.storage.store import ClickHouseStore

__all__ = ["Expected", "Trial", "run"]

_BEGINS: Final = datetime(2026, 1, 14, 12, tzinfo=UTC)
"""The moment `0m` of every test: noon, a Wednesday, in the middle of a month."""


@dataclass(frozen=True, slots=True)
class Expected:
    """Which alerts fire at a moment, by their labels; those that are empty are left out."""

    at_s: int
    firing: tuple[Mapping[str, str], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """A `[[test]]` of a file of rules. Times are in seconds from its begin, before it if they are negative."""

    name: str
    rule: str
    path: Path
    line: int
    step_s: int
    ends_s: int
    events: Sequence[tuple[float, Mapping[str, Any]]] = ()
    """Plain events; `signals` and `notes` are what is said of them."""
    changes: Sequence[tuple[float, Mapping[str, Any]]] = ()
    """Changes of state of series signals."""
    rows: Sequence[tuple[float | None, str, Mapping[str, Any]]] = ()
    """Rows of other tables; those without a time are there from the begin, as of now."""
    budgets: tuple[Budget, ...] = ()
    expected: tuple[Expected, ...] = ()
    """None where nothing at all may fire."""


@dataclass(slots=True)
class _Seen:
    """What has fired so far."""

    firing: dict[str, Mapping[str, str]] = field(default_factory=dict)
    history: list[str] = field(default_factory=list)

    def take(self, change: Change, at_s: int) -> None:
        if change.state in (State.FIRING, State.NO_DATA, State.ERROR):
            if change.alert not in self.firing:
                self.history.append(f"{_told(change.labels)} {change.state} from {_moment(at_s)}: {change.says}")
            self.firing[change.alert] = _short(change.labels)
        elif self.firing.pop(change.alert, None) is not None:
            self.history.append(f"{_told(change.labels)} {change.state} at {_moment(at_s)}")


def run(trial: Trial, rule: Rule, store: ClickHouseStore, reader: Reader) -> list[str]:
    """Return what is wrong, a line each; none where the test has passed. Empties the store; blocks.

    The rule is judged alone, at every step, over what has come in by then; who is told, and what it follows, is not.
    """
    emptied(store)
    alone = RuleFile(rules=(replace(rule, follows=(), every_s=1),), budgets=trial.budgets)
    evaluator, feed, seen = Evaluator(alone, reader, Book(store)), Feed(store, trial, _BEGINS), _Seen()
    wanted = {expected.at_s: expected.firing for expected in trial.expected}
    wrong = []
    for at_s in sorted({*range(0, trial.ends_s + 1, trial.step_s), *wanted}):
        try:
            feed.until(at_s)
        except StoreError as error:
            return [f"what it puts in is not taken: {error}"]
        for change in evaluator.round(_BEGINS + timedelta(seconds=at_s)):
            seen.take(change, at_s)
            if change.state is State.ERROR:
                return [f"at {_moment(at_s)}: {change.says}"]
        if at_s in wanted and (told := _differs(wanted[at_s], seen.firing.values())):
            wrong.append(f"at {_moment(at_s)} {told}")
    if not trial.expected and seen.history:
        wrong.append("it should be silent")
    return [f"{one}; seen: {'; '.join(seen.history) or 'nothing fired'}" for one in wrong]


def _differs(wanted: Sequence[Mapping[str, str]], firing: Iterable[Mapping[str, str]]) -> str:
    want, have = ([_told(labels) for labels in each] for each in (wanted, firing))
    missing, more = [one for one in want if one not in have], [one for one in have if one not in want]
    parts = [
        f"{', '.join(missing)} should fire" if missing else "",
        f"{', '.join(more)} should not fire" if more else "",
    ]
    return ", and ".join(part for part in parts if part)


def _short(labels: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in labels.items() if value}


def _told(labels: Mapping[str, str]) -> str:
    return "{" + ", ".join(f"{name}={value}" for name, value in sorted(_short(labels).items())) + "}"


def _moment(at_s: int) -> str:
    return f"-{duration(-at_s)}" if at_s < 0 else duration(at_s)
