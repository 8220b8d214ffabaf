"""A stream of LlamaIndex's, passed on as it is read. It is a generator, as what it stands for."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Generator
from functools import partial
from types import AsyncGeneratorType, GeneratorType
from typing import Any

from windvane.collectors.instrument.llama_index.calls import Step

__all__ = ["passed_on"]


def passed_on(result: Any, call: Step) -> Any:
    """Return what a call has returned: a value, which ends the call, or a stream that ends it with its own end."""
    made: Any
    if call.streams and isinstance(result, GeneratorType):
        made = _steps(result, call)
    elif call.streams and isinstance(result, AsyncGeneratorType):
        made = _steps_later(result, call)
    else:
        call.end(result)
        return result
    made.__name__, made.__qualname__ = result.__name__, result.__qualname__
    return made


def _steps(source: Any, call: Step) -> Generator[Any, Any, Any]:
    go_on: Callable[[], Any] = source.__next__
    try:
        while True:
            # Not while the reader has its turn: what it calls between two pieces is no part of this.
            token = call.begin()
            try:
                piece = go_on()
            finally:
                call.leave(token)
            call.see(piece)
            try:
                go_on = partial(source.send, (yield piece))
            except GeneratorExit:
                raise
            except BaseException as error:  # thrown in: it is the source's to handle
                go_on = partial(source.throw, error)
    except StopIteration as stop:
        call.end()
        return stop.value
    except GeneratorExit:
        source.close()
        call.end()
        raise
    except BaseException as error:
        call.fail(error, streamed=True)
        raise


async def _steps_later(source: Any, call: Step) -> AsyncGenerator[Any, Any]:
    go_on: Callable[[], Any] = source.__anext__
    try:
        while True:
            token = call.begin()
            try:
                piece = await go_on()
            finally:
                call.leave(token)
            call.see(piece)
            try:
                go_on = partial(source.asend, (yield piece))
            except GeneratorExit:
                raise
            except BaseException as error:
                go_on = partial(source.athrow, error)
    except StopAsyncIteration:
        call.end()
    except GeneratorExit:
        await source.aclose()
        call.end()
        raise
    except BaseException as error:
        call.fail(error, streamed=True)
        raise
