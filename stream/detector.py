"""The doors of the scoring: signals of an event, detectors over series. One idea per file.

To add one: name it in `signals.py`, write its file with its `SignalInfo` and a doctest that shows where it speaks and
where it stays silent, register it in `registry.py`. The conformance suite finds it by itself. What several signals need
of a batch, such as the answers' words, is a function of the batch that they all ask for through `Batch.derived`.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Literal, TypeAlias

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from windvane.stream.batch import Batch
from windvane.stream.series import Members
from windvane.stream.signals import SignalInfo
from windvane.stream.state import ArrayState, Stateful

__all__ = ["ArrayDetector", "Change", "Detector", "EventSignal", "FunctionSignal", "LearnedSignal", "Said", "State"]

Said: TypeAlias = NDArray[np.float64] | pa.Array
"""One number per event, float64 (n,), NaN where the event lacks what the signal needs.

Or one note per event, a string array (n,), null where there is nothing to note: a label; or JSON, for spans
`[[12, 40]]`, begin and end in characters.
"""


class EventSignal(ABC):
    """What is said of every event by itself: a number, or a note. Made without parameters."""

    name: str
    """Its name among the event's signals."""
    info: ClassVar[SignalInfo]
    """What it is. One of an installed package may leave it out."""

    @abstractmethod
    def score(self, batch: Batch) -> Said:
        """Return what is said of each event. It depends on that event alone."""


class FunctionSignal(EventSignal):
    """A signal that is one function of a batch: how an installed package brings one without a class."""

    def __init__(self, name: str, function: Callable[[Batch], Said]) -> None:
        self.name, self._function = name, function

    def score(self, batch: Batch) -> Said:
        """See `EventSignal.score`."""
        return self._function(batch)


class LearnedSignal(Stateful):
    """What is said of an event in the light of those before it: a number, or a note. Made without parameters."""

    info: ClassVar[SignalInfo]
    """What it is. One of an installed package may leave it out."""

    @abstractmethod
    def score(self, batch: Batch, series: NDArray[np.int64], count: int) -> Said:
        """Take a batch in and return what is said of each event.

        `series` int64 (n,) is the number of each event's series, of `count` by now. It depends on that event and on
        those of its partition that came before it, as the signal says; not on how the log is cut into batches.
        """


State: TypeAlias = Literal["fired", "recovered", "accepted", "learning", "ready"]
"""What has fired recovers or is accepted as the new normal; a series is being learned, or ready to be judged."""


@dataclass(frozen=True, slots=True)
class Change:
    """A series signal changes its state at one event: `row` is its place in the batch. `evidence` is stored as JSON."""

    row: int
    series: int
    signal: str
    state: State
    since_us: int
    """When the change began, by estimate; not when it was noticed."""
    evidence: Mapping[str, Any]
    """What `windvane.stream.evidence.evidence` returns."""


class Detector(Stateful):
    """Watches all series of one partition. Its name is also that in the settings."""

    infos: ClassVar[Mapping[str, SignalInfo]]
    """What its signals are, by name. One of an installed package may leave it out."""
    share: ClassVar[float] = 1.0
    """Its part of the budget of false alarms, beside the others' parts; 0 if it tells facts, which are never false."""
    alarms_per_week: float = 1.0
    """The false alarms that it may raise over all series of this partition together. Set before it is first asked."""

    @abstractmethod
    def update(self, batch: Batch, members: Members) -> list[Change]:
        """Take a batch in and return the changes of state in it, in any order.

        `members` says which events are of which series. `batch.signal` has what the event signals say. How a log is cut
        into batches must not change what is returned. A signal of a series that has fired, told apart by its evidence's
        `feature`, does not fire again before it has recovered or is accepted.
        """


class ArrayDetector(ArrayState, Detector):
    """A detector whose state is one record of a numpy dtype per series: growth, saving and loading come from here."""

    @abstractmethod
    def follow(self, batch: Batch, members: Members) -> list[Change]:
        """Do what `Detector.update` does.

        `state[number]` is the record of a series, all zeros at first: to be changed in place, by a loop over the
        memberships that is `compiled`.
        """

    def update(self, batch: Batch, members: Members) -> list[Change]:
        """See `Detector.update`."""
        self._grow(members.count)
        self._dirty[members.series // self.page_size] = True
        return self.follow(batch, members)
