"""A failure of ours stays ours: swallowed, counted, told once per place."""

from __future__ import annotations

import functools
import logging
import traceback
from collections import Counter
from collections.abc import Callable
from typing import Final, ParamSpec, TypeVar

__all__ = ["failures", "guarded", "swallow"]

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
            swallow(place, error)
            return None

    return runs


def failures() -> dict[str, int]:
    """Return how often each place of the instrumentation has failed in this process: empty, if all is well."""
    return dict(_counts)


def swallow(place: str, error: Exception) -> None:
    """Count a failure: for what is on the way of every call, where a function around it would be felt."""
    try:
        _counts[place] += 1
        if _counts[place] == 1:
            # Not the error's own words, nor a traceback with them: they may quote the app's data.
            *_, (frame, line) = traceback.walk_tb(error.__traceback__)
            _log.warning("%s failed (%s, %s:%d): the app is not affected, some calls are not told whole or not at all."
                         " Please report it.", place, type(error).__name__, frame.f_code.co_filename, line)  # fmt: skip
    except Exception:  # the app's own handlers of the log
        pass
