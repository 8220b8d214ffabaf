"""The doors of the scoring: signals of an event, detectors over series. One signal or detector per file.

To add one: write its file, name it in `signals.py`, register it in `registry.py`, show in its doctest where it speaks
and where it stays silent. The conformance suite finds it by itself. What several signals need of a batch, such as the
answers' tokens, is a function of the batch that they all ask for through `Batch.derived`.
"""

from __future__ import annotations

import logging
from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Final, Literal

import msgspec
import numpy as np
import pyarrow as pa
import zstandard
from numpy.typing import NDArray

from windvane.stream.batch import Batch
from windvane.stream.series import Run

__all__ = ["ArrayDetector", "Change", "Detector", "EventSignal"]

_log: Final = logging.getLogger("windvane.stream")


class EventSignal(ABC):
    """What is said of every event by itself: a number, or a note. Made without parameters."""

    name: str
    """Its name among the event's signals."""

    @abstractmethod
    def score(self, batch: Batch) -> NDArray[np.float64] | pa.Array:
        """Return one number per event, float64 (n,), NaN where the event lacks what the signal needs.

        Or one note per event, a string array (n,), null where there is nothing to note: a label; or JSON, for spans
        `[[12, 40]]`, begin and end in characters. What is said of an event depends on that event alone.
        """


@dataclass(frozen=True, slots=True)
class Change:
    """A series signal changes its state at one event: `row` is its place in the batch. `evidence` is stored as JSON."""

    row: int
    series: int
    signal: str
    state: Literal["fired", "recovered"]
    since_us: int
    """When the change began, by estimate; not when it was noticed."""
    evidence: Mapping[str, Any]


class Detector(ABC):
    """Watches all series of one partition. Its state is all it remembers: no clock, no randomness without a seed."""

    name: str
    """Its name in the settings; also that of its saved state."""

    @abstractmethod
    def update(self, batch: Batch, layout: Sequence[Run], count: int) -> list[Change]:
        """Take a batch in and return the changes of state in it, in any order.

        `layout` holds the batch's events by series; `count` is the number of series there are by now. How a log is cut
        into batches must not change what is returned.
        """

    @abstractmethod
    def pages(self, *, whole: bool) -> Iterator[tuple[int, bytes]]:
        """Yield the pages of state that have changed since they were last asked for; all of them if `whole`."""

    @abstractmethod
    def load(self, pages: Iterable[tuple[int, bytes]]) -> None:
        """Take the pages of a snapshot, all or none: one of another version's layout is passed over, and said so."""


class ArrayDetector(Detector):
    """A detector whose state is one record of a numpy dtype per series: growth, pages and loading come from here."""

    dtype: ClassVar[np.dtype[Any]]
    version: ClassVar[int] = 1
    """To be raised when a field of `dtype` keeps its name and changes its meaning."""
    page_size: ClassVar[int] = 256

    def __init__(self) -> None:
        self.state = np.zeros(0, dtype=self.dtype)
        self._count = 0
        self._dirty = np.zeros(0, dtype=bool)

    @abstractmethod
    def step(self, state: NDArray[Any], batch: Batch, run: Run) -> list[Change]:
        """Take the events of `run` in. `state` holds a record per series of the run: change it in place."""

    def update(self, batch: Batch, layout: Sequence[Run], count: int) -> list[Change]:
        """See `Detector.update`."""
        self._grow(count)
        changes: list[Change] = []
        for run in layout:
            state = self.state[run.series]
            changes += self.step(state, batch, run)
            self.state[run.series] = state
            self._dirty[run.series // self.page_size] = True
        return changes

    def _grow(self, count: int) -> None:
        if count > len(self.state):
            size = max(count, 2 * len(self.state), self.page_size)
            state = np.zeros(size, dtype=self.dtype)
            state[: len(self.state)] = self.state
            dirty = np.zeros(-(-size // self.page_size), dtype=bool)
            dirty[: len(self._dirty)] = self._dirty
            self.state, self._dirty = state, dirty
        self._count = max(self._count, count)

    def pages(self, *, whole: bool) -> Iterator[tuple[int, bytes]]:
        """See `Detector.pages`."""
        used = -(-self._count // self.page_size)
        for page in range(used) if whole else np.flatnonzero(self._dirty[:used]).tolist():
            records = self.state[page * self.page_size : min((page + 1) * self.page_size, self._count)]
            yield page, zstandard.compress(msgspec.msgpack.encode((self._layout(), records.tobytes())), 1)
        self._dirty[:] = False

    def load(self, pages: Iterable[tuple[int, bytes]]) -> None:
        """See `Detector.load`."""
        read = [
            (page, *msgspec.msgpack.decode(zstandard.decompress(data), type=tuple[str, bytes])) for page, data in pages
        ]
        if any(layout != self._layout() for _, layout, _ in read):
            _log.warning("%s: saved state is of another version; it starts to learn anew", self.name)
            return
        for page, _, raw in read:
            records = np.frombuffer(raw, dtype=self.dtype)
            self._grow(page * self.page_size + len(records))
            self.state[page * self.page_size : page * self.page_size + len(records)] = records

    def _layout(self) -> str:
        return f"{self.version} {self.page_size} {self.dtype.descr}"
