"""Where a replay goes on: what it reads, by content, and how much of it is durable."""

from __future__ import annotations

import hashlib
from pathlib import Path

import msgspec

from windvane.cli.files import STDIN
from windvane.cli.mapping import FieldMap
from windvane.errors import InputError
from windvane.settings import state_home

__all__ = ["Checkpoint", "fingerprint"]


def fingerprint(files: tuple[Path, ...], fields: FieldMap) -> str:
    """Return the source of a replay: the same files read in the same way are the same events.

    Raises:
        InputError: a file cannot be read, or not twice.
    """
    if STDIN in files:
        raise InputError("a replay reads its input more than once, to go on where it was: save stdin to a file first")
    read_as = (sorted(fields.columns.items()), sorted(fields.constants.items()))
    digest = hashlib.blake2b(repr(read_as).encode(), digest_size=8)
    for path in files:
        try:
            with path.open("rb") as file:
                while chunk := file.read(1 << 20):
                    digest.update(chunk)
        except OSError as error:
            raise InputError(f"{path}: {error.strerror or error}") from error
    return f"replay-{digest.hexdigest()}"


class Checkpoint:
    """How many lines of one source have become durable at one endpoint, kept in the user's state directory."""

    def __init__(self, source: str, endpoint: str) -> None:
        where = hashlib.blake2b(endpoint.encode(), digest_size=4).hexdigest()
        self._path = state_home() / "windvane" / "replay" / f"{source}-{where}.json"
        try:
            self.lines: int = msgspec.json.decode(self._path.read_bytes(), type=dict[str, int])["lines"]
        except (OSError, msgspec.DecodeError, KeyError):
            self.lines = 0

    def keep(self, lines: int) -> None:
        """Note that the first `lines` lines are durable; a run that reads fewer takes nothing back."""
        if lines <= self.lines:
            return
        self.lines = lines
        self._path.parent.mkdir(parents=True, exist_ok=True)
        new = self._path.with_suffix(".new")
        new.write_bytes(msgspec.json.encode({"lines": lines}))
        new.replace(self._path)
