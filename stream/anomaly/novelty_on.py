"""Novelty of any number of an event, by name in the settings: `novelty on latency`, `novelty(0.7) on groundedness`."""

from __future__ import annotations

import re
from typing import Any, ClassVar, Final

import numpy as np
from numpy.typing import NDArray

from windvane.collectors.event import COLUMNS, Kind
from windvane.collectors.normalize import PLACES
from windvane.errors import ConfigError
from windvane.stream.anomaly.novelty import novelty, novelty_state
from windvane.stream.batch import Batch
from windvane.stream.compiled import compiled
from windvane.stream.detector import ArrayDetector, Change
from windvane.stream.evidence import evidence
from windvane.stream.series import Members
from windvane.stream.signals import Signal

__all__ = ["NoveltyOn"]

_SPEC: Final = re.compile(r"novelty(?:\((?P<threshold>0?\.\d+)\))?\s+on\s+(?P<name>[\w.]+)")
_THRESHOLD: Final = 0.5
_QUIET: Final = 60
"""Events without another alarm after which it counts as over."""
_FIRED, _OVER = 1, 2


class NoveltyOn(ArrayDetector):
    """Fires when a series does what it never did: the score of `stream/anomaly/novelty.py`, a point for each event.

    For numbers that come at one pace, as those of a batch job do. It asks for no budget: the threshold decides.

    >>> from windvane.stream.pipeline import Pipeline
    >>> from windvane.stream.testing import batch_of
    >>> calls = [{"latency": 1 + n % 7 / 10 + 5 * (400 <= n < 410)} for n in range(600)]
    >>> changes = Pipeline([NoveltyOn("novelty on latency")]).score(batch_of(calls)).changes
    >>> [(change.row, change.state) for change in changes], changes[0].evidence["says"]
    ([(400, 'fired'), (460, 'recovered')], 'latency at 6.1 is unlike what was seen before (novelty 0.95)')
    >>> Pipeline([NoveltyOn("novelty on latency")]).score(batch_of(calls[:400])).changes
    []
    """

    dtype: ClassVar = np.dtype([*novelty_state(64).descr, ("fired", "u1"), ("quiet", "i4"), ("since", "i8")])
    share: ClassVar = 0.0

    def __init__(self, spec: str) -> None:
        """Read `spec`: a column by any of its names, or an event signal; in brackets the score that is an alarm.

        Raises:
            ConfigError: it cannot be read, or names nothing that is a number.
        """
        super().__init__()
        match = _SPEC.fullmatch(spec.strip())
        if not match:
            raise ConfigError(f"{spec!r} cannot be read. Write it as 'novelty on latency' or 'novelty(0.7) on ttft'")
        self.name, self._feature = spec, match["name"]
        self._threshold = float(match["threshold"] or _THRESHOLD)
        place = PLACES.get(self._feature)
        self._column = None if place is None else COLUMNS[place]
        known = self._column.kind in (Kind.COUNT, Kind.NUMBER, Kind.SECONDS) if self._column else False
        if not known and self._feature not in set(Signal):
            raise ConfigError(
                f"{spec!r}: {self._feature!r} is no number of an event. latency, ttft and groundedness are"
            )

    def follow(self, batch: Batch, members: Members) -> list[Change]:
        """See `ArrayDetector.follow`."""
        values = batch.numbers(self._column.name) if self._column else batch.signal(self._feature)
        own, times = values[members.rows], batch.times_us()[members.rows]
        scores, states = np.zeros(len(own)), np.zeros(len(own), np.uint8)
        novelty(self.state, members.series, own, times, scores)
        since = np.zeros(len(own), np.int64)
        _settle(self.state, members.series, own, times, scores, self._threshold, states, since)
        return [
            self._change(members, at, int(states[at]), float(own[at]), float(scores[at]), int(since[at]))
            for at in np.flatnonzero(states).tolist()
        ]

    def _change(self, members: Members, at: int, state: int, value: float, score: float, since: int) -> Change:
        says = f"{self._feature} at {value:.6g} is unlike what was seen before (novelty {score:.2f})"
        if state == _OVER:
            says = f"{self._feature}: nothing new in {_QUIET} events"
        told = evidence(self._feature, says, current=value, current_n=1)
        row, series = int(members.rows[at]), int(members.series[at])
        return Change(row, series, Signal.ANOMALY, "fired" if state == _FIRED else "recovered", since, told)


@compiled
def _settle(
    state: Any, series: NDArray[np.int64], values: NDArray[np.float64], times: NDArray[np.int64],
    scores: NDArray[np.float64], threshold: float, states: NDArray[np.uint8], since: NDArray[np.int64],
) -> None:  # fmt: skip
    """Write what becomes of each series at each event into `states`: 0 where nothing does."""
    for at in range(len(series)):
        if np.isnan(values[at]):
            continue
        held = state[series[at]]
        held.quiet += 1
        if scores[at] >= threshold:
            held.quiet = 0
            if not held.fired:
                held.fired, held.since = 1, times[at]
                states[at] = _FIRED
        elif held.fired and held.quiet >= _QUIET:
            held.fired = 0
            states[at] = _OVER
        since[at] = held.since
