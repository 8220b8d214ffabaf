"""Functions in place of LangChain's, of the same kinds: what is called, awaited, and read as a generator."""

from __future__ import annotations

from collections.abc import Callable
from types import MethodType
from typing import Any, Final, Protocol

from windvane.collectors.instrument.patching import Patches

__all__ = ["Begin", "Generates", "Make", "whole", "whole_later"]

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


class Generates:
    """A function that returns a generator, and is taken for a generator function of the same code.

    LangChain asks `inspect` for it. A real one would do nothing before the first step: who has asked for the stream
    would not be known. `inspect` goes by these attributes, as Cython's functions have them.
    """

    def __init__(self, original: Callable[..., Any], call: Callable[..., Any]) -> None:
        code: Any = original
        self.__code__, self.__defaults__, self.__kwdefaults__ = code.__code__, code.__defaults__, code.__kwdefaults__
        self._call: Final = call

    def __get__(self, one: Any, kind: Any = None) -> Any:
        return self if one is None else MethodType(self, one)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Return the generator."""
        return self._call(*args, **kwargs)
