"""Announced changes: a new release of a service begins a series anew."""

from __future__ import annotations

from typing import Any, ClassVar, Final

import numpy as np
from numpy.typing import NDArray

from windvane.stream.batch import Batch
from windvane.stream.compiled import compiled
from windvane.stream.state import ArrayState
from windvane.stream.text.hashes import column_hashes

__all__ = ["Boundaries"]

_REMEMBERED: Final = 4


class Boundaries(ArrayState):
    """Which events are the first of their series after a change that the app has announced.

    It announces one by a `service.version` that the series did not have before: old and new releases that answer side
    by side are one change. The last four releases are remembered. A new prompt version is a series of its own.
    """

    name = "boundaries"
    dtype: ClassVar = np.dtype([("versions", "u8", (_REMEMBERED,)), ("next", "u1")])

    def mark(self, batch: Batch, rows: NDArray[np.int64], series: NDArray[np.int64], count: int) -> NDArray[np.bool_]:
        """Take memberships in and return which of them begin their series anew, bool (m,)."""
        self._grow(count)
        begins = np.zeros(len(rows), np.bool_)
        _mark(self.state, rows, series, column_hashes(batch, "service_version"), begins)
        self._dirty[series // self.page_size] = True
        return begins


@compiled
def _mark(state: Any, rows: NDArray[np.int64], series: NDArray[np.int64], versions: NDArray[np.uint64],
          begins: NDArray[np.bool_]) -> None:  # fmt: skip
    for at in range(len(rows)):
        version = versions[rows[at]]
        if version == 0:
            continue
        held = state[series[at]]
        known = False
        for place in range(_REMEMBERED):
            known |= held.versions[place] == version
        if not known:
            begins[at] = held.versions[0] != 0
            held.versions[held.next] = version
            held.next = (held.next + 1) % _REMEMBERED
