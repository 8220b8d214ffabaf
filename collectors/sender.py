"""The sender: a background thread that takes finished rows from the segments and makes them durable in the log.

It shares the GIL with the app, so it works in small slices: what it does between two releases is microseconds. Rows in
which there is nothing to redact are compressed as they are, which releases the GIL, as reading and sending do.
"""

from __future__ import annotations

import logging
import random
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Final

from windvane.collectors.counts import DROPS, ledger
from windvane.collectors.left import Left, adopt
from windvane.collectors.segment import Segment
from windvane.collectors.slicing import SLICE_BYTES, Chain
from windvane.collectors.spool import Spool
from windvane.collectors.transport.base import Transport
from windvane.collectors.transport.opening import importing, open_transport
from windvane.errors import TransportError

if TYPE_CHECKING:
    from windvane.collectors.redaction.policy import Policy
    from windvane.collectors.redaction.records import Records

__all__ = ["Sender"]

_log: Final = logging.getLogger("windvane")
_MAX_BACKOFF_S: Final = 10.0
_MAX_RETRY_AFTER_S: Final = 60.0
_ADOPT_S: Final = 5.0
_TELL_S: Final = 1.0

Counts = Callable[[], dict[str, int]]


class Sender(threading.Thread):
    """Sends until stopped. `delivered` counts this process's own events that are durable in the log."""

    def __init__(
        self, endpoint: str, spool: Spool, folder: Path | None, counts: Counts, linger_s: float, policy: Policy
    ) -> None:
        """`counts` returns the ledger so far; `folder` is where dead processes' spools are looked for, if anywhere.

        All rows that are sent are redacted by `policy`, a dead process's too.
        """
        super().__init__(name="windvane-sender", daemon=True)
        self.delivered = 0
        self.adopted = 0
        self.retries = 0
        self.error = ""
        self._endpoint, self._spool, self._folder, self._linger_s = endpoint, spool, folder, linger_s
        self._transport: Transport | None = None
        self._moved = threading.Condition()
        self._halt = False
        self._ended = False
        # A bare lock as a bell: ringing it is one call of C, safe in a signal handler; an Event's is not.
        self._bell = threading.Lock()
        self._bell.acquire()
        self.records: Records | None = None
        self._whole: Callable[[memoryview], bytes | memoryview]
        self._policy = policy
        self._own = Chain(spool.source, counts, self._redact)
        self._left: Left | None = None
        self._told: dict[str, int] = ledger(0, [0] * len(DROPS))
        self._tell_at = 0.0
        self._warn_at: dict[str, int] = {}

    def wake(self) -> None:
        """Have the thread look at the spool now. Never blocks."""
        with suppress(RuntimeError):  # it has been rung already
            self._bell.release()

    def run(self) -> None:
        """Send what there is, then wait for more; look for what others left behind. When stopped, try all once more."""
        adopt_at = 0.0
        try:
            while not self._halt:
                self._keep()
                if self._send_own() and self._is_behind():
                    continue
                self._tell()
                if self._folder is not None and time.monotonic() >= adopt_at:
                    self._send_left(self._folder)
                    adopt_at = time.monotonic() + _ADOPT_S
                self._bell.acquire(timeout=max(0.005, self._linger_s))
            while self._send_own():
                pass
            self._tell()
        except Exception as error:  # a thread of ours must not print into the app
            self.error = repr(error)
            _log.exception("the sender has ended; events stay in %s", self._spool.oldest().path)
        finally:
            self._close_transport()
            if self._halt:
                self.close_spool()
            with self._moved:
                self._ended = True
                self._moved.notify_all()

    def close_spool(self) -> None:
        """Give the spool up; for after the end of the thread, and of all writing."""
        with suppress(OSError):
            self._spool.close(told=_dropped(self._own.counts()) == _dropped(self._told))

    def wait_for(self, events: int, timeout_s: float) -> bool:
        """Wait until `events` of this process's are durable; return whether they are."""
        self.wake()
        with self._moved:
            self._moved.wait_for(lambda: self.delivered >= events or self._ended, timeout_s)
            return self.delivered >= events

    def stop(self, timeout_s: float) -> None:
        """Ask the thread to end, having tried once more to send all there is, and wait for it."""
        self._halt = True
        self.wake()
        if self.is_alive():
            self.join(timeout_s)

    def forget(self) -> None:
        """Let go of what was adopted, in a forked child: it is the parent's."""
        if self._left is not None:
            self._left.forget()

    def _redact(self, data: memoryview) -> bytes | memoryview:
        if self.records is None:
            # Loaded by this thread, at its first row: the app's start does not wait for it.
            with importing:
                import hashlib  # noqa: F401  # that redaction would load later, and the app may need
                import socket  # noqa: F401

                from windvane.collectors.instrument.unread import whole
                from windvane.collectors.redaction.records import Records

            self._whole, self.records = whole, Records(self._policy, self._folder and self._folder.parent)
        try:
            row = self._whole(data)
        except Exception:  # damaged on its disk: without its texts, and counted, rather than for ever in the way
            row = data
        return self.records.apply(row)

    def _close_transport(self) -> None:
        transport, self._transport = self._transport, None
        if transport is not None:
            transport.close()

    def _keep(self) -> None:
        """Do ahead what would cost the app time; say what was dropped: 1, 2, 4, 8 … so far, of each reason."""
        self._spool.keep()
        for name, count in self._own.counts().items():
            if name != "emitted" and count >= self._warn_at.get(name, 1):
                self._warn_at[name] = 1 << count.bit_length()
                _log.warning("%d events dropped so far: %s", count, name.removeprefix("dropped."))

    def _is_behind(self) -> bool:
        """Whether there is so much to send that it should not wait for company."""
        segment = self._spool.oldest()
        return segment is not self._spool.active or segment.head - segment.tail >= SLICE_BYTES

    def _tell(self) -> None:
        """Send the counts alone, if something was dropped since they last went out."""
        counts = self._own.counts()
        if _dropped(counts) == _dropped(self._told) or (time.monotonic() < self._tell_at and not self._halt):
            return
        self._tell_at = time.monotonic() + _TELL_S
        if self._send(self._own.words(counts)):
            self._told = counts

    def _send_own(self) -> bool:
        """Send one slice of this process's rows; return False where there is none, or it was stopped."""
        segment = self._spool.oldest()
        # Asked before the head is read: of a full segment it is final.
        full = segment is not self._spool.active
        if segment.tail >= segment.head:
            if full:
                self._spool.drop_oldest()
            return full
        sent = self._send_slice(self._own, segment)
        if sent is None:
            return False
        with self._moved:
            self.delivered += sent
            self._moved.notify_all()
        return True

    def _send_slice(self, chain: Chain, segment: Segment) -> int | None:
        """Make the next rows of `segment` durable; return how many they were, or None if it was stopped before."""
        envelopes, stop, rows, counts = chain.next(segment)
        if envelopes:
            if not self._send(envelopes):
                return None
            if chain is self._own:
                self._told = counts
        segment.done(stop)
        return rows

    def _send(self, envelopes: list[tuple[str, bytes]]) -> bool:
        """Send until durable; return False if stopped before. A repeat is recognized by source and number."""
        backoff_s = 0.2
        while True:
            try:
                if self._transport is None:
                    self._transport = open_transport(self._endpoint)
                self._transport.send(envelopes)
                self.error = ""
                return True
            except TransportError as error:
                self._failed(str(error))
                pause_s = backoff_s * random.uniform(0.5, 1.0)
                if error.retry_after:
                    pause_s = min(error.retry_after, _MAX_RETRY_AFTER_S)
            except Exception as error:
                # Whatever a library raises: the events are safe, so begin anew with another connection.
                _log.debug("sending failed", exc_info=True)
                self._failed(repr(error))
                self._close_transport()
                pause_s = backoff_s
            if not self._pause(pause_s):
                return False
            backoff_s = min(2 * backoff_s, _MAX_BACKOFF_S)

    def _failed(self, why: str) -> None:
        if not self.error:
            _log.warning("%s. Events wait in the spool", why)
        self.error = why
        self.retries += 1

    def _pause(self, seconds: float) -> bool:
        """Wait, but go on doing ahead what would cost the app time; return False if stopped."""
        until = time.monotonic() + seconds
        while not self._halt and (left := until - time.monotonic()) > 0:
            self._bell.acquire(timeout=left)
            self._keep()
        return not self._halt

    def _send_left(self, folder: Path) -> None:
        """Send what dead processes of the service have left, under their own names and numbers."""
        whole = True
        try:
            while whole and (left := adopt(folder, self._spool.source)) is not None:
                self._left = left
                try:
                    whole = self._send_one(left)
                finally:
                    self._left = None
                    left.close()
        except OSError as error:
            _log.warning("what another process has left in %s cannot be sent now: %s", folder, error)

    def _send_one(self, left: Left) -> bool:
        while left.segments:
            segment = left.segments[0]
            emitted, drops = segment.counts(len(DROPS))
            told = ledger(emitted, drops)
            chain = Chain(segment.source, lambda told=told: told, self._redact)  # type: ignore[misc]
            try:
                while segment.tail < segment.head:
                    sent = self._send_slice(chain, segment)
                    if sent is None:
                        return False
                    self.adopted += sent
                    while self._send_own():  # the living first
                        pass
            except ValueError as error:
                left.set_aside_oldest(error)
                continue
            if any(drops) and not self._send(chain.words(told)):
                return False
            left.drop_oldest()
        return True


def _dropped(counts: dict[str, int]) -> int:
    return sum(counts.values()) - counts["emitted"]
