"""Loops over events that no array expression can say, compiled to machine code by numba.

A detector's state after an event depends on its state before: that is a loop. Written in Python it would be the slowest
thing here; compiled it costs what its arithmetic costs, and says the same however a log is cut into batches.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final, TypeVar, cast

import numba

from windvane.settings import cache_home

__all__ = ["compiled", "kept"]

F = TypeVar("F", bound=Callable[..., Any])

_config: Final[Any] = numba.config
# Numbers as numpy's: a division by zero is infinite, not an error. Other threads go on meanwhile.
_OPTIONS: Final[dict[str, Any]] = {"nogil": True, "error_model": "numpy"}


def _keep_apart() -> None:
    """Keep the machine code of each state of our sources in a folder of its own, below the user's cache.

    Numba takes code from its cache if the file of the outermost function is unchanged, whatever has become of the
    functions that it calls in other files.
    """
    if _config.CACHE_DIR:  # the user's NUMBA_CACHE_DIR
        return
    here = Path(__file__).parent
    files = sorted(here.rglob("*.py"))
    told = [f"{file.relative_to(here)} {file.stat().st_size} {file.stat().st_mtime_ns}" for file in files]
    digest = hashlib.sha256("\n".join(told).encode()).hexdigest()[:16]
    _config.CACHE_DIR = str(cache_home() / "windvane" / "compiled" / digest)


_keep_apart()


def kept() -> bool:
    """Return whether machine code of these sources is in the cache."""
    return next(Path(_config.CACHE_DIR).rglob("*.nbc"), None) is not None


def compiled(function: F) -> F:
    """Return `function`, of arrays, records and numbers, compiled at its first call for the types it is called with.

    The machine code is kept in the user's cache folder: compiling takes a fraction of a second per function, loading
    milliseconds. No `fastmath`: the same events, the same bits. Each combination of types is compiled by itself: call
    it with contiguous arrays of one dtype, and not with literal numbers. A record's flags are `u1`, not `?`.

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
