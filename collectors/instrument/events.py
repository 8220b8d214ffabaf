"""Events out of the bytes of a stream, as they come."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from typing import Final

import msgspec

__all__ = ["AwsEvents", "ServerSentEvents"]

_HEAD: Final = 12


class ServerSentEvents:
    """The data of server-sent events (WHATWG HTML, 9.2). Names of events are passed over: the data says them again."""

    def __init__(self) -> None:
        self._rest = b""

    def take(self, data: bytes) -> Iterator[bytes]:
        """Yield the data of each event that these bytes complete."""
        whole = self._rest + data
        if b"\r" in whole:
            whole = whole.replace(b"\r\n", b"\n")
        *events, self._rest = whole.split(b"\n\n")
        for event in events:
            lines = [line[5:].strip() for line in event.split(b"\n") if line.startswith(b"data:")]
            if lines:
                yield b"\n".join(lines)


class AwsEvents:
    """The payloads of Amazon's event stream, in which Bedrock wraps a provider's own events."""

    def __init__(self) -> None:
        self._rest = b""

    def take(self, data: bytes) -> Iterator[bytes]:
        """Yield the payload of each event that these bytes complete."""
        self._rest += data
        while len(self._rest) >= _HEAD:
            size, head = (int.from_bytes(self._rest[at : at + 4]) for at in (0, 4))
            if len(self._rest) < size or size < _HEAD:
                return
            payload, self._rest = self._rest[_HEAD + head : size - 4], self._rest[size:]
            inner = msgspec.json.decode(payload).get("bytes") if payload else None
            if inner:
                yield base64.b64decode(inner)
