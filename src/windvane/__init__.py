"""windvane: streaming observability for AI workloads.

In an app:

    import windvane

    windvane.init(endpoint="http://127.0.0.1:7070", service="checkout")
    windvane.emit(model="gpt-4o", prompt="…", response="…", input_tokens=312, output_tokens=187, latency=1.2)

or around a call as it is made:

    with windvane.context(user="ann", session="s-1"), windvane.call(model="gpt-4o", prompt=question) as call:
        call.set(response=ask(question))
    windvane.feedback(call.id, score=1)
"""

from __future__ import annotations

import logging
import os
import threading
from collections.abc import Callable
from typing import Any, TypeVar, overload

from windvane.collectors.call import Call
from windvane.collectors.client import Client
from windvane.collectors.context import context
from windvane.collectors.counts import Stats
from windvane.collectors.observing import observed
from windvane.errors import ConfigError

__all__ = ["Call", "Client", "Stats", "call", "context", "embedding", "emit", "feedback", "flush", "init", "observe"]
__all__ += ["instrument", "retrieval", "shutdown", "stats", "tool", "uninstrument"]

__version__ = "0.1.0"

F = TypeVar("F", bound=Callable[..., Any])

_lock = threading.RLock()
_client: Client | None = None


def init(endpoint: str | None = None, service: str | None = None, **more: Any) -> Client:
    """Make the process's client and return it; one that was there is shut down first. See `Client` for the rest.

    Raises:
        ConfigError: the endpoint names no transport, or a setting is out of its range.
    """
    global _client
    with _lock:
        made = Client(endpoint, service, **more)
        before, _client = _client, made
        # From now on without the detour of the function below: that is 0.7 of 4 microseconds.
        globals()["emit"] = made.emit
    if before is not None:
        before.shutdown()
    return made


def _default() -> Client:
    with _lock:
        if _client is not None:
            return _client
        try:
            return init()
        except ConfigError as error:
            logging.getLogger("windvane").error("windvane is off in this process: %s", error)
            return init(enabled=False)


def _after_fork() -> None:
    global _lock
    _lock = threading.RLock()  # another thread of the parent may have held it


os.register_at_fork(after_in_child=_after_fork)


def emit(event: Any = None, /, **fields: Any) -> str:
    """Hand one event to the process's client, made from the settings if there is none. See `Client.emit`."""
    return (_client or _default()).emit(event, **fields)


def _emit(**fields: Any) -> str:
    # By its name at the time: `init` may come after a function is decorated.
    return emit(**fields)


def call(operation: str = "chat", **fields: Any) -> Call:
    """Begin a call: `with windvane.call(model=…, prompt=…) as call:`. See `Call`."""
    return Call(_emit, {"operation": operation, **fields})


def retrieval(query: Any = None, **fields: Any) -> Call:
    """Begin a retrieval; `call.set(context=[…])` says which documents it has found."""
    return call("retrieval", prompt=query, **fields)


def tool(name: str, arguments: Any = None, **fields: Any) -> Call:
    """Begin a run of a tool; `call.set(response=…)` says what it has returned."""
    return call("execute_tool", tool=name, prompt=arguments, **fields)


def embedding(text: Any = None, **fields: Any) -> Call:
    """Begin the embedding of a text; `call.set(embedding=[…])` says what it is."""
    return call("embeddings", prompt=text, **fields)


@overload
def observe(function: F, /) -> F: ...


@overload
def observe(*, texts: bool = True, operation: str = "chat", **fields: Any) -> Callable[[F], F]: ...


def observe(function: Any = None, /, *, texts: bool = True, operation: str = "chat", **fields: Any) -> Any:
    """Make each run of a function one call: `@windvane.observe`, or with fields, `@windvane.observe(model="m")`.

    Functions, coroutines and generators of both kinds keep their results, exceptions and signatures. Arguments are the
    prompt and the result is the response, unless `texts` is False.
    """
    named = {"operation": operation, **fields}
    if function is None:
        return lambda wrapped: observed(_emit, wrapped, named, texts=texts)
    return observed(_emit, function, named, texts=texts)


def feedback(id: str, *, score: float | None = None, label: str | None = None, name: str | None = None,
             **fields: Any) -> str:  # fmt: skip
    """Say what somebody thinks of the event `id`, now or days later; `name` is what was judged. Never raises."""
    return emit(
        {"operation": "feedback", "target_id": id, "score": score, "label": label, "evaluation": name, **fields}
    )


def instrument(*libraries: str) -> tuple[str, ...]:
    """Have libraries tell of their calls by themselves: all that are known, or those named; return their names.

    Before or after the app imports them, and as often as it likes. Imports none of them. See docs/instrument.md.

    Raises:
        ConfigError: a name is not known.
    """
    from windvane.collectors.instrument import instrument as begin

    return begin(lambda: _client or _default(), libraries)


def uninstrument() -> None:
    """Put the libraries back exactly as they were."""
    from windvane.collectors.instrument import uninstrument as end

    end()


def flush(timeout_s: float = 5.0) -> bool:
    """Wait until all that was emitted is durable in the log. See `Client.flush`."""
    return _client is None or _client.flush(timeout_s)


def shutdown(timeout_s: float = 2.0) -> bool:
    """Flush and close the process's client. Called at exit by itself. See `Client.shutdown`."""
    return _client is None or _client.shutdown(timeout_s)


def stats() -> Stats:
    """Return what became of this process's events. See `Stats`."""
    return _default().stats()
