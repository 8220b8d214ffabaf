"""A detector of one's own: the share of failed calls, per series, with a memory of about 20 calls."""

from __future__ import annotations

from typing import Any, ClassVar, Final

import numpy as np
from numpy.typing import NDArray

from windvane.stream.batch import Batch
from windvane.stream.compiled import compiled
from windvane.stream.detector import ArrayDetector, Change
from windvane.stream.evidence import evidence
from windvane.stream.series import Members

__all__ = ["ErrorBurst"]

_WEIGHT: Final = 0.05
_FIRES: Final = 0.25
_RECOVERS: Final = 0.05


class ErrorBurst(ArrayDetector):
    """Fires when more than a quarter of the last calls failed; recovers below one in twenty.

    >>> from windvane.stream.pipeline import Pipeline
    >>> from windvane.stream.testing import batch_of
    >>> calls = [{"error": "500"} if 100 <= n < 130 else {"response": "hi"} for n in range(300)]
    >>> changes = Pipeline([ErrorBurst()]).score(batch_of(calls)).changes
    >>> [(change.row, change.state) for change in changes]
    [(105, 'fired'), (183, 'recovered')]
    >>> Pipeline([ErrorBurst()]).score(batch_of({"response": "hi"} for _ in range(1000))).changes
    []
    """

    name = "error_burst"
    # All that is remembered of a series. It is saved and restored by windvane.
    dtype: ClassVar = np.dtype([("share", "f8"), ("fired", "?"), ("since", "i8")])

    def follow(self, batch: Batch, members: Members) -> list[Change]:
        """See `ArrayDetector.follow`."""
        failed = batch.arrow("error_type").is_valid().to_numpy(zero_copy_only=False)
        share, since = np.full(len(members.rows), np.nan), np.zeros(len(members.rows), np.int64)
        _follow(self.state, members.rows, members.series, failed, batch.times_us(), share, since)
        return [
            self._change(int(members.rows[at]), int(members.series[at]), float(share[at]), int(since[at]))
            for at in np.flatnonzero(~np.isnan(share))
        ]

    def _change(self, row: int, series: int, share: float, since: int) -> Change:
        told = evidence("error_type", f"{share:.0%} of the last calls failed", current=share)
        return Change(row, series, self.name, "fired" if share > _FIRES else "recovered", since, told)


# A loop over events, as fast as C: `share` has a number where the state of a series changes.
@compiled
def _follow(state: Any, rows: NDArray[np.int64], series: NDArray[np.int64], failed: NDArray[np.bool_],
            times: NDArray[np.int64], share: NDArray[np.float64], since: NDArray[np.int64]) -> None:  # fmt: skip
    for at in range(len(rows)):
        held, row = state[series[at]], rows[at]
        held.share += _WEIGHT * (failed[row] - held.share)
        fires = not held.fired and held.share > _FIRES
        if fires:
            held.since = times[row]
        if fires or (held.fired and held.share < _RECOVERS):
            held.fired = fires
            share[at], since[at] = held.share, held.since
