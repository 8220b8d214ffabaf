"""windvane: streaming observability for AI workloads.

In an app:

    import windvane

    windvane.init(endpoint="http://127.0.0.1:7070", service="checkout")
    windvane.emit(model="gpt-4o", prompt="…", response="…", input_tokens=312, output_tokens=187, latency=1.2)
"""

from __future__ import annotations

import logging
import os
import threading
from typing import Any

from windvane.collectors.client import Client
from windvane.collectors.counts import Stats
from windvane.errors import ConfigError

__all__ = ["Client", "Stats", "emit", "flush", "init", "shutdown", "stats"]

__version__ = "0.1.0"

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


def flush(timeout_s: float = 5.0) -> bool:
    """Wait until all that was emitted is durable in the log. See `Client.flush`."""
    return _client is None or _client.flush(timeout_s)


def shutdown(timeout_s: float = 2.0) -> bool:
    """Flush and close the process's client. Called at exit by itself. See `Client.shutdown`."""
    return _client is None or _client.shutdown(timeout_s)


def stats() -> Stats:
    """Return what became of this process's events. See `Stats`."""
    return _default().stats()
