"""The file of API keys: one per source, kept as a hash. A key is 256 bits of chance, so a plain SHA-256 hides it.

[[key]]
name = "checkout"
sha256 = "…"
redaction = "mask; email=hash"    # as WINDVANE_REDACTION; absent: as WINDVANE_GATEWAY_REDACTION
rate = 50.0                       # requests a second; absent: as WINDVANE_GATEWAY_RATE
"""

from __future__ import annotations

import hashlib
import hmac
import json
import logging
import os
import re
import secrets
import time
import tomllib
from pathlib import Path
from typing import Annotated, Final

import msgspec

from windvane.collectors.redaction.policy import Policy
from windvane.errors import ConfigError

__all__ = ["Key", "KeyFile", "make_key", "read_keys", "remove_key"]

_log: Final = logging.getLogger("windvane.gateway")
_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_LONGEST: Final = 512
_LOOK_S: Final = 1.0


class Key(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """One key: who sends with it, and what is done with what it sends."""

    name: str
    sha256: Annotated[str, msgspec.Meta(pattern="^[0-9a-f]{64}$")]
    redaction: str | None = None
    rate: Annotated[float, msgspec.Meta(gt=0)] | None = None


class _File(msgspec.Struct, forbid_unknown_fields=True):
    key: list[Key] = []


def read_keys(path: Path) -> list[Key]:
    """Return the keys in a file.

    Raises:
        ConfigError: it cannot be read, or holds anything else.
    """
    try:
        keys = msgspec.convert(tomllib.loads(path.read_text()), _File).key
    except OSError as error:
        raise ConfigError(f"{path}: {error.strerror}. `windvane gateway keys add NAME` makes it") from error
    except (ValueError, msgspec.ValidationError) as error:
        raise ConfigError(f"{path} is no file of keys: {error}. `windvane gateway keys` writes them") from error
    names = [key.name for key in keys]
    if twice := next((name for name in names if names.count(name) > 1), None):
        raise ConfigError(f"{path} has two keys named {twice}: remove one of them")
    for key in keys:
        if key.redaction is not None:
            Policy.read(key.redaction)
    return keys


def make_key(path: Path, name: str, *, redaction: str | None = None, rate: float | None = None) -> str:
    """Add a key to the file, which is made if need be, for this user alone; return the key. It is nowhere else.

    Raises:
        ConfigError: the name is taken or is none, or the file cannot be written.
    """
    if not _NAME.fullmatch(name):
        raise ConfigError(f"{name!r} is no name of a source: up to 64 letters, digits, '.', '_' and '-'")
    keys = read_keys(path) if path.exists() else []
    if any(key.name == name for key in keys):
        raise ConfigError(f"{path} has a key named {name}: `windvane gateway keys remove {name}` takes it away")
    if redaction is not None:
        Policy.read(redaction)
    secret = f"wv_{secrets.token_urlsafe(32)}"
    _write(path, [*keys, Key(name, _digest(secret), redaction, rate)])
    return secret


def remove_key(path: Path, name: str) -> None:
    """Take a key out of the file: a running gateway refuses it within seconds.

    Raises:
        ConfigError: there is none of that name, or the file cannot be written.
    """
    keys = read_keys(path)
    if all(key.name != name for key in keys):
        raise ConfigError(f"{path} has no key named {name}; it has {', '.join(key.name for key in keys) or 'none'}")
    _write(path, [key for key in keys if key.name != name])


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode("utf-8", "surrogateescape")).hexdigest()


def _write(path: Path, keys: list[Key]) -> None:
    lines = []
    for key in keys:
        lines += ["[[key]]", f"name = {json.dumps(key.name)}", f'sha256 = "{key.sha256}"']
        lines += [] if key.redaction is None else [f"redaction = {json.dumps(key.redaction)}"]
        lines += [] if key.rate is None else [f"rate = {key.rate!r}"]
        lines.append("")
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        fd = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
        with os.fdopen(fd, "w") as file:
            file.write("\n".join(lines))
        draft.replace(path)  # whole or not at all
    except OSError as error:
        raise ConfigError(f"{path} cannot be written: {error.strerror}. Name another file: --keys") from error


class KeyFile:
    """The keys that count now: the file is looked at again as it changes. One that is broken leaves the old ones."""

    def __init__(self, path: Path) -> None:
        """Read them.

        Raises:
            ConfigError: they cannot be read. A gateway that should ask for keys must not start without.
        """
        self._path, self._keys = path, read_keys(path)
        self._seen, self._looked = self._stamp(), time.monotonic()

    def find(self, secret: str) -> Key | None:
        """Return the key, compared with each in constant time; None where it is none of them."""
        self._look()
        if not secret or len(secret) > _LONGEST:
            return None
        digest, found = _digest(secret), None
        for key in self._keys:
            if hmac.compare_digest(key.sha256, digest):
                found = key
        return found

    def _look(self) -> None:
        if time.monotonic() - self._looked < _LOOK_S:
            return
        self._looked = time.monotonic()
        stamp = self._stamp()
        if stamp == self._seen:
            return
        self._seen = stamp
        try:
            self._keys = read_keys(self._path)
        except ConfigError as error:
            _log.error("the keys stay as they were: %s", error)

    def _stamp(self) -> tuple[int, int, int]:
        try:
            stat = self._path.stat()
        except OSError:
            return 0, 0, 0
        return stat.st_mtime_ns, stat.st_size, stat.st_ino
