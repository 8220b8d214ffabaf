"""The pipeline: a batch in, its event signals and series changes out. Knows neither the log nor the store."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from windvane.collectors.block import Page
from windvane.stream.batch import Batch
from windvane.stream.detector import Change, Detector, EventSignal
from windvane.stream.series import Series, SeriesIndex, runs

__all__ = ["Pipeline", "Scored"]

_log: Final = logging.getLogger("windvane.stream")


@dataclass(frozen=True, slots=True)
class Scored:
    """A batch with what was said of it: one value per event and signal, and the series' changes in the log's order."""

    batch: Batch
    values: dict[str, NDArray[np.float64]]
    changes: list[Change]
    series: Sequence[Series]


class Pipeline:
    """All signals and detectors of one partition, with their state.

    A signal or a detector that fails is passed over for the batch, counted in `failures`, and said in the log: the
    events are stored all the same.
    """

    def __init__(self, detectors: Iterable[Detector], signals: Iterable[EventSignal] = ()) -> None:
        self.index = SeriesIndex()
        self.detectors = list(detectors)
        self.signals = list(signals)
        self.failures: dict[str, int] = {}

    def score(self, batch: Batch) -> Scored:
        """Take a batch in. The same batches in the same order give the same answers."""
        values: dict[str, NDArray[np.float64]] = {}
        for signal in self.signals:
            try:
                values[signal.name] = signal.score(batch)
            except Exception:
                self._failed(signal.name)
        changes: list[Change] = []
        if self.detectors and len(batch):
            layout = runs(self.index.assign(batch))
            for detector in self.detectors:
                try:
                    changes += detector.update(batch, layout, len(self.index.keys))
                except Exception:
                    self._failed(detector.name)
        changes.sort(key=lambda change: (change.row, change.signal, str(change.evidence.get("feature", ""))))
        return Scored(batch, values, changes, self.index.keys)

    def _failed(self, name: str) -> None:
        if name not in self.failures:
            _log.exception("%s failed; its value is absent for this batch, and it is tried again with the next", name)
        self.failures[name] = self.failures.get(name, 0) + 1

    def pages(self, *, whole: bool) -> Iterator[Page]:
        """Yield the state that has changed since it was last asked for; all of it if `whole`."""
        for number, data in self.index.pages(whole=whole):
            yield Page(self.index.kind, number, data)
        for detector in self.detectors:
            for number, data in detector.pages(whole=whole):
                yield Page(f"detector/{detector.name}", number, data)

    def load(self, pages: Sequence[Page]) -> None:
        """Take the pages of a snapshot."""
        self.index.load((page.number, page.data) for page in pages if page.kind == self.index.kind)
        for detector in self.detectors:
            kind = f"detector/{detector.name}"
            detector.load((page.number, page.data) for page in pages if page.kind == kind)
