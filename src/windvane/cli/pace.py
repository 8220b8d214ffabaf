"""A replay at the events' own pace."""

from __future__ import annotations

import time
from typing import Final

from windvane.collectors.event import INDEX, Row

__all__ = ["Pace"]

_TIME: Final = INDEX["time"]
_LINGER_S: Final = 0.2
"""How long an event may wait for others to be sent with."""


class Pace:
    """Holds events back to their own pace, `speed` times as fast; does nothing if that is None."""

    def __init__(self, speed: float | None) -> None:
        self._speed = speed
        self._first: tuple[float, int] | None = None
        self._flushed = time.monotonic()

    def _ahead(self, row: Row) -> float:
        """Return by how many seconds the row comes too early."""
        if self._speed is None or row[_TIME] is None:
            return 0.0
        if self._first is None:
            self._first = time.monotonic(), row[_TIME]
        due: float = self._first[0] + (row[_TIME] - self._first[1]) / 1e6 / self._speed
        return due - time.monotonic()

    def must_flush(self, row: Row | None) -> bool:
        """Return whether what is held would wait too long, were this row waited for first."""
        if self._speed is None:
            return False
        late = time.monotonic() - self._flushed > _LINGER_S or (row is not None and self._ahead(row) > 0.05)
        if late:
            self._flushed = time.monotonic()
        return late

    def wait(self, row: Row) -> None:
        """Block until it is the row's turn."""
        if (ahead := self._ahead(row)) > 0:
            time.sleep(ahead)
