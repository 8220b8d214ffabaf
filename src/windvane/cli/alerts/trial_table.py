"""From `[[test]]` tables of files of rules to tests."""

from __future__ import annotations

import tomllib
from collections.abc import Collection, Iterator, Mapping, Sequence
from math import ceil
from pathlib import Path
from typing import Any, Final

from windvane.cli.alerts.trial import Expected, Trial
from windvane.collectors.normalize import PLACES, normalize
from windvane.dashboards.alerts.cells import Cells, Faults, nearest
from windvane.dashboards.alerts.durations import seconds
from windvane.dashboards.alerts.other_tables import budget_of
from windvane.dashboards.alerts.places import Places
from windvane.errors import ConfigError, EventRefused
from windvane.stream.signals import Signal

__all__ = ["trials_of"]

_KEYS: Final = ("name", "rule", "step", "ends", "calls", "changes", "rows", "budgets", "expect", "silent")
_TIMES: Final = ("from", "to", "every")
_CHANGE: Final = ("at", "signal", "state", "service", "model", "operation", "prompt_version", "segment", "feature",
                  "says", "evidence")  # fmt: skip
_MOST: Final = 100_000
"""Calls of one test: more is a mistake in a length of time."""


def trials_of(paths: Sequence[Path], rules: Collection[str]) -> list[Trial]:
    """Return the tests of these files, which `load` has read without a fault; `rules` are the names that there are.

    Raises:
        ConfigError: a line for each fault of all files.
    """
    faults, found = Faults(), []
    for path in paths:
        text = path.read_text(encoding="utf-8")
        document, places = tomllib.loads(text), Places(text)
        own = [rule["name"] for rule in document.get("rule", [])]
        for index, table in enumerate(document.get("test", [])):
            cells = Cells(faults, path, places, "test", index, table)
            found.append(_Reading(cells, places.line("test", index)).trial(own, rules))
    if faults.lines:
        raise ConfigError(faults.told())
    return found


class _Reading:
    """Reads one table."""

    def __init__(self, cells: Cells, line: int) -> None:
        self._cells, self._line = cells, line

    def trial(self, own: Sequence[str], rules: Collection[str]) -> Trial:
        cells = self._cells
        cells.known(_KEYS)
        step_s = cells.duration("step", 60, 1)
        events = list(self._events())
        changes = [(self._moment("changes", one, "at"), one) for one in self._changes()]
        rows = list(self._rows())
        expected = tuple(self._expected())
        if ("expect" in cells) == bool(cells.raw("silent", bool, default=False)):
            remedy = "give it expect = [{at = …, firing = […]}] or silent = true, and not both"
            cells.fault("", f"{cells.named()} does not say what it expects", remedy)
        last = max([300.0, *(at_s for at_s, *_ in (*events, *changes)), *(at_s or 0.0 for at_s, *_ in rows)])
        ends_s = expected[-1].at_s if expected else round(last)
        return Trial(
            name=cells.text("name", needed=True), rule=self._rule(own, rules), path=cells.path, line=self._line,
            step_s=step_s, ends_s=cells.duration("ends", ends_s), events=events, changes=changes, rows=rows,
            budgets=tuple(map(self._budget, cells.raw("budgets", list, default=[]))), expected=expected,
        )  # fmt: skip

    def _rule(self, own: Sequence[str], rules: Collection[str]) -> str:
        if "rule" not in self._cells and len(own) != 1:
            self._cells.fault("", f"{self._cells.named()} does not say which rule it is of", 'add rule = "…"')
        name = self._cells.text("rule", own[0] if own else "")
        if "rule" in self._cells and name not in rules:
            self._cells.fault("rule", f"there is no rule {name!r}", nearest(name, sorted(rules)))
        return name

    def _events(self) -> Iterator[tuple[float, dict[str, Any]]]:
        for one in self._tables("calls"):
            begin, end, every = (self._moment("calls", one, key) for key in _TIMES)
            event = {name: value for name, value in one.items() if name not in _TIMES}
            said = {name: event.pop(name) for name in ("signals", "notes") if name in event}
            for name in event:
                if name not in PLACES:
                    self._cells.fault("calls", f"an event has no field {name!r}", nearest(name, PLACES))
            try:
                normalize(event)
            except EventRefused as error:
                self._cells.fault("calls", error.detail, "see docs/reference/events.md")
            times = ceil((end - begin) / every) if every > 0 else 0
            if not 0 < times <= _MOST:
                remedy = f'write from before to, and every = "10s": at most {_MOST:,} calls'
                self._cells.fault("calls", f"these would be {times} calls", remedy)
                continue
            yield from ((begin + number * every, event | said) for number in range(times))

    def _changes(self) -> Iterator[dict[str, Any]]:
        for one in self._tables("changes"):
            for name in one:
                if name not in _CHANGE:
                    self._cells.fault("changes", f"a change has no {name!r}", nearest(name, _CHANGE))
            if one.get("signal") not in list(Signal) or one.get("state") not in ("fired", "recovered", "accepted"):
                remedy = 'give it signal = "…" and state = "fired", "recovered" or "accepted"'
                self._cells.fault("changes", f"{one} is no change", remedy)
                continue
            yield one

    def _rows(self) -> Iterator[tuple[float | None, str, dict[str, Any]]]:
        for table, rows in self._cells.raw("rows", dict, default={}).items():
            for row in rows if isinstance(rows, list) else []:
                cells = {name: value for name, value in row.items() if name not in ("at", "every", "times")}
                begin = self._moment("rows", row, "at") if "at" in row else None
                every = self._moment("rows", row, "every") if "every" in row else 0.0
                for number in range(row.get("times", 1)):
                    yield None if begin is None else begin + number * every, table, cells

    def _expected(self) -> Iterator[Expected]:
        found = []
        for one in self._tables("expect"):
            firing = one.get("firing")
            if set(one) != {"at", "firing"} or not isinstance(firing, list) or not all(map(_is_labels, firing)):
                remedy = 'write {at = "5m", firing = [{service = "shop"}]}'
                self._cells.fault("expect", f"{one} is no expectation", remedy)
                continue
            found.append(Expected(round(self._moment("expect", one, "at")), tuple(firing)))
        yield from sorted(found, key=lambda expected: expected.at_s)

    def _budget(self, table: Any) -> Any:
        return budget_of(self._cells.within("budgets", table))

    def _tables(self, key: str) -> list[dict[str, Any]]:
        found = self._cells.raw(key, list, default=[])
        if all(isinstance(one, dict) for one in found):
            return list(found)
        self._cells.fault(key, f"{key} is no list of tables", 'write [{at = "1m", …}]')
        return []

    def _moment(self, key: str, table: Mapping[str, Any], name: str) -> float:
        said = table.get(name)
        try:
            text = str(said)
            return float(-seconds(text[1:]) if text.startswith("-") else seconds(text))
        except ValueError:
            remedy = 'write a length of time from the begin of the test, as in "90s" or "-1h"'
            self._cells.fault(key, f"{name} is {said!r}", remedy)
            return 0.0


def _is_labels(labels: Any) -> bool:
    return isinstance(labels, dict) and all(isinstance(value, str) for value in labels.values())
