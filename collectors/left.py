"""What dead processes of a service have left in the spool: taken over by one living process, and sent."""

from __future__ import annotations

import logging
import os
from collections import deque
from pathlib import Path
from typing import Final

from windvane.collectors.segment import Segment
from windvane.collectors.spool import hold, remove_folder

__all__ = ["Left", "adopt"]

_log: Final = logging.getLogger("windvane")


class Left:
    """What one dead process left: its segments, the oldest first, held by this process until they are sent."""

    def __init__(self, folder: Path, lock: int) -> None:
        """`lock` is the folder's, held."""
        self._folder, self._lock = folder, lock
        found = []
        for path in folder.glob("*.seg"):
            try:
                found.append(Segment.open(path))
            except (ValueError, OSError) as error:
                set_aside(path, error)
        # By what was emitted before, not by name: one that was made ahead may have been used later.
        self.segments = deque(sorted(found, key=lambda segment: (segment.counts(0)[0], str(segment.path))))

    def drop_oldest(self) -> None:
        """Delete the oldest segment: everything in it is durable."""
        self.segments.popleft().remove()

    def set_aside_oldest(self, error: Exception) -> None:
        """Keep the oldest segment, which is damaged, out of the way of what is sent."""
        segment = self.segments.popleft()
        segment.close()
        if segment.path is not None:
            set_aside(segment.path, error)

    def forget(self) -> None:
        """Let go without a trace, in a forked child: it is the parent's. Else the child would hold the lock."""
        for segment in self.segments:
            segment.close()
        lock, self._lock = self._lock, -1
        if lock >= 0:
            os.close(lock)

    def close(self) -> None:
        """Let go; the folder is removed if nothing is left in it."""
        if all(path.name == "lock" for path in self._folder.iterdir()):
            remove_folder(self._folder)
        self.forget()


def set_aside(path: Path, error: Exception) -> None:
    """Rename a damaged segment, so that nobody tries it again."""
    _log.warning("set aside as %s.bad: %s", path.stem, error)
    path.rename(path.with_suffix(".bad"))


def adopt(folder: Path, mine: str) -> Left | None:
    """Take over one dead process's spool below `folder`; None where there is none. No two processes take the same."""
    try:
        found = sorted(p for p in folder.iterdir() if p.name != mine and p.name[0] != "." and p.is_dir())
    except OSError:
        return None
    for path in found:
        try:
            lock = hold(path)
        except OSError:
            continue  # alive, or adopted by another
        if any(path.glob("*.seg")):
            return Left(path, lock)
        if not any(path.glob("*.bad")):
            remove_folder(path)
        os.close(lock)
    return None
