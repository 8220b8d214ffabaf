"""A handful of each series' events by id, for evidence: the last ones, and some from before."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, ClassVar, Final

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from windvane.stream.batch import Batch
from windvane.stream.detector import Change
from windvane.stream.series import Members
from windvane.stream.state import ArrayState

__all__ = ["Recent"]

_KEPT: Final = 8
_APART: Final = (1, 16)
"""The last eight events are kept, and the last eight of every sixteenth: a change may have begun a hundred ago."""
_BYTES: Final = 64
_SHOWN: Final = 4


class Recent(ArrayState):
    """Which events of a series came before a change and which after it."""

    name = "recent"
    dtype: ClassVar = np.dtype([("count", "i8"), ("time", "i8", (2, _KEPT)), ("id", f"S{_BYTES}", (2, _KEPT))])

    def name_events(self, batch: Batch, members: Members, changes: Sequence[Change]) -> list[Change]:
        """Return the changes with the ids of up to four events `before` and `after` in the evidence of what has fired.

        To be called before `take`.
        """
        self._grow(members.count)
        named = []
        for change in changes:
            if change.state == "fired":
                own = np.flatnonzero((members.series == change.series) & (members.rows <= change.row))
                record = self.state[change.series : change.series + 1].copy()
                _follow(record, np.zeros(len(own), np.int64), batch, members.rows[own])
                before, after = _around(record[0], change.since_us)
                change = replace(change, evidence={**change.evidence, "before": before, "after": after})
            named.append(change)
        return named

    def take(self, batch: Batch, members: Members) -> None:
        """Take the batch's events in."""
        self._grow(members.count)
        _follow(self.state, members.series, batch, members.rows)
        self._dirty[members.series // self.page_size] = True


def _follow(state: NDArray[Any], series: NDArray[np.int64], batch: Batch, rows: NDArray[np.int64]) -> None:
    order = np.argsort(series, kind="stable")
    own, at = series[order], rows[order]
    starts = np.flatnonzero(np.diff(own, prepend=-1))
    sizes = np.diff(np.append(starts, len(own)))
    number = np.arange(len(own)) - np.repeat(starts, sizes) + state["count"][own]
    state["count"][own[starts]] += sizes
    last = state["count"][own]
    times = batch.times_us()
    for ring, apart in enumerate(_APART):
        kept = np.flatnonzero((number % apart == 0) & (number >= last - _KEPT * apart))
        place = number[kept] // apart % _KEPT
        state["time"][own[kept], ring, place] = times[at[kept]]
        ids = batch.arrow("id").cast(pa.binary()).take(pa.array(at[kept])).to_pylist()
        state["id"][own[kept], ring, place] = [name if name and len(name) <= _BYTES else b"" for name in ids]


def _around(record: Any, since_us: int) -> tuple[list[str], list[str]]:
    """Return the ids of the last events before a time, and of the last since it, in the order of time."""
    found = {(int(time), name) for time, name in zip(record["time"].ravel(), record["id"].ravel(), strict=True) if name}
    told = sorted(found)
    before = [name.decode(errors="replace") for time, name in told if time < since_us]
    after = [name.decode(errors="replace") for time, name in told if time >= since_us]
    return before[-_SHOWN:], after[-_SHOWN:]
