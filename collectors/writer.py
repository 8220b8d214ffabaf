"""The writer: puts a process's encoded events into its spool, or drops them and counts why."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from typing import Final

from windvane.collectors.counts import DROPS, ledger
from windvane.collectors.event import MAX_EVENT_BYTES
from windvane.collectors.segment import RECORD_BYTES, Segment
from windvane.collectors.spool import Spool
from windvane.errors import Reason

__all__ = ["Writer"]

_log: Final = logging.getLogger("windvane")
_WAKE_EVERY: Final = 256


class _Key:
    """A series' home: its name, its index in segments, the next number, the segment that knows its name."""

    __slots__ = ("index", "name", "next", "segment")

    def __init__(self, index: int, name: bytes) -> None:
        self.index, self.name, self.next = index, name, 0
        self.segment: Segment | None = None


class Writer:
    """Called by any thread of the app at any moment: a signal handler or a finalizer in the middle of a call too."""

    def __init__(self, begin: Callable[[], tuple[Spool, Callable[[], None]]]) -> None:
        """`begin` makes the spool, and what is called every 256 events; not before `begin` or the first event."""
        # Re-entrant, so that an emit inside an emit (a signal, a finalizer) is noticed and dropped, not a deadlock.
        self._lock = threading.RLock()
        self._make = begin
        self._spool: Spool | None = None
        self._keys: dict[tuple[str, str | None], _Key] = {}
        self._busy = self.closed = False
        self._emitted = 0
        self._drops = dict.fromkeys(DROPS, 0)

    def begin(self) -> Spool:
        """Make the spool, if there is none yet."""
        with self._lock:
            if self._spool is None:
                self._spool, self._wake = self._make()
            return self._spool

    def forget(self) -> None:
        """Let go of the spool without a trace, in a forked child: it is the parent's."""
        if self._spool is not None:
            self._spool.forget()

    def put(self, data: bytes, service: str, model: str | None) -> None:
        """Copy an encoded event into the segment, or drop it and count why."""
        size = len(data)
        with self._lock:
            if self._busy or self.closed or size > MAX_EVENT_BYTES:
                self.drop(Reason.REENTRANT if self._busy else Reason.CLOSED if self.closed else Reason.OVERSIZE)
                return
            self._busy = True
            head = -1
            try:
                spool = self._spool or self.begin()
                key = self._keys.get((service, model)) or self._new_key(service, model)
                segment = spool.active
                if key.segment is not segment or segment.head + RECORD_BYTES + size > segment.size:
                    room = self._make_room(spool, key, size)
                    if room is None:
                        return
                    segment = room
                head = segment.head
                segment.append(data, key.index, key.next, self._emitted + 1)
            finally:
                # Also where a signal handler has raised in here: the event counts if it is in.
                self._busy = False
                if head >= 0 and segment.head > head:
                    key.next += 1
                    self._emitted += 1
            emitted = self._emitted
        if not emitted % _WAKE_EVERY:
            self._wake()

    def _new_key(self, service: str, model: str | None) -> _Key:
        key = self._keys[service, model] = _Key(len(self._keys), f"{service}/{model or ''}".encode())
        return key

    def _make_room(self, spool: Spool, key: _Key, size: int) -> Segment | None:
        """Return the active segment, a new one if need be, with room for an event, and knowing its key's name.

        None if there is no room, and then the event is dropped.
        """
        needed = size + 2 * RECORD_BYTES + len(key.name)
        if spool.active.head + needed > spool.active.size:
            try:
                if not spool.rotate():
                    self.drop(Reason.SPOOL_FULL)
                    return None
            except OSError as error:
                _log.debug("no segment: %s", error)
                self.drop(Reason.SPOOL_ERROR)
                return None
            spool.active.put_counts(self._emitted, list(self._drops.values()))
        segment = spool.active
        if segment.head + needed > segment.size:
            self.drop(Reason.OVERSIZE)  # a name of hundreds of kilobytes
            return None
        if key.segment is not segment:
            segment.name_key(key.index, key.name, self._emitted)
            key.segment = segment
        return segment

    def drop(self, reason: Reason) -> None:
        """Count an event that is lost. The sender says so in the log: a log may block, and this is the app's thread."""
        with self._lock:
            self._emitted += 1
            self._drops[reason] += 1
            if self._spool is not None:
                self._spool.active.put_counts(self._emitted, list(self._drops.values()))

    def close(self) -> None:
        """Drop what comes from now on."""
        with self._lock:
            self.closed = True

    def counts(self) -> tuple[int, dict[str, int]]:
        """Return how many events were emitted, and how many of them dropped, by reason."""
        with self._lock:
            return self._emitted, {str(reason): count for reason, count in self._drops.items() if count}

    def ledger(self) -> dict[str, int]:
        """Return the counts as an envelope's header carries them. Waits for nobody."""
        return ledger(self._emitted, self._drops.values())
