"""A function in place of a library's, of the same kind: it tells of its calls."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

from windvane.collectors.instrument.patching import Patches

__all__ = ["Begin", "Make", "Work", "whole", "whole_later"]

Make = Callable[[Callable[..., Any]], Callable[..., Any]]
"""From the function that was there to the one in its place; see `Patches.wrap`."""


class Work(Protocol):
    """What is done by one call of a function. Nothing of it raises."""

    def enter(self) -> Any:
        """Have what is called from here on belong to it; give the token to `leave`."""

    def leave(self, token: Any) -> None:
        """End what `enter` began."""

    def failed(self, error: BaseException) -> None:
        """End it, which an exception has ended."""

    def answered(self, result: Any) -> None:
        """End it, which has come to a result."""


Begin = Callable[..., Work | None]
"""Begins the work of a call, by its arguments; None where there is nothing to tell."""


def whole(patches: Patches, begin: Begin) -> Make:
    """Return what makes a function tell of its calls."""

    def make(original: Callable[..., Any]) -> Callable[..., Any]:
        def runs(*args: Any, **kwargs: Any) -> Any:
            work = begin(*args, **kwargs) if patches.on else None
            if work is None:
                return original(*args, **kwargs)
            try:
                token = work.enter()
                try:
                    result = original(*args, **kwargs)
                finally:
                    work.leave(token)
            except BaseException as error:
                work.failed(error)
                raise
            work.answered(result)
            return result

        return runs

    return make


def whole_later(patches: Patches, begin: Begin) -> Make:
    """Return what makes a coroutine function tell of its calls."""

    def make(original: Callable[..., Any]) -> Callable[..., Any]:
        async def runs(*args: Any, **kwargs: Any) -> Any:
            work = begin(*args, **kwargs) if patches.on else None
            if work is None:
                return await original(*args, **kwargs)
            try:
                token = work.enter()
                try:
                    result = await original(*args, **kwargs)
                finally:
                    work.leave(token)
            except BaseException as error:
                work.failed(error)
                raise
            work.answered(result)
            return result

        return runs

    return make
