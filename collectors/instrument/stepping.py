"""Generators that are passed on, step by step: the steps are the call's, what its reader does between them is not."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Generator
from functools import partial
from typing import Any, Protocol

from windvane.collectors.instrument.calling import Work
from windvane.collectors.instrument.failing import leaves

__all__ = ["Streamed", "steps", "steps_later"]


class Streamed(Work, Protocol):
    """What is done by a call whose result is read in pieces. Around each step is `enter` and `leave`.

    It ends once, by `failed` or `answered`; that of None is its end or its being left, which is no failure.
    """

    def see(self, piece: Any) -> None:
        """See a piece that its reader is about to see."""


def steps(source: Any, begins: Callable[[], Streamed]) -> Generator[Any, Any, Any]:
    """Pass a generator on. The call begins with the first step, as it does in the generator."""
    work, go_on = begins(), source.__next__
    try:
        while True:
            token = work.enter()
            try:
                piece = go_on()
            finally:
                work.leave(token)
            work.see(piece)
            try:
                go_on = partial(source.send, (yield piece))
            except GeneratorExit:
                raise
            except BaseException as error:  # thrown in: it is the source's to handle
                go_on = partial(source.throw, error)
    except StopIteration as stop:
        return stop.value
    except BaseException as error:
        if not leaves(error):
            work.failed(error)
        raise
    finally:
        token = work.enter()
        try:
            source.close()  # where it was left, it may tell of what there was
        finally:
            work.leave(token)
            work.answered(None)


async def steps_later(source: Any, begins: Callable[[], Streamed]) -> AsyncGenerator[Any, Any]:
    """Pass an asynchronous generator on; see `steps`."""
    work, go_on = begins(), source.__anext__
    try:
        while True:
            token = work.enter()
            try:
                piece = await go_on()
            finally:
                work.leave(token)
            work.see(piece)
            try:
                go_on = partial(source.asend, (yield piece))
            except GeneratorExit:
                raise
            except BaseException as error:
                go_on = partial(source.athrow, error)
    except StopAsyncIteration:
        pass
    except BaseException as error:
        if not leaves(error):
            work.failed(error)
        raise
    finally:
        token = work.enter()
        try:
            await source.aclose()
        finally:
            work.leave(token)
            work.answered(None)
