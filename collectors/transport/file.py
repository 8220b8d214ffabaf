"""Envelopes into a file, to be replayed later: for a machine without a network, or a look at what is sent."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import unquote, urlsplit

from windvane.collectors.transport.base import Transport
from windvane.collectors.transport.http import frame
from windvane.errors import TransportError

__all__ = ["FileTransport"]


class FileTransport(Transport):
    """file:///path: each envelope as it would go over HTTP. Several processes may share one file."""

    def __init__(self, endpoint: str) -> None:
        self._path = Path(unquote(urlsplit(endpoint).path))
        self._file = -1

    def send(self, envelopes: Sequence[tuple[str, bytes]]) -> None:
        """See `Transport.send`: durable is on the disk. Nothing stays half-written."""
        body = b"".join(frame(key, record) for key, record in envelopes)
        try:
            if self._file < 0:
                self._path.parent.mkdir(parents=True, exist_ok=True)
                self._file = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
            fcntl.flock(self._file, fcntl.LOCK_EX)
            end = os.fstat(self._file).st_size
            try:
                written = 0
                while written < len(body):
                    written += os.write(self._file, memoryview(body)[written:])
                os.fsync(self._file)
            except OSError:
                os.ftruncate(self._file, end)
                raise
            finally:
                fcntl.flock(self._file, fcntl.LOCK_UN)
        except OSError as error:
            raise TransportError(f"{self._path}: {error.strerror or error}") from error

    def close(self) -> None:
        """See `Transport.close`."""
        if self._file >= 0:
            os.close(self._file)
            self._file = -1
