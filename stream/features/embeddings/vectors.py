"""What is known of the embeddings of a batch: one pass over their numbers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from windvane.stream.batch import Batch
from windvane.stream.compiled import compiled
from windvane.stream.text.hashes import mixed

__all__ = ["LANES", "Vectors", "vectors"]

LANES: Final = 64
"""What is kept of a vector's direction, whatever its dimension: sums of its numbers with random signs."""


@dataclass(frozen=True)
class Vectors:
    """`dimension` int64 (n,), 0 where there is none; `norm` float64 (n,); `broken` bool (n,): all numbers are one, such
    as 0, or one of them is none. `direction` float64 (n, 64): a random projection of length 1, zeros where broken."""

    dimension: NDArray[np.int64]
    norm: NDArray[np.float64]
    broken: NDArray[np.bool_]
    direction: NDArray[np.float64]


def vectors(batch: Batch) -> Vectors:
    """Return what is known of the embeddings; asked through `Batch.derived`."""
    cells = batch.arrow("embedding")
    ends = cells.offsets.to_numpy().astype(np.int64)
    ends -= ends[0]
    dimension = np.diff(ends)
    found = Vectors(dimension, np.zeros(len(batch)), np.zeros(len(batch), bool), np.zeros((len(batch), LANES)))
    if ends[-1]:
        values = cells.flatten().to_numpy(zero_copy_only=False)
        _read(values, ends, _signs(int(dimension.max())), found.norm, found.broken, found.direction)
    return found


def _signs(most: int) -> NDArray[np.float32]:
    """Return the sign of each place of a vector, float32: the same in every process."""
    return np.where(mixed(np.arange(most).astype(np.uint64)) >> np.uint64(63), 1.0, -1.0).astype(np.float32)


@compiled
def _read(
    values: NDArray[np.float32], ends: NDArray[np.int64], signs: NDArray[np.float32], norm: NDArray[np.float64],
    broken: NDArray[np.bool_], direction: NDArray[np.float64],
) -> None:  # fmt: skip
    # Side by side in lanes, each of which is summed in its own order: fast, and the same bits everywhere.
    squares = np.empty(LANES)
    for row in range(len(norm)):
        own = values[ends[row] : ends[row + 1]]
        count = len(own)
        if count == 0:
            continue
        sums = direction[row]
        squares[:] = 0.0
        for start in range(0, count - LANES + 1, LANES):
            for lane in range(LANES):
                value = np.float64(own[start + lane])
                sums[lane] += value * signs[start + lane]
                squares[lane] += value * value
        for at in range(count - count % LANES, count):
            value = np.float64(own[at])
            sums[at % LANES] += value * signs[at]
            squares[at % LANES] += value * value
        norm[row] = np.sqrt(squares.sum())
        same = 1
        while same < count and own[same] == own[0]:
            same += 1
        broken[row] = (same == count and (count > 1 or own[0] == 0)) or not np.isfinite(norm[row])
        length = np.sqrt((sums * sums).sum())
        if broken[row] or length == 0.0:
            sums[:] = 0.0
        else:
            sums /= length
