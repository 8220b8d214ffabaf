"""Streams of events through the answer drift detector: many shuffles side by side, each a series of its own."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final, cast

import numpy as np
from numpy.typing import NDArray

from benchmarks.drift_sets import Answers
from windvane.stream.batch import Batch
from windvane.stream.budget import WEEK_US
from windvane.stream.detector import Change
from windvane.stream.drift.answers.answer_drift import AnswerDrift
from windvane.stream.drift.answers.features import Features
from windvane.stream.series import Members
from windvane.stream.signals import Signal

__all__ = ["Alarm", "alone", "changing", "drawn", "fed", "run"]

_STARTED_US: Final = 1_700_000_000_000_000
_SECOND_US: Final = 1_000_000


@dataclass(frozen=True)
class Alarm:
    """Something has fired at the n-th event of a stream, and is said to have begun at another."""

    at: int
    signal: str
    began: int
    says: str


class _Texts:
    """A batch of texts whose features are known."""

    def __init__(self, sets: Sequence[Answers], which: NDArray[np.int64], times: NDArray[np.int64]) -> None:
        self._prompts = _taken([one.prompts for one in sets], which)
        self._answers = _taken([one.answers for one in sets], which)
        self._times = times

    def __len__(self) -> int:
        return len(self._times)

    def derived(self, make: Callable[[Batch], Features]) -> Features:
        """See `Batch.derived`."""
        return {"prompt_features": self._prompts, "answer_features": self._answers}[make.__name__]

    def times_us(self) -> NDArray[np.int64]:
        """See `Batch.times_us`."""
        return self._times


def run(sets: Sequence[Answers], streams: NDArray[np.int64], tolerated: float) -> list[list[Alarm]]:
    """Return what fires in each stream.

    `streams` int64 (s, n): numbers of answers, of all `sets` one after the other. An event of a stream spends
    `tolerated` false alarms of each signal.
    """
    detector = AnswerDrift()
    detector.alarms_per_week = tolerated * 2 * WEEK_US / _SECOND_US
    alarms: list[list[Alarm]] = [[] for _ in streams]
    for change in fed(detector, sets, streams):
        if change.state == "fired":
            alarms[change.series].append(_alarm(change, change.row // len(streams)))
    return alarms


def fed(detector: AnswerDrift, sets: Sequence[Answers], streams: NDArray[np.int64]) -> list[Change]:
    """Give the streams to a detector side by side, an event of each a second, and return the changes."""
    which = streams.T.ravel()
    rows = np.arange(len(which))
    times = _STARTED_US + _SECOND_US * (rows // len(streams))
    return detector.update(cast(Batch, _Texts(sets, which, times)), alone(rows % len(streams), len(streams)))


def alone(series: NDArray[np.int64], count: int) -> Members:
    """Return events of the numbered series, each of which is judged as if there were no other."""
    rows = np.arange(len(series))
    return Members(rows, series, np.ones(len(rows), np.int64), np.zeros(len(rows), np.bool_), count, [])


def _alarm(change: Change, at: int) -> Alarm:
    began = (change.since_us - _STARTED_US) // _SECOND_US
    return Alarm(at, Signal(change.signal).value, began, str(change.evidence["says"]))


def changing(old: Answers, new: Answers, shuffles: int, chance: np.random.Generator, *,
             before: int, after: int) -> NDArray[np.int64]:  # fmt: skip
    """Return streams of up to `before` of the old answers, then up to `after` of the new ones, each shuffled."""
    first, second = len(old.texts), len(new.texts)
    return np.array(
        [
            np.concatenate([chance.permutation(first)[:before], first + chance.permutation(second)[:after]])
            for _ in range(shuffles)
        ]
    )


def drawn(places: Sequence[NDArray[np.int64]], lengths: Sequence[int], streams: int,
          chance: np.random.Generator) -> NDArray[np.int64]:  # fmt: skip
    """Return streams of answers drawn with repeats: so many of the first places, then so many of the next."""
    return np.concatenate(
        [chance.choice(own, (streams, length)) for own, length in zip(places, lengths, strict=True)], axis=1
    )


def _taken(features: Sequence[Features], which: NDArray[np.int64]) -> Features:
    def joined(name: str) -> Any:
        return np.concatenate([getattr(one, name) for one in features])[which]

    return Features(joined("numbers"), joined("categories"), joined("present"))
