"""How surprising an answer was, beside what is usual for its model."""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar, Final

import numpy as np
from numpy.typing import NDArray

from windvane.stream.batch import Batch
from windvane.stream.detector import LearnedSignal
from windvane.stream.features.uncertainty.tokens import mean, surprises
from windvane.stream.series import runs
from windvane.stream.signals import Signal, SignalInfo
from windvane.stream.state import ArrayState
from windvane.stream.text.hashes import column_hashes, mixed

__all__ = ["SurpriseForModel"]

_WARM_UP: Final = 50
_LEAST: Final = 0.01
"""Nats per token, added before the logarithm: an answer may be certain."""
_FLOOR: Final = 0.05


class SurpriseForModel(ArrayState, LearnedSignal):
    """The mean surprise of an answer in deviations from the usual one of its service and model.

    On logarithms, whose spread one odd answer hardly moves. Silent while it learns from the first 50 answers.

    >>> from windvane.stream.testing import batch_of
    >>> usual = [{"model": "m", "logprobs": [-0.3 - number % 5 / 10]} for number in range(60)]
    >>> events = [*usual, {"model": "m", "logprobs": [-3.0]}, {"model": "m"}, {"model": "new", "logprobs": [-3.0]}]
    >>> SurpriseForModel().score(batch_of(events), np.zeros(63, int), 1)[[0, 60, 61, 62]].round(1).tolist()
    [nan, 6.1, nan, nan]
    """

    name = Signal.SURPRISE_FOR_MODEL
    info = SignalInfo(
        unit="deviations",
        range="any number, 0 being usual",
        columns=("logprobs", "service_name", "gen_ai_request_model"),
        source="definition",
        cost_us=2.5,
        doc="The answer's mean surprise in deviations from what is usual for its service and model, once 50 are known.",
    )
    dtype: ClassVar = np.dtype([("model", "u8"), ("seen", "f8"), ("sum", "f8"), ("squares", "f8")])

    def __init__(self) -> None:
        super().__init__()
        self._places: dict[int, int] = {}

    def load(self, pages: Iterable[tuple[int, bytes]]) -> None:
        """See `Stateful.load`."""
        super().load(pages)
        self._places = {model: place for place, model in enumerate(self.state["model"][: self._count].tolist())}

    def score(self, batch: Batch, series: NDArray[np.int64], count: int) -> NDArray[np.float64]:
        """See `LearnedSignal.score`."""
        said = np.full(len(batch), np.nan)
        surprise = mean(batch.derived(surprises))
        rows = np.flatnonzero(~np.isnan(surprise))
        if not len(rows):
            return said
        values = np.log(surprise[rows] + _LEAST)
        for run in runs(self._models(batch, rows)):
            state = self.state[run.series]
            x = values[run.rows]
            ends = run.mask.sum(axis=1)
            seen, state["seen"] = _running(state["seen"], np.ones_like(x), ends)
            total, state["sum"] = _running(state["sum"], x, ends)
            squares, state["squares"] = _running(state["squares"], x * x, ends)
            with np.errstate(divide="ignore", invalid="ignore"):
                usual = total / seen
                spread = np.sqrt(np.maximum(squares / seen - usual * usual, 0.0) + _FLOOR * _FLOOR)
                z = np.where(seen >= _WARM_UP, (x - usual) / spread, np.nan)
            said[rows[run.rows[run.mask]]] = z[run.mask]
            self.state[run.series] = state
            self._dirty[run.series // self.page_size] = True
        return said

    def _models(self, batch: Batch, rows: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return the place in the state of the service and model of each of `rows`; new ones get the next."""
        key = np.zeros(len(rows), np.uint64)
        for name in ("service_name", "gen_ai_request_model"):
            key = mixed(key ^ column_hashes(batch, name)[rows])
        found, first, which = np.unique(key, return_index=True, return_inverse=True)
        order = np.argsort(first)
        places = np.empty(len(found), np.int64)
        places[order] = [self._places.setdefault(model, len(self._places)) for model in found[order].tolist()]
        self._grow(len(self._places))
        self.state["model"][places] = found
        return places[which]


def _running(
    start: NDArray[np.float64], steps: NDArray[np.float64], ends: NDArray[np.int64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the sums before each step along the rows, from `start` on, and each row's after its `ends`.

    One addition after the other: how a log is cut into batches does not change a bit.
    """
    sums = np.cumsum(np.concatenate([start[:, None], steps], axis=1), axis=1)
    return sums[:, :-1], sums[np.arange(len(ends)), ends]
