"""From an endpoint to its transport."""

from __future__ import annotations

from urllib.parse import urlsplit

from windvane.collectors.transport.base import Transport
from windvane.errors import ConfigError

__all__ = ["check_endpoint", "open_transport"]

_REMEDY = "use kafka://host:port[/topic], http://host:port, https://host or file:///path"


def check_endpoint(endpoint: str) -> None:
    """Raise ConfigError if `endpoint` names no transport. Imports and opens nothing."""
    try:
        parts = urlsplit(endpoint)
        complete = bool(parts.path.strip("/") if parts.scheme == "file" else parts.netloc)
        if parts.scheme in ("http", "https"):
            _ = parts.port
    except ValueError as error:
        raise ConfigError(f"{endpoint!r} is no endpoint ({error}): {_REMEDY}") from error
    if parts.scheme not in ("kafka", "http", "https", "file") or not complete:
        raise ConfigError(f"{endpoint!r} is no endpoint: {_REMEDY}")


def open_transport(endpoint: str) -> Transport:
    """Return the transport of `endpoint`, not yet connected. Imports what it needs: call it off the app's threads.

    Raises:
        ConfigError: see `check_endpoint`.
    """
    check_endpoint(endpoint)
    scheme = urlsplit(endpoint).scheme
    if scheme == "kafka":
        from windvane.collectors.transport.kafka import KafkaTransport

        return KafkaTransport(endpoint)
    if scheme == "file":
        from windvane.collectors.transport.file import FileTransport

        return FileTransport(endpoint)
    from windvane.collectors.transport.http import HttpTransport

    return HttpTransport(endpoint)
