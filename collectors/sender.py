"""The sender: a background thread that takes finished rows from the segments and makes them durable in the log.

It shares the GIL with the app, so it works in small slices: what it does between two releases is microseconds. Rows are
compressed as they are, which releases the GIL, as reading and sending do.
"""

from __future__ import annotations

import logging
import random
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from windvane.collectors.envelope import MAX_EVENTS, Header, pack
from windvane.collectors.segment import Entry, Segment
from windvane.collectors.spool import Left, Spool, adopt
from windvane.collectors.transport.base import Transport
from windvane.collectors.transport.opening import open_transport
from windvane.errors import Reason, TransportError

__all__ = ["DROPS", "Sender"]

_log: Final = logging.getLogger("windvane")
DROPS: Final = (Reason.SPOOL_FULL, Reason.SPOOL_ERROR, Reason.REENTRANT, Reason.CLOSED, Reason.WRONG_TYPE,
                Reason.OUT_OF_RANGE, Reason.OVERSIZE, Reason.NOT_AN_OBJECT)  # fmt: skip
"""Why an event may never leave the app; the order in which a segment's header counts them."""
_READ_BYTES: Final = 256 * 1024
"""Rows taken at once: also the most that one envelope holds before compression."""
_GIL_ROWS: Final = 64
_MAX_WAIT_S: Final = 10.0
_ADOPT_S: Final = 30.0


@dataclass(slots=True)
class _Source:
    """Where the sender is in one chain of segments: its own, or a dead process's."""

    names: dict[int, str] = field(default_factory=dict)
    segment: Segment | None = None

    def enter(self, segment: Segment) -> None:
        """Begin a segment; the names of its keys stand in it, before what is left to send too."""
        self.segment, self.names = segment, {}
        at, end = 4096, segment.tail
        while at < end:
            entries, at = segment.read(at, min(_READ_BYTES, end - at))
            self.note(entries)

    def note(self, entries: list[Entry]) -> None:
        """Remember the names of keys."""
        for entry in entries:
            if entry.number < 0:
                self.names[entry.key] = bytes(entry.data).decode()


