"""The key of hashes where the user gives none: made when first needed, kept beside the spools, for this user alone."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path
from typing import Final

__all__ = ["machine_key"]

_BYTES: Final = 32


def machine_key(folder: Path | None) -> bytes:
    """Return the key in `folder`, made if there is none; one of this process alone where nothing can be kept."""
    if folder is None:
        return os.urandom(_BYTES)
    path = folder / "redaction.key"
    with suppress(OSError):
        folder.mkdir(parents=True, exist_ok=True)
        draft = folder / f".{os.getpid()}-{os.urandom(4).hex()}.key"
        with suppress(FileExistsError):
            if not path.exists():
                fd = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
                try:
                    os.write(fd, os.urandom(_BYTES))
                    os.link(draft, path)  # whole or not at all; the first of several processes wins
                finally:
                    os.close(fd)
                    draft.unlink(missing_ok=True)
        key = path.read_bytes()
        if len(key) == _BYTES:
            return key
    return os.urandom(_BYTES)
