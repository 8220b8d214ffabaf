"""The spool: this process's segments, and those that dead processes of the service have left.

<spool>/<service>/<source>/lock          held by its process for life, let go by the kernel
<spool>/<service>/<source>/000001.seg    …
"""

from __future__ import annotations

import fcntl
import logging
import os
import re
from collections import deque
from pathlib import Path
from typing import Final

from windvane.collectors.segment import Segment

__all__ = ["Left", "Spool", "adopt"]

_log: Final = logging.getLogger("windvane")
SEGMENT_BYTES: Final = 8 << 20
_MEMORY_BYTES: Final = 32 << 20
"""Most that is kept where nothing can be written to disk."""


def service_dir(spool_dir: Path, service: str) -> Path:
    """Return the folder of a service's spools: its name, made safe for a file system."""
    return spool_dir / (re.sub(r"[^\w.-]", "_", service)[:100] or "_")


class Spool:
    """The chain of one process's segments. `active` is written to; `waiting` are full, the oldest first.

    The writer calls `rotate`, under its lock; the sender all else.
    """

    def __init__(self, folder: Path, source: str, limit: int) -> None:
        """Make the folder and the first segment; where that cannot be, go on in memory and say so once."""
        self.source = source
        self.waiting: deque[Segment] = deque()
        self._number, self._size = 0, SEGMENT_BYTES
        self._ready: Segment | None = None
        self._folder: Path | None = folder / source
        self._most = max(2, limit // self._size)
        self._lock = -1
        try:
            self._lock = _make_held(self._folder)
            self.active = self._new()
        except OSError as error:
            _log.warning("%s cannot be written (%s): events wait in memory, and die with this process", folder, error)
            self._release()
            self._folder = None
            self._most = min(self._most, _MEMORY_BYTES // self._size)
            self.active = self._new()

    def _new(self) -> Segment:
        self._number += 1
        if self._folder is None:
            return Segment.anonymous(self._size, self.source)
        return Segment.create(self._folder / f"{self._number:06}.seg", self._size, self.source)

    def rotate(self) -> bool:
        """Make the next segment the active one, a prepared one if any; return False where the spool has no room.

        Raises:
            OSError: no segment can be made: the disk is full, or gone.
        """
        if self._ready is None and len(self.waiting) + 2 > self._most:
            return False
        segment, self._ready = self._ready or self._new(), None
        self.waiting.append(self.active)
        self.active = segment
        return True

    def prepare(self) -> Segment | None:
        """Have the next segment ready, if there is room for one; return it if it is new, to be prefaulted."""
        if self._ready is not None or len(self.waiting) + 2 > self._most or self._folder is None:
            return None
        if self.active.head < self._size // 4:
            return None
        try:
            self._ready = self._new()
        except OSError:
            return None  # `rotate` tries again and counts
        return self._ready

    def oldest(self) -> Segment:
        """Return the segment to read next."""
        active = self.active  # read first: a rotation in between then shows in `waiting`
        return self.waiting[0] if self.waiting else active

    def drop_oldest(self) -> None:
        """Delete the oldest segment: everything in it is durable."""
        self.waiting.popleft().remove()

    def close(self) -> None:
        """Give the folder up: what is in it is the next process's to send. An empty one is removed."""
        segments = [*self.waiting, self.active, *([self._ready] if self._ready else [])]
        for segment in segments:
            if segment.tail >= segment.head:
                segment.remove()
            else:
                segment.close()
        if self._folder is not None and not any(self._folder.glob("*.seg*")):
            _remove(self._folder)
        self._release()

    def forget(self) -> None:
        """Let go of everything without a trace, in a forked child: it is the parent's."""
        for segment in [*self.waiting, self.active, *([self._ready] if self._ready else [])]:
            segment.close()
        self._release()

    def _release(self) -> None:
        if self._lock >= 0:
            os.close(self._lock)
            self._lock = -1


def _make_held(folder: Path) -> int:
    """Make a folder that this process holds from the moment others can see it."""
    folder.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    hidden = folder.with_name(f".{folder.name}")
    hidden.mkdir(mode=0o700)
    lock = _hold(hidden)
    hidden.rename(folder)
    return lock


def _hold(folder: Path) -> int:
    """Lock a folder for this process; BlockingIOError where another has it."""
    fd = os.open(folder / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(fd)
        raise
    return fd


def _remove(folder: Path) -> None:
    try:
        (folder / "lock").unlink(missing_ok=True)
        folder.rmdir()
    except OSError:
        _log.debug("%s could not be removed", folder)


class Left:
    """What a dead process left: its segments, held by this one until they are sent."""

    def __init__(self, folder: Path, lock: int) -> None:
        self._folder, self._lock = folder, lock
        self.segments: deque[Segment] = deque()
        for path in sorted(folder.glob("*.seg")):
            try:
                self.segments.append(Segment.open(path))
            except (ValueError, OSError) as error:
                _log.warning("set aside: %s", error)
                path.rename(path.with_suffix(".bad"))

    def drop_oldest(self) -> None:
        """Delete the oldest segment: everything in it is durable."""
        self.segments.popleft().remove()

    def close(self) -> None:
        """Let it go; the folder is removed if nothing is left in it."""
        for segment in self.segments:
            segment.close()
        if not any(path.name != "lock" for path in self._folder.iterdir()):
            _remove(self._folder)
        os.close(self._lock)


def adopt(folder: Path, mine: str) -> Left | None:
    """Take over one dead process's spool below `folder`; None where there is none. No two processes take the same."""
    try:
        found = sorted(p for p in folder.iterdir() if p.name != mine and p.name[0] != "." and p.is_dir())
    except OSError:
        return None
    for path in found:
        try:
            lock = _hold(path)
        except OSError:
            continue  # alive, or adopted by another
        if not any(path.glob("*.seg")):
            if not any(path.glob("*.bad")):
                _remove(path)
            os.close(lock)
            continue
        return Left(path, lock)
    return None
