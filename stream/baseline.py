"""When a series has a baseline that is worth judging by, and until then, when it will."""

from __future__ import annotations

from typing import Any, ClassVar, Final

import numpy as np
from numpy.typing import NDArray

from windvane.stream.batch import Batch
from windvane.stream.compiled import compiled
from windvane.stream.detector import ArrayDetector, Change
from windvane.stream.evidence import at_time, evidence
from windvane.stream.series import Members
from windvane.stream.signals import Signal, SignalInfo

__all__ = ["WARM_UP", "Baseline"]

WARM_UP: Final = 64
"""Events that a detector learns from, at least, before it judges those that follow."""
_PACE_KNOWN: Final = 16


class Baseline(ArrayDetector):
    """Says of a series that it is learned, and from when on it is watched: after 64 events, as all detectors.

    It learns anew after an announced change. Neither state is an alarm.

    >>> from windvane.stream.pipeline import Pipeline
    >>> from windvane.stream.testing import batch_of
    >>> scored = Pipeline([Baseline()]).score(batch_of({"latency": 1.0} for _ in range(100)))
    >>> [(change.row, change.state) for change in scored.changes]
    [(15, 'learning'), (63, 'ready')]
    >>> scored.changes[0].evidence["says"]
    'learns from its first 64 events; at this pace it is watched from 22:14 UTC on'
    >>> Pipeline([Baseline()]).score(batch_of({"latency": 1.0} for _ in range(15))).changes
    []
    """

    name = "baseline"
    infos: ClassVar = {
        Signal.BASELINE: SignalInfo(
            unit="change of state",
            range="learning, ready",
            columns=("service_version",),
            source="definition",
            cost_us=0.1,
            doc="A series is being learned, and from when on it is watched. Not an alarm.",
        )
    }
    dtype: ClassVar = np.dtype([("seen", "i8"), ("first_us", "i8")])
    share: ClassVar = 0.0

    def follow(self, batch: Batch, members: Members) -> list[Change]:
        """See `ArrayDetector.follow`."""
        times = batch.times_us()
        found = np.zeros(len(members.rows), np.uint8)
        since = np.zeros(len(members.rows), np.int64)
        _follow(self.state, members.rows, members.series, members.begins, times, found, since)
        changes = []
        for at in np.flatnonzero(found):
            row = int(members.rows[at])
            learning = found[at] == _PACE_KNOWN
            begun, now = int(since[at]), int(times[row])
            each = (now - begun) / (_PACE_KNOWN - 1)
            told = (
                f"learns from its first {WARM_UP} events; at this pace it is watched from"
                f" {at_time(begun + round(each * WARM_UP), seconds=False)} on"
                if learning
                else f"is watched: its baseline is made of {WARM_UP} events since {at_time(begun, seconds=False)}"
            )
            changes.append(
                Change(
                    row,
                    int(members.series[at]),
                    Signal.BASELINE,
                    "learning" if learning else "ready",
                    begun,
                    evidence("events", told, baseline_n=int(found[at])),
                )  # fmt: skip
            )
        return changes


@compiled
def _follow(
    state: Any, rows: NDArray[np.int64], series: NDArray[np.int64], begins: NDArray[np.bool_],
    times: NDArray[np.int64], found: NDArray[np.uint8], since: NDArray[np.int64],
) -> None:  # fmt: skip
    """Write into `found` how many events a series has where that is to be told, and into `since` when it began."""
    for at in range(len(rows)):
        held = state[series[at]]
        if begins[at]:
            held.seen = 0
        if held.seen == 0:
            held.first_us = times[rows[at]]
        held.seen += 1
        if held.seen == _PACE_KNOWN or held.seen == WARM_UP:
            found[at] = held.seen
            since[at] = held.first_us
