"""Envelopes over HTTP, to `windvane up` or a gateway: one connection, kept open, and one request at a time."""

from __future__ import annotations

import encodings.idna  # noqa: F401  # the socket module's, at its first connection: too late, see opening.py
import http.client
from collections.abc import Sequence
from typing import Final, NoReturn
from urllib.parse import unquote, urlsplit

from windvane.collectors.transport.base import Transport
from windvane.collectors.transport.framing import frame
from windvane.errors import TransportError

__all__ = ["HttpTransport"]

_TIMEOUT_S: Final = 10.0
_LATER: Final = (408, 429, 500, 502, 503, 504)
_REFUSED_S: Final = 30.0
"""When to try again where the answer is no, and a person has to change something."""
_MAX_ANSWER_BYTES: Final = 65_536


class HttpTransport(Transport):
    """POST /v1/envelopes. `Authorization: Bearer` where the URL has a user part."""

    def __init__(self, endpoint: str) -> None:
        parts = urlsplit(endpoint)
        self._where = f"{parts.scheme}://{parts.hostname}:{parts.port or ''}"
        kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
        self._connection = kind(parts.hostname or "127.0.0.1", parts.port, timeout=_TIMEOUT_S)
        self._path = parts.path.rstrip("/") + "/v1/envelopes"
        self._headers = {"Content-Type": "application/vnd.windvane.envelopes"}
        if parts.username:
            self._headers["Authorization"] = f"Bearer {unquote(parts.password or parts.username)}"

    def send(self, envelopes: Sequence[tuple[str, bytes]]) -> None:
        """See `Transport.send`."""
        body = b"".join(frame(key, record) for key, record in envelopes)
        kept = self._connection.sock is not None
        try:
            response, answer = self._post(body)
        except (OSError, http.client.HTTPException) as error:
            self._connection.close()
            if not (kept and isinstance(error, ConnectionError)):
                raise TransportError(f"{self._where} does not answer: {error!r}") from error
            # The other side has closed a connection that was idle: that is no failure yet.
            return self.send(envelopes)
        if response.status != 200:
            self._refused(response, answer)
        return None

    def _post(self, body: bytes) -> tuple[http.client.HTTPResponse, bytes]:
        self._connection.request("POST", self._path, body, self._headers)
        response = self._connection.getresponse()
        return response, response.read(_MAX_ANSWER_BYTES)

    def _refused(self, response: http.client.HTTPResponse, answer: bytes) -> NoReturn:
        if not response.isclosed():  # more than is read: the connection cannot be used again
            self._connection.close()
        told = answer.decode("utf-8", "replace")[:300]
        after = response.headers.get("Retry-After", "")
        raise TransportError(
            f"{self._where} answered {response.status}: {told}",
            retry_after=float(after) if after.isdecimal() else None if response.status in _LATER else _REFUSED_S,
        )

    def close(self) -> None:
        """See `Transport.close`."""
        self._connection.close()
