"""Envelopes over HTTP, to `windvane up` or a gateway: one connection, kept open, and one request at a time."""

from __future__ import annotations

import http.client
import struct
from collections.abc import Sequence
from typing import Final
from urllib.parse import unquote, urlsplit

from windvane.collectors.transport.base import Transport
from windvane.errors import TransportError

__all__ = ["HttpTransport", "frame"]

_FRAME: Final = struct.Struct("<II")
_TIMEOUT_S: Final = 10.0
_LATER: Final = (408, 429, 500, 502, 503, 504)


def frame(key: str, record: bytes) -> bytes:
    """Return an envelope as it goes over HTTP and into files: two 32-bit lengths, the key, the record."""
    name = key.encode()
    return _FRAME.pack(len(name), len(record)) + name + record


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
        try:
            self._connection.request("POST", self._path, body, self._headers)
            response = self._connection.getresponse()
            answer = response.read(65_536)
        except (OSError, http.client.HTTPException) as error:
            self._connection.close()
            raise TransportError(f"{self._where} does not answer: {error!r}") from error
        if response.status == 200:
            return
        if response.will_close:
            self._connection.close()
        told = answer.decode("utf-8", "replace")[:300]
        after = response.headers.get("Retry-After", "")
        raise TransportError(
            f"{self._where} answered {response.status}: {told}",
            retry_after=float(after) if after.isdigit() else None if response.status in _LATER else 30.0,
        )

    def close(self) -> None:
        """See `Transport.close`."""
        self._connection.close()
