"""Ctrl-C and SIGTERM: the first asks, a second one ends the process at once."""

from __future__ import annotations

import signal
import time
from types import FrameType
from typing import Final

__all__ = ["StopRequest", "Stopped", "raise_when_asked"]

_SIGNALS: Final = (signal.SIGINT, signal.SIGTERM)


class Stopped(BaseException):
    """The process was asked to end. `told` says what that means for the work it was at."""

    def __init__(self, number: int) -> None:
        super().__init__(f"signal {number}")
        self.number = number
        self.told = ""


def _end_at_the_next() -> None:
    for number in _SIGNALS:
        signal.signal(number, signal.SIG_DFL)


def raise_when_asked() -> None:
    """Raise `Stopped` in the main thread when asked to end: for commands that can be left at any point."""

    def stop(number: int, _: FrameType | None) -> None:
        _end_at_the_next()
        raise Stopped(number)

    for number in _SIGNALS:
        signal.signal(number, stop)


class StopRequest:
    """`asked` becomes True when the process is asked to end: for commands that end at a point of their own."""

    def __init__(self) -> None:
        self.asked = False
        for number in _SIGNALS:
            signal.signal(number, self._take)

    def _take(self, number: int, _: FrameType | None) -> None:
        # A plain flag: the handler may run while this very thread holds the lock of a threading.Event.
        self.asked = True
        _end_at_the_next()

    def wait(self) -> None:
        """Block until asked."""
        while not self.asked:
            time.sleep(0.1)
