"""The last calls of versions that are compared, for the feedback on them that comes later."""

from __future__ import annotations

from typing import Any, ClassVar, Final

import numpy as np
from numpy.typing import NDArray

from windvane.stream.batch import Batch
from windvane.stream.compiled import compiled
from windvane.stream.state import ArrayState
from windvane.stream.text.hashes import text_hashes

__all__ = ["Rated", "ids_of", "recall", "remember"]

_HELD: Final = 8192


class Rated(ArrayState):
    """Calls by the hash of their id, and what versions they were of: the last that fell into each of 8,192 places."""

    name = "rated calls"
    dtype: ClassVar = np.dtype([("id", "u8"), ("group", "i4", (3,)), ("version", "u8", (3,))])
    page_size: ClassVar = 512

    def __init__(self) -> None:
        super().__init__()
        self._grow(_HELD)

    def room(self) -> tuple[Any, NDArray[np.bool_]]:
        """Return the records, and what marks the changed pages."""
        return self.state, self._dirty


def ids_of(batch: Batch) -> tuple[NDArray[np.uint64], NDArray[np.uint64]]:
    """Return the hash of each event's id, and of the id of that which it is about, 0 where there is none."""
    targets = batch.arrow("target_id")
    about = np.zeros(len(batch), np.uint64)
    if targets.null_count < len(batch):
        about = np.where(targets.is_valid().to_numpy(zero_copy_only=False), text_hashes(targets), about)
    return text_hashes(batch.arrow("id")), about


@compiled
def remember(calls: Any, touched: NDArray[np.bool_], name: int, places: NDArray[np.int64],
             versions: NDArray[np.uint64]) -> None:  # fmt: skip
    """Take a call in, by the hash of its id."""
    at = np.int64(name & np.uint64(_HELD - 1))
    touched[at // 512] = True
    call = calls[at]
    call.id = name
    for axis in range(len(places)):
        call.group[axis], call.version[axis] = places[axis], versions[axis]


@compiled
def recall(calls: Any, name: int) -> int:
    """Return the place of a call, -1 if it is not known."""
    at = np.int64(name & np.uint64(_HELD - 1))
    return int(at) if calls[at].id == name else -1
