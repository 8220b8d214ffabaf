"""A detector of one's own: the share of failed calls, per series, with a memory of about 20 calls."""

from __future__ import annotations

from typing import Any, ClassVar, Final

import numpy as np
from numpy.typing import NDArray

from windvane.stream.batch import Batch
from windvane.stream.detector import ArrayDetector, Change
from windvane.stream.series import Run

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

    def step(self, state: NDArray[Any], batch: Batch, run: Run) -> list[Change]:
        """See `ArrayDetector.step`: some series side by side, one after the other of their events."""
        failed = batch.arrow("error_type").is_valid().to_numpy(zero_copy_only=False)[run.rows]
        times = batch.times_us()[run.rows]
        changes = []
        for column in range(run.rows.shape[1]):
            there = run.mask[:, column]
            share = state["share"] + _WEIGHT * (failed[:, column] - state["share"])
            state["share"] = np.where(there, share, state["share"])
            fires = there & ~state["fired"] & (state["share"] > _FIRES)
            recovers = there & state["fired"] & (state["share"] < _RECOVERS)
            state["since"] = np.where(fires, times[:, column], state["since"])
            state["fired"] ^= fires | recovers
            for place in np.flatnonzero(fires | recovers):
                changes.append(self._change(state[place], int(run.rows[place, column]), int(run.series[place])))
        return changes

    def _change(self, record: Any, row: int, series: int) -> Change:
        evidence = {
            "feature": "error_type",
            "share": round(float(record["share"]), 3),
            "says": f"{record['share']:.0%} of the last calls failed",
        }
        since = int(record["since"])
        return Change(row, series, self.name, "fired" if record["fired"] else "recovered", since, evidence)
