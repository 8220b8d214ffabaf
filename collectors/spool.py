"""The spool: this process's segments, each a file, and the lock that says that the process lives.

<spool>/<service>/<source>/lock          held by its process for life, let go by the kernel
<spool>/<service>/<source>/000001.seg    …
"""

from __future__ import annotations

import fcntl
import itertools
import logging
import os
import re
import time
from collections import deque
from pathlib import Path
from typing import Final

from windvane.collectors.segment import HEADER_BYTES, Segment

__all__ = ["Spool", "hold", "remove_folder", "service_dir"]

_log: Final = logging.getLogger("windvane")
_MOST_SEGMENTS: Final = 32
"""A waiting segment costs its process a file descriptor: a larger spool has larger segments, not more of them."""
_LEAST_SEGMENT: Final = 1 << 20
_MEMORY_BYTES: Final = 32 << 20
"""Most that is kept where nothing can be written to disk."""
_AHEAD: Final = 1 << 20
"""Pages that are mapped ahead of the head, in bytes."""
_RETRY_S: Final = 0.5


def service_dir(spool_dir: Path, service: str) -> Path:
    """Return the folder of a service's spools: its name, made safe for a file system.

    >>> str(service_dir(Path("/spool"), "shop/checkout")), str(service_dir(Path("/spool"), ".."))
    ('/spool/shop_checkout', '/spool/__')
    """
    name = re.sub(r"[^\w.-]", "_", service)[:60]
    return spool_dir / (re.sub(r"^\.+", lambda dots: "_" * len(dots[0]), name) or "_")


class Spool:
    """The chain of one process's segments. `active` is written to; `waiting` are full, the oldest first.

    The writer calls `rotate`, under its lock; the sender `keep`, `oldest` and `drop_oldest`.
    """

    def __init__(self, folder: Path | None, source: str, limit: int) -> None:
        """Make the folder and the first segment; where that cannot be, go on in memory and say so once.

        `limit` is the most disk to take, in bytes: 2 MiB or more.
        """
        self.source = source
        self.waiting: deque[Segment] = deque()
        self._ready: deque[Segment] = deque()  # none or one; made by the sender, taken by the writer
        self._numbers = itertools.count(1)
        self._lock, self._retry_at, self._closed = -1, 0.0, False
        self._folder = folder / source if folder else None
        self._bound(limit)
        try:
            if self._folder is not None:
                self._lock = _make_held(self._folder)
            self.active = self._new()
        except OSError as error:
            _log.warning("%s cannot be written (%s): events wait in memory, and die with this process", folder, error)
            self._release()
            self._folder = None
            self._bound(min(limit, _MEMORY_BYTES))
            self.active = self._new()

    def _bound(self, limit: int) -> None:
        self._size = max(_LEAST_SEGMENT, limit // _MOST_SEGMENTS & -HEADER_BYTES)
        self._room = deque([None] * (limit // self._size))  # one for each segment that may still be made

    def _new(self) -> Segment:
        """Make a segment. IndexError if the spool has no room, OSError if the disk has none."""
        self._room.pop()
        try:
            if self._folder is None:
                return Segment.anonymous(self._size, self.source)
            return Segment.create(self._folder / f"{next(self._numbers):06}.seg", self._size, self.source)
        except OSError:
            self._room.append(None)
            raise

    def rotate(self) -> bool:
        """Make the next segment the active one, the one that is ready if any; return False if the spool has no room.

        Raises:
            OSError: no segment can be made: the disk is full, or gone. Not tried again for half a second.
        """
        try:
            segment = self._ready.popleft()
        except IndexError:
            try:
                segment = self._new_by_writer()
            except IndexError:
                return False
        self.waiting.append(self.active)
        self.active = segment
        # The sender does this, but it may be waiting for the network: what is mapped must stay little.
        for full in list(self.waiting)[-4:-2]:
            full.seal()
        return True

    def _new_by_writer(self) -> Segment:
        if time.monotonic() < self._retry_at:
            raise OSError("it failed a moment ago")
        try:
            return self._new()
        except OSError:
            self._retry_at = time.monotonic() + _RETRY_S
            raise

    def keep(self) -> None:
        """Do ahead what would cost the writer time: the next segment, the pages ahead; unmap what is full."""
        for full in list(self.waiting):
            full.seal()
        active = self.active
        _map_pages(active)
        # The last one is left to the writer: what is only in the making must not look like a full spool.
        if not self._ready and len(self._room) > 1 and self._folder is not None and active.head >= self._size // 4:
            try:
                segment = self._new()
            except (OSError, IndexError):
                return  # `rotate` tries again, and what is dropped is counted
            _map_pages(segment)
            self._ready.append(segment)

    def oldest(self) -> Segment:
        """Return the segment to read next."""
        active = self.active  # read first: a rotation in between then shows in `waiting`
        return self.waiting[0] if self.waiting else active

    def drop_oldest(self) -> None:
        """Delete the oldest segment: everything in it is durable."""
        self.waiting.popleft().remove()
        self._room.append(None)

    def close(self, *, told: bool) -> None:
        """Give the folder up: what is in it is the next process's to send. May be called twice.

        `told`: the counts of what was dropped have gone out; else the active segment is kept for them.
        """
        if self._closed:
            return
        self._closed = True
        for segment in [*self.waiting, *self._ready, self.active]:
            if segment.tail >= segment.head and (told or segment is not self.active):
                segment.remove()
            else:
                segment.close()
        if self._folder is not None and not any(self._folder.glob("*.seg*")):
            remove_folder(self._folder)
        self._release()

    def forget(self) -> None:
        """Let go of everything without a trace, in a forked child: it is the parent's."""
        for segment in [*self.waiting, *self._ready, self.active]:
            segment.close()
        self._release()

    def _release(self) -> None:
        lock, self._lock = self._lock, -1
        if lock >= 0:
            os.close(lock)


def _map_pages(segment: Segment) -> None:
    """Map the pages ahead of the head, in slices: each holds the GIL for microseconds, and lets the app in after."""
    while segment.prefault(segment.head + _AHEAD):
        time.sleep(0)


def _make_held(folder: Path) -> int:
    """Make a folder that this process holds from the moment others can see it."""
    folder.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    hidden = folder.with_name(f".{folder.name}")
    hidden.mkdir(mode=0o700)
    lock = hold(hidden)
    hidden.rename(folder)
    return lock


def hold(folder: Path) -> int:
    """Lock a folder for this process and return the lock's file; BlockingIOError where another has it."""
    fd = os.open(folder / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(fd)
        raise
    return fd


def remove_folder(folder: Path) -> None:
    """Remove a folder that holds nothing but its lock, if that can be."""
    try:
        (folder / "lock").unlink(missing_ok=True)
        folder.rmdir()
    except OSError:
        _log.debug("%s could not be removed", folder)
