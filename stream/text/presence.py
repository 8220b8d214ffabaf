"""Which keys each event has: one bitmap per event, all in one array."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

__all__ = ["Presence", "Spread"]

_SLOTS: Final = 32
"""Slots per key. Of 32, about 2 % of absent keys are taken for present; fewer cost more of the answer's quality."""

_LEAST: Final = 64
"""Keys that there is room for at least: a mistake in a short text would weigh much."""


@dataclass(frozen=True, slots=True)
class Spread:
    """Whose set each of m keys is asked of: `shift`, `base` uint64 (m,). May be sliced as the keys are."""

    shift: NDArray[np.uint64]
    base: NDArray[np.uint64]

    def __getitem__(self, at: slice | NDArray[np.int64] | NDArray[np.bool_]) -> Spread:
        return Spread(self.shift[at], self.base[at])


class Presence:
    """Sets of keys, one per event. Absent keys are rarely taken for present (a Bloom filter of one hash)."""

    def __init__(self, room: NDArray[np.int64]) -> None:
        """`room` int64 (n,): about how many keys each set will hold."""
        bits = np.frexp(np.maximum(room, _LEAST) * float(_SLOTS))[1].astype(np.int64)
        base = np.zeros(len(room) + 1, np.uint64)
        np.cumsum(np.uint64(1) << bits.astype(np.uint64), out=base[1:])
        self._shift, self._base = (64 - bits).astype(np.uint64), base[:-1]
        self._there = np.zeros(int(base[-1]), bool)

    def spread(self, counts: NDArray[np.int64]) -> Spread:
        """Return whose each key is, if `counts` int64 (n,) of them are of each event in turn."""
        return Spread(np.repeat(self._shift, counts), np.repeat(self._base, counts))

    @staticmethod
    def slots(keys: NDArray[np.uint64], spread: Spread) -> NDArray[np.int64]:
        """Return where the keys belong, int64 (m,)."""
        places = keys >> spread.shift
        places += spread.base
        return places.view(np.int64)

    def add(self, slots: NDArray[np.int64]) -> None:
        """Put keys in, by their slots."""
        self._there[slots] = True

    def has(self, slots: NDArray[np.int64]) -> NDArray[np.bool_]:
        """Return whether keys are in, by their slots."""
        return self._there.take(slots)
