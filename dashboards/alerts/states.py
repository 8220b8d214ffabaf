"""The states of one rule's alerts, all of its series at once: idle, pending, firing, and idle again."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from windvane.dashboards.alerts.rule import Condition

__all__ = ["IDLE", "Moves", "Phases", "Tests", "tests_of"]

IDLE, PENDING, FIRING = 0, 1, 2

_Floats = npt.NDArray[np.float64]
_Bools = npt.NDArray[np.bool_]
_Ids = npt.NDArray[np.intp]

_OPS: Final[dict[str, Callable[[Any, Any], Any]]] = {
    ">": np.greater, ">=": np.greater_equal, "<": np.less, "<=": np.less_equal, "==": np.equal, "!=": np.not_equal,
}  # fmt: skip
_LASTS: Final = {">": ">=", ">=": ">=", "<": "<=", "<=": "<="}


@dataclass(frozen=True, slots=True)
class Tests:
    """What begins an alert, and what lets it last. NaN, an unknown value, does neither."""

    begins: Callable[[_Floats], _Bools]
    lasts: Callable[[_Floats], _Bools]
    high: bool
    """Of two values, whether the higher one is the worse."""


def tests_of(condition: Condition) -> Tests:
    """Return a condition's tests over arrays.

    >>> import numpy as np
    >>> tests = tests_of(Condition(">", 5.0, clears=3.0))
    >>> values = np.array([6.0, 4.0, 3.0, 2.0, np.nan])
    >>> tests.begins(values).tolist(), tests.lasts(values).tolist()
    ([True, False, False, False, False], [True, True, True, False, False])
    """
    begins = _test(condition.op, condition.limit)
    lasts = begins
    if condition.clears is not None and condition.op in _LASTS:
        lasts = _test(_LASTS[condition.op], condition.clears)
    return Tests(begins, lasts, not condition.op.startswith("<"))


def _test(op: str, limit: float) -> Callable[[_Floats], _Bools]:
    compare = _OPS[op]
    if op == "!=":
        return lambda values: compare(values, limit) & ~np.isnan(values)
    return lambda values: compare(values, limit)


@dataclass(frozen=True, slots=True)
class Moves:
    """The series, by number, whose state a step has changed."""

    pending: list[int]
    dropped: list[int]
    """Pending before, and no longer; they have never fired."""
    fired: list[int]
    resolved: list[int]


_NONE: Final = Moves([], [], [], [])


class Phases:
    """State by series: a small number and two times each. Series are numbered by their owner."""

    def __init__(self, for_s: float, keep_firing_s: float) -> None:
        self._for_us, self._keep_us = round(for_s * 1e6), round(keep_firing_s * 1e6)
        self.phase = np.zeros(0, np.int8)
        self.since = np.zeros(0, np.int64)
        """When the condition was first met, of those that are not idle; microseconds since 1970."""
        self._met_at = np.zeros(0, np.int64)
        self.open = 0
        """How many are not idle."""

    def grow(self, size: int) -> None:
        """Have at least `size` series; new ones are idle."""
        if (more := size - len(self.phase)) > 0:
            self.phase = np.append(self.phase, np.zeros(more, np.int8))
            self.since, self._met_at = (np.append(a, np.zeros(more, np.int64)) for a in (self.since, self._met_at))

    def keep(self, kept: _Ids) -> None:
        """Forget all series but `kept`, which are numbered anew in that order."""
        self.phase, self.since, self._met_at = self.phase[kept], self.since[kept], self._met_at[kept]

    def restore(self, series: int, phase: int, since: int, met_at: int) -> None:
        """Set the state of one series as it was before a restart."""
        self.grow(series + 1)
        self.open += int(self.phase[series] == IDLE)
        self.phase[series], self.since[series], self._met_at[series] = phase, since, met_at

    def step(self, begins: _Bools, lasts: _Bools, at: int) -> Moves:
        """Judge every series at `at`. The clock may have gone back: then what was later is taken as now."""
        if not self.open and not begins.any():
            return _NONE
        self.grow(len(begins))
        was = self.phase
        idle, pending, firing = was == IDLE, was == PENDING, was == FIRING
        np.minimum(self.since, at, out=self.since)
        np.minimum(self._met_at, at, out=self._met_at)
        begun = idle & begins
        self.since[begun] = at
        self._met_at[begins | (firing & lasts)] = at
        fired = (begun | (pending & begins)) & (at - self.since >= self._for_us)
        dropped = pending & ~begins
        resolved = firing & ~lasts & (at - self._met_at >= self._keep_us)
        now = was.copy()
        now[begun] = PENDING
        now[fired] = FIRING
        now[dropped | resolved] = IDLE
        self.phase = now
        self.open = int(np.count_nonzero(now))
        return Moves(*(np.flatnonzero(which).tolist() for which in (begun & ~fired, dropped, fired, resolved)))
