"""Records by key instead of by series: of services, providers, or whatever a hash of 64 bits names."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cache
from typing import Final

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from windvane.stream.batch import Batch
from windvane.stream.compiled import compiled
from windvane.stream.detector import ArrayDetector
from windvane.stream.state import ArrayState
from windvane.stream.text.hashes import column_hashes, mixed, text_hashes

__all__ = ["Beside", "Keyed", "key_of", "words_of"]

_EMPTY: Final = text_hashes(pa.array([""]))[0]
_MOST: Final = 1 << 17
"""Keys that have a place: those that come later have none, so that a name with an id in it does not fill the memory."""


class Keyed(ArrayState):
    """One record per key, numbered from 0 in order of appearance. Its `dtype` has the field `key`, u8."""

    def __init__(self) -> None:
        super().__init__()
        self._index = np.full(256, -1, np.int32)
        self._indexed = 0

    def __len__(self) -> int:
        return self._count

    def places(self, keys: NDArray[np.uint64]) -> NDArray[np.int64]:
        """Return the place of each key, int64 of the shape of `keys`: new ones get the next, 0 has none: -1."""
        flat = keys.ravel()
        if 2 * (self._count + len(flat)) > len(self._index) or self._indexed != self._count:
            size = max(len(self._index), 1 << (2 * (self._count + len(flat))).bit_length())
            self._index = np.full(size, -1, np.int32)
            _fill(self._index, self.state["key"][: self._count].copy())
        places, fresh = np.empty(len(flat), np.int64), np.zeros(len(flat), np.uint64)
        before = self._count
        count = _number(flat, self._index, self.state["key"], fresh, before, places)
        self._grow(count)
        self.state["key"][before:count] = fresh[: count - before]
        self._indexed = count
        self._dirty[places[places >= 0] // self.page_size] = True
        return places.reshape(keys.shape)


class Beside(ArrayDetector):
    """A detector that has records of other kinds, too. All are saved, page by page in turn."""

    def besides(self) -> Sequence[ArrayState]:
        """Return the holders of the other records."""
        raise NotImplementedError

    def pages(self, *, whole: bool) -> Iterator[tuple[int, bytes]]:
        """See `Stateful.pages`."""
        kinds = 1 + len(self.besides())
        yield from ((kinds * page, data) for page, data in super().pages(whole=whole))
        for number, beside in enumerate(self.besides(), 1):
            yield from ((kinds * page + number, data) for page, data in beside.pages(whole=whole))

    def load(self, pages: Iterable[tuple[int, bytes]]) -> None:
        """See `Stateful.load`."""
        held, kinds = list(pages), 1 + len(self.besides())
        super().load((page // kinds, data) for page, data in held if page % kinds == 0)
        for number, beside in enumerate(self.besides(), 1):
            if self._count:
                beside.load((page // kinds, data) for page, data in held if page % kinds == number)


@compiled
def _fill(index: NDArray[np.int32], keys: NDArray[np.uint64]) -> None:
    mask = len(index) - 1
    for place in range(len(keys)):
        at = np.int64(keys[place] & np.uint64(mask))
        while index[at] >= 0:
            at = (at + 1) & mask
        index[at] = place


@compiled
def _number(
    keys: NDArray[np.uint64], index: NDArray[np.int32], held: NDArray[np.uint64], fresh: NDArray[np.uint64],
    before: int, places: NDArray[np.int64],
) -> int:  # fmt: skip
    """Write the place of each key into `places` and the new keys into `fresh`; return how many keys there are."""
    mask, count = len(index) - 1, before
    for number in range(len(keys)):
        key = keys[number]
        places[number] = -1
        if key == 0:
            continue
        at = np.int64(key & np.uint64(mask))
        while index[at] >= 0:
            place = index[at]
            if (held[place] if place < before else fresh[place - before]) == key:
                break
            at = (at + 1) & mask
        if index[at] < 0 and count < _MOST:
            index[at] = count
            fresh[count - before] = key
            count += 1
        places[number] = index[at]
    return count


def words_of(batch: Batch, column: str) -> NDArray[np.uint64]:
    """Return a hash of each event's cell of a text column, uint64 (n,); 0 where it is absent or empty."""
    return batch.derived(_maker(column))


@cache
def _maker(column: str) -> Callable[[Batch], NDArray[np.uint64]]:
    """Return what makes a column's hashes: one for all detectors, so that a batch has them made once."""

    def make(batch: Batch) -> NDArray[np.uint64]:
        found = column_hashes(batch, column)
        found[found == _EMPTY] = 0
        return found

    return make


def key_of(parts: Sequence[NDArray[np.uint64]], salt: int) -> NDArray[np.uint64]:
    """Return one hash of all the parts' hashes, uint64 (n,), another one for another `salt`."""
    found = np.full(len(parts[0]), salt, np.uint64)
    for part in parts:
        found = mixed(found ^ part)
    return found
