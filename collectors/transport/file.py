"""Envelopes into a file, to be replayed later: for a machine without a network, or a look at what is sent."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import unquote, urlsplit

from windvane.collectors.transport.base import Transport
from windvane.collectors.transport.framing import FRAME, frame
from windvane.errors import TransportError

__all__ = ["FileTransport"]


class FileTransport(Transport):
    """file:///path: each envelope as it would go over HTTP. Several processes may share one file."""

    def __init__(self, endpoint: str) -> None:
        self._path = Path(unquote(urlsplit(endpoint).path))
        self._file = -1
        self._whole = 0
        """Up to here the file is known to be whole envelopes."""

    def send(self, envelopes: Sequence[tuple[str, bytes]]) -> None:
        """See `Transport.send`: durable is on the disk. What a process that was killed left half-written is cut off."""
        body = b"".join(frame(key, record) for key, record in envelopes)
        try:
            if self._file < 0:
                self._path.parent.mkdir(parents=True, exist_ok=True)
                self._file = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
                self._whole = 0
            fcntl.flock(self._file, fcntl.LOCK_EX)
            try:
                self._append(body)
            finally:
                fcntl.flock(self._file, fcntl.LOCK_UN)
        except OSError as error:
            self.close()
            raise TransportError(f"{self._path}: {error.strerror or error}") from error

    def _append(self, body: bytes) -> None:
        """Append `body` behind the last whole envelope, all of it or nothing; the lock is held."""
        end = os.fstat(self._file).st_size
        if end < self._whole:  # another has emptied it
            self._whole = 0
        while self._whole + FRAME.size <= end:
            key_size, size = FRAME.unpack(os.pread(self._file, FRAME.size, self._whole))
            if self._whole + FRAME.size + key_size + size > end:
                break
            self._whole += FRAME.size + key_size + size
        if self._whole < end:
            os.ftruncate(self._file, self._whole)
        try:
            written = 0
            while written < len(body):
                written += os.write(self._file, memoryview(body)[written:])
            os.fsync(self._file)
        except OSError:
            os.ftruncate(self._file, self._whole)
            raise
        self._whole += len(body)

    def close(self) -> None:
        """See `Transport.close`."""
        file, self._file = self._file, -1
        if file >= 0:
            os.close(file)
