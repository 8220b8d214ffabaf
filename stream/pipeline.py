"""The pipeline: a batch in, its event signals and series changes out. Knows neither the log nor the store."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from windvane.collectors.block import Page
from windvane.stream.batch import Batch
from windvane.stream.boundaries import Boundaries
from windvane.stream.detector import Change, Detector, EventSignal, LearnedSignal, Said
from windvane.stream.fired import Fired
from windvane.stream.recent import Recent
from windvane.stream.series import Members, Series, SeriesIndex
from windvane.stream.state import Stateful

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

    A signal or a detector that fails, or says what cannot be stored, is passed over for these events, counted in
    `failures` and said in the log: the events are stored all the same. Signals get a large batch in parts.
    """

    def __init__(
        self,
        detectors: Iterable[Detector],
        signals: Iterable[EventSignal] = (),
        learned: Iterable[LearnedSignal] = (),
        segments: Sequence[str] = (),
    ) -> None:
        """`segments`: the tags whose values are watched as series of their own, too."""
        self.index = SeriesIndex(segments)
        self._boundaries, self._recent = Boundaries(), Recent()
        self._fired = Fired() if segments else None
        self.detectors = list(detectors)
        self.signals = list(signals)
        self.learned = list(learned)
        self.failures: dict[str, int] = {}

    def score(self, batch: Batch) -> Scored:
        """Take a batch in. The same batches in the same order give the same answers."""
        members = self.members(batch)
        own = members.series[np.flatnonzero(np.diff(members.rows, prepend=-1))]
        said: dict[str, list[tuple[Said, bool]]] = {name: [] for name in self._names()}
        for start, part in batch.parts():
            for signal in self.signals:
                said[signal.name].append(self._ask(signal.name, len(part), partial(signal.score, part)))
            for learned in self.learned:
                said[learned.name].append(self._ask_learned(learned, start, part, own))
        whole = {name: _joined(parts) for name, parts in said.items() if any(heard for _, heard in parts)}
        notes = {name: one for name, one in whole.items() if isinstance(one, pa.Array)}
        values = {name: one for name, one in whole.items() if name not in notes}
        batch.tell(values)
        return Scored(batch, values, notes, self._detect(batch, members), self.index.keys)

    def members(self, batch: Batch) -> Members:
        """Return which events are of which series; new ones get their number."""
        before = len(self.index.keys)
        rows, series = self.index.assign(batch)
        count = len(self.index.keys)
        known = np.maximum.accumulate(np.maximum(series + 1, before)) if len(series) else series
        return Members(rows, series, known, self._boundaries.mark(batch, rows, series, count), count, self.index.keys)

    def _names(self) -> list[str]:
        return [signal.name for signal in self.signals] + [signal.name for signal in self.learned]

    def _ask_learned(
        self, signal: LearnedSignal, start: int, part: Batch, series: NDArray[np.int64]
    ) -> tuple[Said, bool]:
        numbers = series[start : start + len(part)]
        return self._ask(signal.name, len(part), partial(signal.score, part, numbers, len(self.index.keys)))

    def _ask(self, name: str, count: int, score: Callable[[], Said]) -> tuple[Said, bool]:
        """Return what a signal says of `count` events, and whether it could: if it fails, nothing of any."""
        try:
            said = score()
            return (_notes(said, count) if isinstance(said, pa.Array) else _numbers(said, count)), True
        except Exception:
            self._failed(name, "its value is absent for these events")
            return np.full(count, np.nan), False

    def _detect(self, batch: Batch, members: Members) -> list[Change]:
        changes: list[Change] = []
        if not len(batch):
            return changes
        for detector in self.detectors:
            try:
                found = detector.update(batch, members)
                changes += _in_place(found, len(batch), members.count)
            except Exception:
                self._failed(detector.name, "its changes in this batch are lost")
        changes.sort(key=lambda change: (change.row, change.series, change.signal, str(change.evidence.get("feature"))))
        changes = self._recent.name_events(batch, members, changes)
        if self._fired:
            changes = self._fired.name_segments(changes, members.keys)
        self._recent.take(batch, members)
        return changes

    def _failed(self, name: str, so: str) -> None:
        if name not in self.failures:
            _log.exception("%s failed: %s; it is tried again with the next", name, so)
        self.failures[name] = self.failures.get(name, 0) + 1

    def pages(self, *, whole: bool) -> Iterator[Page]:
        """Yield the state that has changed since it was last asked for; all of it if `whole`."""
        for number, data in self.index.pages(whole=whole):
            yield Page(self.index.kind, number, data)
        for kind, holder in self._holders():
            try:
                found = list(holder.pages(whole=whole))
            except Exception:
                self._failed(holder.name, "its state is not saved")
            else:
                yield from (Page(kind, number, data) for number, data in found)

    def load(self, pages: Sequence[Page]) -> None:
        """Take the pages of a snapshot."""
        self.index.load((page.number, page.data) for page in pages if page.kind == self.index.kind)
        for kind, holder in self._holders():
            try:
                holder.load([(page.number, page.data) for page in pages if page.kind == kind])
            except Exception:
                self._failed(holder.name, "its saved state cannot be read, and it starts to learn anew")

    def _holders(self) -> Iterator[tuple[str, Stateful]]:
        yield "series/boundaries", self._boundaries
        yield "series/recent", self._recent
        if self._fired:
            yield "series/fired", self._fired
        for detector in self.detectors:
            yield f"detector/{detector.name}", detector
        for signal in self.learned:
            yield f"signal/{signal.name}", signal


def _joined(parts: Sequence[tuple[Said, bool]]) -> Said:
    """Return what was said of the parts of a batch as one: notes, if there are any."""
    said = [one for one, _ in parts]
    if any(isinstance(one, pa.Array) for one in said):
        return pa.concat_arrays([one if isinstance(one, pa.Array) else pa.nulls(len(one), pa.string()) for one in said])
    return np.concatenate(said)


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
