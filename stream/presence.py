"""Which keys each event has: one bitmap per event, all in one array."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

__all__ = ["Presence"]

_SLOTS: Final = 32
"""Slots per key. Of 32, about 2 % of absent keys are taken for present; fewer cost more of the answer's quality."""


class Presence:
    """Sets of keys, one per event. Absent keys are rarely taken for present (a Bloom filter of one hash)."""

    def __init__(self, room: NDArray[np.int64]) -> None:
        """`room` int64 (n,): about how many keys each set will hold."""
        bits = np.frexp(np.maximum(room, 8) * float(_SLOTS))[1].astype(np.int64)
        base = np.zeros(len(room) + 1, np.uint64)
        np.cumsum(np.uint64(1) << bits.astype(np.uint64), out=base[1:])
        self._shift, self._base = (64 - bits).astype(np.uint64), base[:-1]
        self._there = np.zeros(int(base[-1]), bool)

    def slots(self, keys: NDArray[np.uint64], counts: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return where the keys belong, int64 (m,): `counts` int64 (n,) of them to each event in turn."""
        places = keys >> np.repeat(self._shift, counts)
        places += np.repeat(self._base, counts)
        return places.view(np.int64)

    def add(self, slots: NDArray[np.int64]) -> None:
        """Put keys in, by their slots."""
        self._there[slots] = True

    def has(self, slots: NDArray[np.int64]) -> NDArray[np.bool_]:
        """Return whether keys are in, by their slots."""
        return self._there.take(slots)
