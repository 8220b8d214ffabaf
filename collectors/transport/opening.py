"""From an endpoint to its transport."""

from __future__ import annotations

import os
import threading
from typing import Final
from urllib.parse import urlsplit

from windvane.collectors.transport.base import Transport
from windvane.errors import ConfigError

__all__ = ["check_endpoint", "importing", "open_transport"]

_REMEDY: Final = "use kafka://host:port[/topic], http://host:port, https://host or file:///path"


def check_endpoint(endpoint: str) -> None:
    """Raise ConfigError if `endpoint` names no transport. Imports and opens nothing."""
    try:
        parts = urlsplit(endpoint)
        hosts = parts.netloc.split(",") if parts.scheme == "kafka" else [parts.netloc]
        complete = all(urlsplit(f"//{host}").hostname and urlsplit(f"//{host}").port != 0 for host in hosts)
    except ValueError as error:
        raise ConfigError(f"{endpoint!r} is no endpoint ({error}): {_REMEDY}") from error
    if parts.scheme == "file":  # file://name/x would be a file of the machine `name`
        complete = not parts.netloc and parts.path[:1] == "/" and parts.path != "/"
    if parts.scheme not in ("kafka", "http", "https", "file") or not complete:
        raise ConfigError(f"{endpoint!r} is no endpoint: {_REMEDY}")


def open_transport(endpoint: str) -> Transport:
    """Return the transport of `endpoint`, not yet connected. Imports what it needs: call it off the app's threads.

    Raises:
        ConfigError: see `check_endpoint`.
    """
    check_endpoint(endpoint)
    scheme = urlsplit(endpoint).scheme
    with importing:
        if scheme == "kafka":
            from windvane.collectors.transport.kafka import KafkaTransport

            return KafkaTransport(endpoint)
        if scheme == "file":
            from windvane.collectors.transport.file import FileTransport

            return FileTransport(endpoint)
        from windvane.collectors.transport.http import HttpTransport

        return HttpTransport(endpoint)


importing: Final = threading.Lock()
"""Held by a thread of ours while it imports: a fork in the middle would leave the child a module that it waits for in
vain, in the app's own thread too. The fork waits instead."""
os.register_at_fork(before=importing.acquire, after_in_parent=importing.release, after_in_child=importing.release)
