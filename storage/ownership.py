"""Who owns a chDB directory: one process at a time can open it, and a second one is told so before it tries."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path

from windvane.errors import DirectoryInUse

__all__ = ["Ownership"]


class Ownership:
    """A lock beside the directory, held for the life of this object and let go by the kernel if the process dies."""

    def __init__(self, directory: Path) -> None:
        """Take the directory.

        Raises:
            DirectoryInUse: another process has it; the message names its process id.
        """
        directory.parent.mkdir(parents=True, exist_ok=True)
        self._file = os.open(
            directory.with_name(directory.name + ".lock"), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600
        )
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            owner = os.pread(self._file, 32, 0).decode(errors="replace").strip() or "unknown"
            os.close(self._file)
            raise DirectoryInUse(
                f"{directory} is open in process {owner}. Stop it, or ask it: windvane sql and windvane ledger do"
            ) from error
        os.ftruncate(self._file, 0)
        os.pwrite(self._file, f"{os.getpid()}\n".encode(), 0)

    def release(self) -> None:
        """Give the directory up. May be called twice."""
        if self._file >= 0:
            os.close(self._file)
            self._file = -1
