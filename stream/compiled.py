"""Loops over events that no array expression can say, compiled to machine code by numba.

A detector's state after an event depends on its state before: that is a loop. Written in Python it would be the slowest
thing here; compiled it costs what its arithmetic costs, and says the same however a log is cut into batches.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, TypeVar, cast

import numba

__all__ = ["compiled"]

F = TypeVar("F", bound=Callable[..., Any])

# Numbers as numpy's: a division by zero is infinite, not an error. Other threads go on meanwhile.
_OPTIONS: Final[dict[str, Any]] = {"nogil": True, "error_model": "numpy"}


def compiled(function: F) -> F:
    """Return `function`, of arrays and numbers, compiled at its first call for the types it is called with.

    The machine code is kept beside the module, or in the user's cache folder where that cannot be written: compiling
    takes a second or so per function, loading it milliseconds. No `fastmath`: the same events, the same bits.

    >>> @compiled
    ... def total(values):
    ...     found = 0.0
    ...     for value in values:
    ...         found += value
    ...     return found
    >>> import numpy as np
    >>> total(np.array([1.0, 2.0, 4.0]))
    7.0
    """
    try:
        return cast(F, numba.njit(cache=True, **_OPTIONS)(function))
    except RuntimeError:  # no folder to keep it in
        return cast(F, numba.njit(**_OPTIONS)(function))
