"""Which of many keys occur more than once: nearly none, as a rule, so that little is left to sort."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

__all__ = ["recurring"]

_BITS: Final = np.uint64(17)
_HIGH: Final = np.uint64(64 - 17)


def recurring(keys: NDArray[np.uint64]) -> NDArray[np.int64]:
    """Return the places of all keys, hashes of 64 bits, that occur more than once, in order; a few others among them.

    >>> keys = np.array([3, 1, 2, 3], np.uint64) * np.uint64(0x9E3779B97F4A7C15)
    >>> recurring(keys).tolist()
    [0, 3]
    """
    # By some bits of the key, then by others, of the few that are left.
    at = _sharing(keys >> _HIGH)
    return at[_sharing(keys[at] << _BITS >> _HIGH)]


def _sharing(keys: NDArray[np.uint64]) -> NDArray[np.int64]:
    slots = keys.view(np.int64)
    return np.flatnonzero((np.bincount(slots, minlength=1) > 1).take(slots))
