"""Calls of instrumented libraries: scripted once, played by the synchronous and the asynchronous client alike."""

from __future__ import annotations

import asyncio
import gc
import importlib
import pkgutil
import re
from collections.abc import Callable, Coroutine, Mapping
from contextlib import aclosing, closing
from contextvars import copy_context
from dataclasses import dataclass, field
from typing import Any, Final, Protocol, TypeVar

import pytest

__all__ = ["STAINLESS", "VARYING", "Call", "Host", "Outcome", "client_of", "hosts", "outcome", "play", "run"]

T = TypeVar("T")

VARYING: Final = frozenset(
    {"id", "time", "service_name", "trace_id", "span_id", "gen_ai_client_operation_duration"}
    | {"gen_ai_response_time_to_first_chunk"}
)
"""Columns that no two calls share."""


STAINLESS: Final = (
    "wire.base:count", "wire.base:word", "providers:provider_of", "recording:Recording.__init__",
    "recording:Recording.end", "recording:Recording.first_chunk", "recording:_to_msgpack", "recording:claimed",
    "watching:_Watch.__init__", "events:ServerSentEvents.take", "messages:encode", "failing:error_of",
    "unread:_json", "watching:_decode",
)  # fmt: skip
"""Places of ours that the calls of a library go through that Stainless has generated."""


@dataclass(frozen=True)
class Call:
    """One call of a library: how it is made, how its answer is read, and the row that it must leave."""

    name: str
    make: Callable[[Any], Any]
    """From a client to what the library returns, or to an awaitable of it."""
    row: Mapping[str, Any]
    read: str = "whole"
    """whole; stream: item by item; left and dropped: three items of it; manager: item by item inside `with`; raw:
    `parse` of a raw response; body: `read` inside `with`; lines: line by line inside `with`."""
    raises: str | None = None
    """The name of the exception's class."""
    needs: str = ""
    """What the client must have, as "chat.completions.parse": old versions do not have all."""
    options: Mapping[str, Any] = field(default_factory=dict)
    """Of the client."""


class Host(Protocol):
    """A library as its users use it."""

    library: str
    calls: tuple[Call, ...]
    patched: tuple[str, ...]
    """Functions that its instrumentation replaces, as "openai._base_client:SyncAPIClient.request"."""
    ours: tuple[str, ...]
    """Places of ours that its calls go through, as "watching:_Watch.take": each is broken by a test."""

    def client(self, url: str, *, later: bool, **options: Any) -> Any:
        """Return a client that retries twice unless `options` say otherwise; `later` for an asynchronous one."""


def hosts() -> dict[str, Host]:
    """Return every host that is here, by its library."""
    package = importlib.import_module("tests.instrument.hosts")
    found = {}
    for module in pkgutil.iter_modules(package.__path__, package.__name__ + "."):
        host: Host = importlib.import_module(module.name).HOST
        found[host.library] = host
    return found


_RUNNER: Final = asyncio.Runner()
"""One loop for all: clients are dear, and belong to the loop that they were first used in."""
_clients: Final[dict[Any, Any]] = {}


def run(work: Coroutine[Any, Any, T]) -> T:
    """Run a coroutine to its end, in the loop of the asynchronous clients and in the context of here."""
    return _RUNNER.run(work, context=copy_context())


def client_of(host: Host, url: str, call: Call, *, later: bool) -> Any:
    """Return the client for a call; skip where this version of the library has not what the call needs."""
    pytest.importorskip(host.library)
    key = (host.library, url, later, *call.options.items())
    client = found = _clients.get(key) or _clients.setdefault(key, host.client(url, later=later, **call.options))
    for name in filter(None, call.needs.split(".")):
        found = getattr(found, name, None)
    if found is None:
        pytest.skip(f"this version of {host.library} has no {call.needs}")
    return client


def outcome(host: Host, url: str, call: Call, *, later: bool) -> Outcome:
    """Make a call by the synchronous or the asynchronous client; what was dropped of it has been freed."""
    client = client_of(host, url, call, later=later)
    if not later:
        found = play(call, client)
        _free(call)
        return found

    async def runs() -> Outcome:
        found = await play_later(call, client)
        _free(call)
        for _ in range(10):  # generators in generators are closed one after the other
            await asyncio.sleep(0)
        return found

    return run(runs())


def _free(call: Call) -> None:
    if call.read == "dropped":  # the stream may be part of a cycle of the library's
        gc.collect()


@dataclass
class Outcome:
    """What the app got of a call, in a form that can be compared."""

    got: Any = None
    error: Any = None


def _plain(value: Any) -> Any:
    """Return a value with its type, to be compared."""
    kind = f"{type(value).__module__}.{type(value).__qualname__}"
    if isinstance(value, list):
        return [_plain(item) for item in value]
    if hasattr(value, "model_dump"):
        made = {"id", "created"} if kind.startswith("litellm.") else set()  # by the library, for each call
        return kind, value.model_dump(warnings=False, exclude=made)
    return kind, value if isinstance(value, str | bytes) else None


def _words(error: Exception) -> str:
    return re.sub(r"time taken=[\d.]+", "", str(error))


def play(call: Call, client: Any) -> Outcome:
    """Make a call and read its answer."""
    try:
        result = call.make(client)
        return Outcome([_plain(result), _plain(_read(call, result))])
    except Exception as error:
        return Outcome(error=(type(error), _words(error), error.__cause__.__class__, error.__context__.__class__))


def _read(call: Call, result: Any) -> Any:
    if call.read in ("whole", "raw"):
        return result.parse() if call.read == "raw" else result
    if call.read == "stream":
        return list(result)
    if call.read == "left":
        with result if hasattr(result, "__enter__") else closing(result):
            return [next(result) for _ in range(5)]
    if call.read == "dropped":
        return [next(result) for _ in range(5)]
    with result as inner:
        if call.read == "manager":
            return list(inner)
        return inner.read() if call.read == "body" else list(inner.iter_lines())


async def play_later(call: Call, client: Any) -> Outcome:
    """Make a call and read its answer, asynchronously."""
    try:
        result = call.make(client)
        if hasattr(result, "__await__"):
            result = await result
        return Outcome([_plain(result), _plain(await _read_later(call, result))])
    except Exception as error:
        return Outcome(error=(type(error), _words(error), error.__cause__.__class__, error.__context__.__class__))


async def _read_later(call: Call, result: Any) -> Any:
    if call.read == "raw":
        parsed = result.parse()
        return await parsed if hasattr(parsed, "__await__") else parsed
    if call.read == "whole":
        return result
    if call.read == "stream":
        return [item async for item in result]
    if call.read == "left":
        async with result if hasattr(result, "__aenter__") else aclosing(result):
            return [await anext(result) for _ in range(5)]
    if call.read == "dropped":
        return [await anext(result) for _ in range(5)]
    async with result as inner:
        if call.read == "manager":
            return [item async for item in inner]
        return await inner.read() if call.read == "body" else [line async for line in inner.iter_lines()]
