"""Requests that were made before: what a cache would have saved."""

from __future__ import annotations

from typing import ClassVar, Final

import numpy as np
from numpy.typing import NDArray

from windvane.stream.batch import Batch
from windvane.stream.detector import LearnedSignal
from windvane.stream.signals import Signal, SignalInfo
from windvane.stream.state import ArrayState
from windvane.stream.text.hashes import column_hashes, mixed, text_hashes

__all__ = ["Repeat"]

_SETS: Final = 1 << 13
_WAYS: Final = 8
_WINDOW_S: Final = 24 * 3600
_WORDED: Final = ("service_name", "gen_ai_request_model")
_WRITTEN: Final = ("gen_ai_system_instructions", "gen_ai_input_messages")
_ASKED: Final = ("gen_ai_request_temperature", "gen_ai_request_max_tokens")


class Repeat(ArrayState, LearnedSignal):
    """How many times this very request was made before, with no more than a day between one and the next.

    The same request has the same service, model, system prompt, messages, temperature and most tokens. The last 65,536
    different ones are remembered, by hash, in sets of eight; the one that has gone longest without a repeat makes room.

    >>> from windvane.stream.testing import batch_of
    >>> asked = [{"prompt": "hi"}, {"prompt": "hi"}, {"prompt": "ho"}, {"prompt": "hi"}, {"response": "hi"}]
    >>> Repeat().score(batch_of(asked), np.zeros(5, int), 1).tolist()
    [0.0, 1.0, 0.0, 2.0, nan]
    """

    name = Signal.REPEAT
    info = SignalInfo(
        unit="requests",
        range="from 0",
        columns=("time", *_WORDED, *_WRITTEN, *_ASKED),
        source="definition",
        cost_us=4.0,
        doc="How often this very request was made before, each within a day of the last. What a cache would have"
        " saved is in the view `costs`.",
    )
    dtype: ClassVar = np.dtype([("key", "u4"), ("seen", "u4"), ("last", "u4")])
    page_size: ClassVar = 4096

    def score(self, batch: Batch, series: NDArray[np.int64], count: int) -> NDArray[np.float64]:
        """See `LearnedSignal.score`."""
        self._grow(_SETS * _WAYS)
        said = np.full(len(batch), np.nan)
        rows = np.flatnonzero(batch.arrow("gen_ai_input_messages").is_valid().to_numpy(zero_copy_only=False))
        if not len(rows):
            return said
        hashes = _requests(batch)[rows]
        place, key = (hashes % np.uint64(_SETS)).astype(np.int64), (hashes >> np.uint64(32)).astype(np.uint32)
        # Side by side what falls into one set, in the log's order, and of it what is asked several times in a row.
        order = np.argsort(place, kind="stable")
        rows, place, key = rows[order], place[order], key[order]
        seconds = (batch.times_us()[rows] // 1_000_000).astype(np.int64)
        begins = np.ones(len(rows), bool)
        begins[1:] = (place[1:] != place[:-1]) | (key[1:] != key[:-1])
        late = np.zeros(len(rows), bool)
        late[1:] = ~begins[1:] & (np.diff(seconds) > _WINDOW_S)
        # Counted from the start of its run, or from the last gap of a day in it.
        since = np.maximum.accumulate(np.where(begins | late, np.arange(len(rows)), 0))
        before = self._remember(place, key, seconds, begins, since)
        said[rows] = np.arange(len(rows)) - since + np.where(begins[since], before[np.cumsum(begins) - 1], 0)
        return said

    def _remember(
        self, place: NDArray[np.int64], key: NDArray[np.uint32], seconds: NDArray[np.int64],
        begins: NDArray[np.bool_], since: NDArray[np.int64],
    ) -> NDArray[np.int64]:  # fmt: skip
        """Take the runs in, and return how often each one's request was made before it, int64 (runs,)."""
        starts = np.flatnonzero(begins)
        before = np.zeros(len(starts), np.int64)
        table = self.state[: _SETS * _WAYS].reshape(_SETS, _WAYS)
        ends = np.append(starts[1:], len(place)) - 1
        sets = place[starts]
        _, first = np.unique(sets, return_index=True)
        turn = np.arange(len(sets)) - np.repeat(first, np.diff(np.append(first, len(sets))))
        # The first run of every set at once, then the second ones: sets do not touch each other.
        for number in range(int(turn.max()) + 1):
            runs = np.flatnonzero(turn == number)
            ways = table[sets[runs]]
            known = (ways["key"] == key[starts[runs], None]) & (ways["seen"] > 0)
            hit = known.any(axis=1)
            way = np.where(hit, known.argmax(axis=1), ways["last"].argmin(axis=1))
            held = ways[np.arange(len(runs)), way]
            fresh = hit & (seconds[starts[runs]] - held["last"].astype(np.int64) <= _WINDOW_S)
            before[runs] = np.where(fresh, held["seen"], 0)
            last = ends[runs]
            whole = since[last] == starts[runs]
            held["key"] = key[last]
            held["seen"] = np.minimum(last - since[last] + 1 + np.where(whole, before[runs], 0), 2**32 - 1)
            held["last"] = seconds[last]
            table[sets[runs], way] = held
        self._dirty[np.unique(sets) * _WAYS // self.page_size] = True
        return before


def _requests(batch: Batch) -> NDArray[np.uint64]:
    """Return the hash of each request, uint64 (n,)."""
    found = np.zeros(len(batch), np.uint64)
    for name in _WORDED:
        found = mixed(found ^ column_hashes(batch, name))
    for name in _WRITTEN:
        found = mixed(found ^ text_hashes(batch.arrow(name)))
    for name in _ASKED:
        found = mixed(found ^ batch.numbers(name).view(np.uint64))
    return found
