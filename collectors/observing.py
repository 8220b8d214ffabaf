"""Functions whose every run is one call: plain ones, coroutines, generators, asynchronous generators."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from windvane.collectors.call import Call
from windvane.collectors.context import inside

__all__ = ["observed"]

F = TypeVar("F", bound=Callable[..., Any])
Emit = Callable[..., str]


def observed(emit: Emit, function: F, fields: Mapping[str, Any], *, texts: bool) -> F:
    """Return `function`, of any of the four kinds, so that each run of it is one call.

    With `texts` its arguments are the prompt and what it returns, or yields, is the response.
    """
    named = {"tags": {"function": getattr(function, "__qualname__", repr(function))}, **fields}
    of = _Of(emit, function, named, texts)
    if inspect.isasyncgenfunction(function):
        made = _streaming_later(of)
    elif inspect.isgeneratorfunction(function):
        made = _streaming(of)
    else:
        made = _running_later(of) if inspect.iscoroutinefunction(function) else _running(of)
    return functools.wraps(function)(made)  # type: ignore[return-value]


@dataclass(frozen=True, slots=True)
class _Of:
    """A function, and how it is told."""

    emit: Emit
    function: Callable[..., Any]
    fields: Mapping[str, Any]
    texts: bool

    def begin(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Call:
        call = Call(self.emit, self.fields)
        if self.texts:
            call.set(prompt=_arguments(self.function, args, kwargs))
        return call

    def take(self, call: Call, pieces: list[Any], piece: Any) -> None:
        call.first_chunk()
        if self.texts:
            pieces.append(piece)

    def end(self, call: Call, pieces: list[Any]) -> None:
        call.set(response=_joined(pieces) if self.texts else None)
        call.end()


def _running(of: _Of) -> Callable[..., Any]:
    def runs(*args: Any, **kwargs: Any) -> Any:
        with of.begin(args, kwargs) as call:
            result = of.function(*args, **kwargs)
            call.set(response=result if of.texts else None)
            return result

    return runs


def _running_later(of: _Of) -> Callable[..., Any]:
    async def runs(*args: Any, **kwargs: Any) -> Any:
        with of.begin(args, kwargs) as call:
            result = await of.function(*args, **kwargs)
            call.set(response=result if of.texts else None)
            return result

    return runs


def _streaming(of: _Of) -> Callable[..., Any]:
    def streams(*args: Any, **kwargs: Any) -> Any:
        call, pieces = of.begin(args, kwargs), list[Any]()
        source = of.function(*args, **kwargs)
        go_on = functools.partial(source.send, None)
        try:
            while True:
                # Not while the caller has its turn: what it does between two pieces is no part of this.
                with inside(call.trace_id, call.span_id):
                    piece = go_on()
                of.take(call, pieces, piece)
                try:
                    go_on = functools.partial(source.send, (yield piece))
                except GeneratorExit:
                    raise
                except BaseException as error:  # thrown in: it is the function's to handle
                    go_on = functools.partial(source.throw, error)
        except StopIteration as stop:
            return stop.value
        except BaseException as error:
            call.left(error)
            raise
        finally:
            source.close()
            of.end(call, pieces)

    return streams


def _streaming_later(of: _Of) -> Callable[..., Any]:
    async def streams(*args: Any, **kwargs: Any) -> Any:
        call, pieces = of.begin(args, kwargs), list[Any]()
        source = of.function(*args, **kwargs)
        go_on = functools.partial(source.asend, None)
        try:
            while True:
                with inside(call.trace_id, call.span_id):
                    piece = await go_on()
                of.take(call, pieces, piece)
                try:
                    go_on = functools.partial(source.asend, (yield piece))
                except GeneratorExit:
                    raise
                except BaseException as error:
                    go_on = functools.partial(source.athrow, error)
        except StopAsyncIteration:
            pass
        except BaseException as error:
            call.left(error)
            raise
        finally:
            await source.aclose()
            of.end(call, pieces)

    return streams


def _arguments(function: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """Return the one argument, or all of them by name."""
    try:
        bound = inspect.signature(function).bind(*args, **kwargs).arguments
    except (TypeError, ValueError):
        return None  # the call itself will say what is wrong with them
    given = {name: value for name, value in bound.items() if name not in ("self", "cls")}
    return next(iter(given.values())) if len(given) == 1 else given


def _joined(pieces: list[Any]) -> Any:
    return "".join(pieces) if all(isinstance(piece, str) for piece in pieces) else pieces
