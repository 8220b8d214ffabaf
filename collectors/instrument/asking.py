"""Generators that begin nothing before they are read: what is around a call is what was around the asking for it."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Generator
from typing import Any

from windvane.collectors.context import Around, around, within
from windvane.collectors.instrument.patching import Patches

__all__ = ["asks", "asks_later"]


def asks(patches: Patches) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Return what makes a function that returns a generator remember what is around it."""

    def make(original: Callable[..., Any]) -> Callable[..., Any]:
        def stream(*args: Any, **kwargs: Any) -> Any:
            found = original(*args, **kwargs)
            return _steps(found, around()) if patches.on else found

        return stream

    return make


def asks_later(patches: Patches) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Return the same for a coroutine function that returns an asynchronous generator."""

    def make(original: Callable[..., Any]) -> Callable[..., Any]:
        async def stream(*args: Any, **kwargs: Any) -> Any:
            found = await original(*args, **kwargs)
            return _steps_later(found, around()) if patches.on else found

        return stream

    return make


# What is around is put back at each `yield`: what comes behind it is the reader's.


def _steps(stream: Generator[Any, None, None], held: Around | None) -> Generator[Any, None, None]:
    try:
        while True:
            with within(held):
                try:
                    item = next(stream)
                except StopIteration:
                    return
            yield item
    finally:
        stream.close()


async def _steps_later(stream: AsyncGenerator[Any, None], held: Around | None) -> AsyncGenerator[Any, None]:
    try:
        while True:
            with within(held):
                try:
                    item = await anext(stream)
                except StopAsyncIteration:
                    return
            yield item
    finally:
        await stream.aclose()
