"""The pipeline: a batch in, its event signals and series changes out. Knows neither the log nor the store."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from windvane.collectors.block import Page
from windvane.stream.batch import Batch
from windvane.stream.detector import Change, Detector, EventSignal
from windvane.stream.series import Series, SeriesIndex, runs

__all__ = ["Pipeline", "Scored"]

_log: Final = logging.getLogger("windvane.stream")


@dataclass(frozen=True, slots=True)
class Scored:
    """A batch with what was said of it: a number or a note per event and signal, the series' changes in log order."""

    batch: Batch
    values: dict[str, NDArray[np.float64]]
    notes: dict[str, pa.Array]
    changes: list[Change]
    series: Sequence[Series]


class Pipeline:
    """All signals and detectors of one partition, with their state.

    A signal or a detector that fails, or says what cannot be stored, is passed over for the batch, counted in
    `failures` and said in the log: the events are stored all the same.
    """

    def __init__(self, detectors: Iterable[Detector], signals: Iterable[EventSignal] = ()) -> None:
        self.index = SeriesIndex()
        self.detectors = list(detectors)
        self.signals = list(signals)
        self.failures: dict[str, int] = {}

    def score(self, batch: Batch) -> Scored:
        """Take a batch in. The same batches in the same order give the same answers."""
        values: dict[str, NDArray[np.float64]] = {}
        notes: dict[str, pa.Array] = {}
        for signal in self.signals:
            try:
                said = signal.score(batch)
                if isinstance(said, pa.Array):
                    notes[signal.name] = _notes(said, len(batch))
                else:
                    values[signal.name] = _numbers(said, len(batch))
            except Exception:
                self._failed(signal.name, "its value is absent for this batch")
        return Scored(batch, values, notes, self.learn(batch), self.index.keys)

    def learn(self, batch: Batch) -> list[Change]:
        """Take a batch in for the series' state alone, as `score` does: all that a stored block needs."""
        changes: list[Change] = []
        if self.detectors and len(batch):
            layout = runs(self.index.assign(batch))
            for detector in self.detectors:
                try:
                    found = detector.update(batch, layout, len(self.index.keys))
                    changes += _in_place(found, len(batch), len(self.index.keys))
                except Exception:
                    self._failed(detector.name, "its changes in this batch are lost")
        changes.sort(key=lambda change: (change.row, change.signal, str(change.evidence.get("feature", ""))))
        return changes

    def _failed(self, name: str, so: str) -> None:
        if name not in self.failures:
            _log.exception("%s failed: %s; it is tried again with the next", name, so)
        self.failures[name] = self.failures.get(name, 0) + 1

    def pages(self, *, whole: bool) -> Iterator[Page]:
        """Yield the state that has changed since it was last asked for; all of it if `whole`."""
        for number, data in self.index.pages(whole=whole):
            yield Page(self.index.kind, number, data)
        for detector in self.detectors:
            try:
                found = list(detector.pages(whole=whole))
            except Exception:
                self._failed(detector.name, "its state is not saved")
            else:
                yield from (Page(_kind(detector), number, data) for number, data in found)

    def load(self, pages: Sequence[Page]) -> None:
        """Take the pages of a snapshot."""
        self.index.load((page.number, page.data) for page in pages if page.kind == self.index.kind)
        for detector in self.detectors:
            try:
                detector.load([(page.number, page.data) for page in pages if page.kind == _kind(detector)])
            except Exception:
                self._failed(detector.name, "its saved state cannot be read, and it starts to learn anew")


def _kind(detector: Detector) -> str:
    return f"detector/{detector.name}"


def _numbers(said: Any, count: int) -> NDArray[np.float64]:
    numbers = np.asarray(said, np.float64)
    if numbers.shape != (count,):
        raise ValueError(f"{numbers.shape} numbers for {count} events")
    return numbers


def _notes(said: pa.Array, count: int) -> pa.Array:
    if len(said) != count:
        raise ValueError(f"{len(said)} notes for {count} events")
    return said.cast(pa.string())


def _in_place(changes: list[Change], rows: int, series: int) -> list[Change]:
    for change in changes:
        if not (0 <= change.row < rows and 0 <= change.series < series):
            raise ValueError(f"row {change.row} of {rows}, series {change.series} of {series}")
    return changes
