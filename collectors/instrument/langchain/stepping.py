"""The streams of LangChain's models: generators that are passed on, step by step."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from windvane.collectors.instrument.claiming import release
from windvane.collectors.instrument.failing import leaves
from windvane.collectors.instrument.langchain.running import Run

__all__ = ["steps", "steps_later"]


def steps(source: Any, begins: Callable[[], Run]) -> Any:
    """Pass a generator on. The call begins with the first step, as it does in LangChain."""
    run, go_on = begins(), source.__next__
    try:
        while True:
            # Not while the reader has its turn: what it calls between two pieces is no part of this.
            token = run.enter()
            try:
                piece = go_on()
            finally:
                release(token)
            if not run.begun:
                run.see(piece)
            try:
                yield piece
                go_on = source.__next__
            except GeneratorExit:
                raise
            except BaseException as error:  # thrown in: it is the source's to handle
                go_on = partial(source.throw, error)
    except StopIteration:
        pass
    except BaseException as error:
        if not leaves(error):
            run.fail(error)
        raise
    finally:
        token = run.enter()
        try:
            source.close()
        finally:
            release(token)
            run.answered(run.shown)


async def steps_later(source: Any, begins: Callable[[], Run]) -> Any:
    """Pass an asynchronous generator on; see `steps`."""
    run, go_on = begins(), source.__anext__
    try:
        while True:
            token = run.enter()
            try:
                piece = await go_on()
            finally:
                release(token)
            if not run.begun:
                run.see(piece)
            try:
                yield piece
                go_on = source.__anext__
            except GeneratorExit:
                raise
            except BaseException as error:
                go_on = partial(source.athrow, error)
    except StopAsyncIteration:
        pass
    except BaseException as error:
        if not leaves(error):
            run.fail(error)
        raise
    finally:
        token = run.enter()
        try:
            await source.aclose()
        finally:
            release(token)
            run.answered(run.shown)
