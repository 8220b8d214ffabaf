"""Where a number stands: an index over many small sets, asked about a whole batch at once."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

__all__ = ["AnchorIndex"]

_SPREAD: Final = np.uint64(0xD6E8FEB86659FD93)
_SALT: Final = np.uint64(0xA0761D6478BD642F)


class AnchorIndex:
    """Finds the places of (home, anchor) pairs: open addressing with linear probing, at most a quarter full.

    It says where a pair may stand: who asks looks there, and passes over what has changed since.

    >>> index = AnchorIndex()
    >>> index.reset(np.array([7, 7, 8]), np.array([1, 2, 2], np.uint32), np.array([100, 101, 102]))
    >>> [found.tolist() for found in index.find(np.array([7, 8]), np.array([0, 0, 1]), np.array([2, 3, 2], np.uint32))]
    [[0, 2], [101, 102]]
    """

    def __init__(self) -> None:
        self._tags = np.zeros(0, np.uint8)
        self._places = np.zeros(0, np.int64)
        self.held = 0

    def reset(self, homes: NDArray[np.int64], anchors: NDArray[np.uint32], places: NDArray[np.int64]) -> None:
        """Hold these pairs and no others."""
        bits = max(12, int(8 * len(homes)).bit_length())
        self._tags, self._places, self.held = np.zeros(1 << bits, np.uint8), np.zeros(1 << bits, np.int64), 0
        self._put(homes, anchors, places)

    def add(self, homes: NDArray[np.int64], anchors: NDArray[np.uint32], places: NDArray[np.int64]) -> bool:
        """Hold these pairs too; return False, and hold nothing more, where there is no room: `reset` makes it."""
        if 4 * (self.held + len(homes)) > len(self._tags):
            return False
        self._put(homes, anchors, places)
        return True

    def _put(self, homes: NDArray[np.int64], anchors: NDArray[np.uint32], places: NDArray[np.int64]) -> None:
        keys = _keys(homes) ^ anchors
        self.held += len(keys)
        todo, at = np.arange(len(keys)), self._at(keys)
        while len(todo):
            free = np.flatnonzero(self._tags[at] == 0)
            # Of several that want one place the last gets it, and the others go on.
            self._places[at[free]] = todo[free]
            won = free[self._places[at[free]] == todo[free]]
            self._tags[at[won]] = _tags(keys[todo[won]])
            self._places[at[won]] = places[todo[won]]
            left = np.ones(len(todo), bool)
            left[won] = False
            todo, at = todo[left], (at[left] + 1) & (len(self._tags) - 1)

    def find(
        self, homes: NDArray[np.int64], owner: NDArray[np.int64], anchors: NDArray[np.uint32]
    ) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Return which of `anchors` may be held, by number, and the places; one may have several.

        The home of each anchor is `homes[owner]`.
        """
        keys = _keys(homes)[owner]
        keys ^= anchors
        at, which = self._at(keys), np.arange(len(keys))
        found: list[NDArray[np.int64]] = []
        places: list[NDArray[np.int64]] = []
        while True:
            tags = self._tags.take(at)
            held = np.flatnonzero(tags)
            if not len(held):
                return np.concatenate([which[:0], *found]), np.concatenate([at[:0], *places])
            at, which, keys = at.take(held), which.take(held), keys.take(held)
            same = np.flatnonzero(tags.take(held) == _tags(keys))
            found.append(which.take(same))
            places.append(self._places.take(at.take(same)))
            at = (at + 1) & (len(self._tags) - 1)

    def _at(self, keys: NDArray[np.uint64]) -> NDArray[np.int64]:
        bits = len(self._tags).bit_length() - 1
        return ((keys * _SPREAD) >> np.uint64(64 - bits)).view(np.int64)


def _keys(homes: NDArray[np.int64]) -> NDArray[np.uint64]:
    return homes.view(np.uint64) * _SALT


def _tags(keys: NDArray[np.uint64]) -> NDArray[np.uint8]:
    return ((keys * _SPREAD) >> np.uint64(20)).astype(np.uint8) | np.uint8(1)
