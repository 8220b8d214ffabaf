"""A failure of ours stays ours: swallowed, counted, told once per place."""

from __future__ import annotations

import functools
import logging
from collections import Counter
from collections.abc import Callable
from typing import Final, ParamSpec, TypeVar

__all__ = ["failures", "guarded"]

P = ParamSpec("P")
R = TypeVar("R")

_log: Final = logging.getLogger("windvane")
_counts: Final[Counter[str]] = Counter()


def guarded(function: Callable[P, R]) -> Callable[P, R | None]:
    """Return `function` so that it returns None where it would raise. What asks the process to end goes through."""
    place = f"{getattr(function, '__module__', '')}.{getattr(function, '__qualname__', repr(function))}"

    @functools.wraps(function)
    def runs(*args: P.args, **kwargs: P.kwargs) -> R | None:
        try:
            return function(*args, **kwargs)
        except Exception as error:
            _failed(place, error)
            return None

    return runs


def failures() -> dict[str, int]:
    """Return how often each place of the instrumentation has failed in this process: empty, if all is well."""
    return dict(_counts)


def _failed(place: str, error: Exception) -> None:
    try:
        _counts[place] += 1
        if _counts[place] == 1:
            _log.warning("%s failed (%s: %s): the app is not affected, some calls are not told whole or not at all."
                         " Please report it.", place, type(error).__name__, error,
                         exc_info=_log.isEnabledFor(logging.DEBUG))  # fmt: skip
    except Exception:  # the app's own handlers of the log
        pass