class Sender(threading.Thread):
    """Sends until stopped. `delivered` counts this process's own events that are durable in the log."""

    def __init__(self, endpoint: str, spool: Spool, folder: Path | None, counts: Callable[[], dict[str, int]],
                 linger_s: float) -> None:  # fmt: skip
        """`counts` returns the ledger so far; `folder` is where dead processes' spools are looked for, if anywhere."""
        super().__init__(name="windvane-sender", daemon=True)
        self.delivered = 0
        self.adopted = 0
        self.retries = 0
        self.error = ""
        self.wake = threading.Event()
        self._endpoint, self._spool, self._folder, self._counts, self._linger_s = (
            endpoint,
            spool,
            folder,
            counts,
            linger_s,
        )
        self._transport: Transport | None = None
        self._moved = threading.Condition()
        self._halt = threading.Event()
        self._own = _Source()
        self._told: dict[str, int] = {}

    def run(self) -> None:
        """Send what there is, then wait for more; look for what others left behind."""
        adopt_at = 0.0
        try:
            self._map_pages(self._spool.active)
            while not self._halt.is_set():
                self._prepare()
                if not self._send_own() and not self._halt.is_set():
                    if self._folder is not None and time.monotonic() >= adopt_at:
                        self._send_left()
                        adopt_at = time.monotonic() + _ADOPT_S
                    self.wake.wait(self._linger_s)
                    self.wake.clear()
        except Exception as error:  # a thread of ours must not print into the app
            self.error = repr(error)
            _log.exception("the sender has ended; events stay in %s", self._spool.oldest().path)
        finally:
            if self._transport is not None:
                self._transport.close()

    def wait_for(self, events: int, timeout_s: float) -> bool:
        """Wait until `events` of this process's are durable; return whether they are."""
        self.wake.set()
        with self._moved:
            return self._moved.wait_for(lambda: self.delivered >= events or not self.is_alive(), timeout_s) and (
                self.delivered >= events
            )

    def tell_counts(self, timeout_s: float) -> None:
        """Send an envelope of counts alone, if they have changed since the last one that went out. Tries once."""
        counts = self._counts()
        if counts != self._told and timeout_s > 0 and not self.is_alive():
            header = Header(source=self._spool.source, key="", ledger=counts)
            try:
                self._open().send([("", pack([], header))])
            except TransportError as error:
                self.error = str(error)

    def stop(self, timeout_s: float) -> None:
        """Ask the thread to end and wait for it."""
        self._halt.set()
        self.wake.set()
        if self.is_alive():
            self.join(timeout_s)

    def _open(self) -> Transport:
        if self._transport is None:
            self._transport = open_transport(self._endpoint)
        return self._transport

    def _prepare(self) -> None:
        """Have the next segment there, and the pages ahead of the head mapped, before the app needs them."""
        if (segment := self._spool.prepare()) is not None:
            self._map_pages(segment)
        active = self._spool.active
        active.prefault(active.head & ~4095, active.size)

    def _map_pages(self, segment: Segment) -> None:
        at = 0
        while at < segment.size and not self._halt.is_set():
            at = segment.prefault(at, segment.size)
            time.sleep(0)

    def _send_own(self) -> bool:
        """Send one slice of this process's rows; return False where there is none."""
        segment = self._spool.oldest()
        if self._own.segment is not segment:
            self._own.enter(segment)
        # Asked before the head is read: of a full segment it is final.
        full = segment is not self._spool.active
        if segment.tail >= segment.head:
            if full:
                self._spool.drop_oldest()
            return full
        if full:
            segment.seal()
        sent = self._slice(self._own, segment, self._spool.source, self._counts)
        with self._moved:
            self.delivered += sent
            self._moved.notify_all()
        return True

    def _slice(self, source: _Source, segment: Segment, name: str, counts: Callable[[], dict[str, int]]) -> int:
        """Make the next rows of `segment` durable; return how many there were. Retries until it is stopped."""
        entries, stop = segment.read(segment.tail, _READ_BYTES)
        source.note(entries)
        groups = _grouped(entries)
        ledger = counts()
        envelopes = []
        for key, rows in groups.items():
            for begin in range(0, len(rows), MAX_EVENTS):
                some = rows[begin : begin + MAX_EVENTS]
                named = source.names.get(key, "/")
                header = Header(source=name, key=named, first=some[0].number, ledger=ledger)
                envelopes.append((named, pack([entry.data for entry in some], header)))
        if envelopes and not self._send(envelopes):
            return 0
        self._told = ledger
        segment.done(stop)
        return sum(len(rows) for rows in groups.values())

    def _send(self, envelopes: list[tuple[str, bytes]]) -> bool:
        """Send until durable; return False if stopped before. A repeat is recognized by source and number."""
        wait_s = 0.2
        while True:
            try:
                self._open().send(envelopes)
                self.error = ""
                return True
            except TransportError as error:
                if not self.error:
                    _log.warning("%s. Events wait in the spool", error)
                self.error = str(error)
                self.retries += 1
                pause = min(_MAX_WAIT_S, error.retry_after or wait_s * random.uniform(0.5, 1.0))
            if self._halt.wait(pause):
                return False
            wait_s = min(2 * wait_s, _MAX_WAIT_S)
            self._prepare()

    def _send_left(self) -> None:
        """Send what dead processes of the service have left, under their own names and numbers."""
        while not self._halt.is_set() and (left := adopt(self._folder or Path(), self._spool.source)) is not None:
            try:
                if not self._send_one(left):
                    return
            finally:
                left.close()

    def _send_one(self, left: Left) -> bool:
        source = _Source()
        while left.segments:
            segment = left.segments[0]
            emitted, drops = segment.counts(len(DROPS))
            ledger = _ledger(emitted, dict(zip(DROPS, drops, strict=True)))
            try:
                source.enter(segment)
                while segment.tail < segment.head:
                    sent = self._slice(source, segment, segment.source, lambda told=ledger: told)  # type: ignore[misc]
                    if self._halt.is_set() and segment.tail < segment.head:
                        return False
                    self.adopted += sent
                    while self._send_own():  # the living first
                        pass
            except ValueError as error:
                _log.warning("set aside: %s", error)
                if segment.path is not None:
                    segment.path.rename(segment.path.with_suffix(".bad"))
            left.drop_oldest()
        return True


def _grouped(entries: list[Entry]) -> dict[int, list[Entry]]:
    """Return the rows by key, in order; lets the app in every few rows."""
    groups: dict[int, list[Entry]] = {}
    for begin in range(0, len(entries), _GIL_ROWS):
        for entry in entries[begin : begin + _GIL_ROWS]:
            if entry.number >= 0:
                groups.setdefault(entry.key, []).append(entry)
        time.sleep(0)
    return groups


def _ledger(emitted: int, drops: dict[Reason, int]) -> dict[str, int]:
    """Return the counts as an envelope's header carries them."""
    return {"emitted": emitted, **{f"dropped.{reason}": count for reason, count in drops.items() if count}}
