"""Which keys each event has: one bitmap per event, all in one array."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from windvane.stream.compiled import compiled

__all__ = ["Presence", "held", "put"]

_SLOTS: Final = 32
"""Slots per key. Of 32, about 2 % of absent keys are taken for present; fewer cost more of the answer's quality."""

_LEAST: Final = 64
"""Keys that there is room for at least: a mistake in a short text would weigh much."""


class Presence:
    """Sets of keys, one per event. Absent keys are rarely taken for present (a Bloom filter of one hash)."""

    def __init__(self, room: NDArray[np.int64]) -> None:
        """`room` int64 (n,): about how many keys each set will hold."""
        bits = np.frexp(np.maximum(room, _LEAST) * float(_SLOTS))[1].astype(np.int64)
        self.shift = (64 - bits).astype(np.uint64)
        """By how much a key is shifted to give its slot, uint64 (n,)."""
        ends = np.cumsum(np.left_shift(1, bits))
        self.base = np.append(0, ends[:-1])
        """Where the slots of each set begin, int64 (n,)."""
        self.there = np.zeros(ends[-1] // 8 if len(ends) else 0, np.uint8)
        """Which slots are taken, a bit each: a set of a thousand keys fits into the processor's nearest cache."""

    def add(self, keys: NDArray[np.uint64], counts: NDArray[np.int64], which: NDArray[np.bool_]) -> None:
        """Put keys in, uint64 (m,), `counts` int64 (n,) of them of each event in turn: those of `which`, bool (m,)."""
        _add(self.there, self.shift, self.base, keys, counts, which)

    def has(self, keys: NDArray[np.uint64], counts: NDArray[np.int64]) -> NDArray[np.bool_]:
        """Return whether keys are in, bool (m,)."""
        found = np.empty(len(keys), np.bool_)
        _has(self.there, self.shift, self.base, keys, counts, found)
        return found


@compiled
def put(there: NDArray[np.uint8], slot: int) -> None:
    """Take a slot."""
    there[slot >> 3] |= np.uint8(1 << (slot & 7))


@compiled
def held(there: NDArray[np.uint8], slot: int) -> bool:
    """Return whether a slot is taken."""
    return bool(there[slot >> 3] >> (slot & 7) & 1)


@compiled
def _add(
    there: NDArray[np.uint8], shift: NDArray[np.uint64], base: NDArray[np.int64], keys: NDArray[np.uint64],
    counts: NDArray[np.int64], which: NDArray[np.bool_],
) -> None:  # fmt: skip
    at = 0
    for event in range(len(counts)):
        for _ in range(counts[event]):
            if which[at]:
                put(there, base[event] + np.int64(keys[at] >> shift[event]))
            at += 1


@compiled
def _has(
    there: NDArray[np.uint8], shift: NDArray[np.uint64], base: NDArray[np.int64], keys: NDArray[np.uint64],
    counts: NDArray[np.int64], found: NDArray[np.bool_],
) -> None:  # fmt: skip
    at = 0
    for event in range(len(counts)):
        for _ in range(counts[event]):
            found[at] = held(there, base[event] + np.int64(keys[at] >> shift[event]))
            at += 1
