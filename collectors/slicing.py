"""From the records of a chain of segments to envelopes, a slice at a time."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Final, NamedTuple

from windvane.collectors.envelope import MAX_EVENTS, Header, pack
from windvane.collectors.segment import HEADER_BYTES, Entry, Segment

__all__ = ["SLICE_BYTES", "Chain", "Slice"]

SLICE_BYTES: Final = 256 * 1024
"""Rows taken at once: also the most that one envelope holds before compression, but for one event above it."""
_GIL_ROWS: Final = 64
_GIL_BYTES: Final = 8 * 1024
"""Rows that are redacted at once: less than 100 microseconds of work in all but texts full of finds."""


Redact = Callable[[memoryview], bytes | memoryview]


class Slice(NamedTuple):
    """Rows ready to send: envelopes with their record keys, where the rows end, how many they are, the counts told."""

    envelopes: list[tuple[str, bytes]]
    stop: int
    rows: int
    counts: dict[str, int]


class Chain:
    """The segments of one source, this process's or a dead one's, as far as they are read."""

    def __init__(self, source: str, counts: Callable[[], dict[str, int]], redact: Redact) -> None:
        """`counts` returns the source's ledger so far, for each envelope; `redact` a row as it may be sent."""
        self.source, self.counts, self._redact = source, counts, redact
        self._names: dict[int, str] = {}
        self._segment: Segment | None = None

    def next(self, segment: Segment) -> Slice:
        """Return the next rows of `segment` that are not done, some of them at least.

        Raises:
            ValueError: the segment is damaged.
        """
        if self._segment is not segment:
            self._enter(segment)
        entries, stop = segment.read(segment.tail, SLICE_BYTES)
        self._note(entries)
        groups, counts = _grouped(entries), self.counts()
        envelopes = []
        for key, rows in groups.items():
            name = self._names.get(key, "/")
            for begin in range(0, len(rows), MAX_EVENTS):
                some = rows[begin : begin + MAX_EVENTS]
                header = Header(source=self.source, key=name, first=some[0].number, ledger=counts)
                envelopes.append((name, pack(self._redacted(some), header)))
        return Slice(envelopes, stop, sum(map(len, groups.values())), counts)

    def _redacted(self, entries: list[Entry]) -> list[bytes | memoryview]:
        """Return the rows as they may be sent; lets the app in every few kilobytes."""
        rows: list[bytes | memoryview] = []
        size = 0
        for entry in entries:
            rows.append(self._redact(entry.data))
            size += len(entry.data)
            if size >= _GIL_BYTES:
                time.sleep(0)
                size = 0
        return rows

    def words(self, counts: dict[str, int]) -> list[tuple[str, bytes]]:
        """Return an envelope of counts alone."""
        return [("", pack([], Header(source=self.source, ledger=counts)))]

    def _enter(self, segment: Segment) -> None:
        """Begin a segment; the names of its keys stand in it, before what is left to send too."""
        self._segment, self._names = segment, {}
        at, end = HEADER_BYTES, segment.tail
        while at < end:
            entries, at = segment.read(at, min(SLICE_BYTES, end - at))
            self._note(entries)

    def _note(self, entries: list[Entry]) -> None:
        for entry in entries:
            if entry.number < 0:
                self._names[entry.key] = bytes(entry.data).decode()


def _grouped(entries: list[Entry]) -> dict[int, list[Entry]]:
    """Return the rows by key, in order; lets the app in every few rows."""
    groups: dict[int, list[Entry]] = {}
    for begin in range(0, len(entries), _GIL_ROWS):
        for entry in entries[begin : begin + _GIL_ROWS]:
            if entry.number >= 0:
                groups.setdefault(entry.key, []).append(entry)
        time.sleep(0)
    return groups
