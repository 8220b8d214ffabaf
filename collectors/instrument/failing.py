"""An exception in the words of a row."""

from __future__ import annotations

from collections.abc import Mapping

__all__ = ["error_of", "leaves"]

_TIMEOUT = frozenset({"APITimeoutError", "TimeoutException", "TimeoutError"})
_CONNECTION = frozenset(
    {"APIConnectionError", "NetworkError", "RemoteProtocolError", "ConnectionError"}
    | {"ClientConnectionError", "ClientPayloadError"}
)
_LEFT = frozenset({"GeneratorExit", "CancelledError", "Cancelled"})
"""asyncio's and trio's too: by name, for importing these takes time."""


def leaves(error: BaseException) -> bool:
    """Return whether an exception tells a reader to leave: that is no failure."""
    return type(error).__name__ in _LEFT


def error_of(error: BaseException) -> tuple[str, str]:
    """Return `error.type` and `error.message`.

    The type is the HTTP status where there is one, "timeout", "connection" for a connection that was not made or was
    lost, else the exception's class; the message is the provider's own.

    >>> error_of(TimeoutError("30 s")), error_of(ConnectionResetError("gone")), error_of(KeyError("x"))
    (('timeout', '30 s'), ('connection', 'gone'), ('KeyError', "'x'"))
    """
    status = getattr(error, "status_code", None)
    if isinstance(status, int) and status >= 400:
        return str(status), _words(error)
    # By name: asking for the classes would import their libraries.
    names = {kind.__name__ for kind in type(error).__mro__}
    if names & _TIMEOUT:
        return "timeout", _words(error)
    return "connection" if names & _CONNECTION else type(error).__name__, _words(error)


def _words(error: BaseException) -> str:
    body = getattr(error, "body", None)
    if isinstance(body, Mapping):
        inner = body.get("error", body)
        words = inner.get("message") if isinstance(inner, Mapping) else inner
        if isinstance(words, str) and words:
            return words
    return str(error)
