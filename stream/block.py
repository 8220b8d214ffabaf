"""A block in the making: records in, one batch of sound and new events out, with the counts of all the others."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from operator import itemgetter
from typing import Final

import msgspec
import numpy as np

from windvane.collectors.block import SourceCount
from windvane.collectors.envelope import Envelope, unpack
from windvane.collectors.event import INDEX, NAMES, Row
from windvane.collectors.log.base import Stored
from windvane.errors import EnvelopeError, Reason
from windvane.stream.batch import Batch
from windvane.stream.seen import Seen
from windvane.stream.tables import DeadLetter

__all__ = ["Gathered", "gather", "open_record"]

_AHEAD_US: Final = 86_400 * 1_000_000
"""How far ahead of its record an event's time may be: a day forgives every time zone, not a wrong year."""
_ID, _TIME, _SERVICE = INDEX["id"], INDEX["time"], INDEX["service_name"]


@dataclass(slots=True)
class Gathered:
    """What a block holds: its sound and new events, what was refused, and the counts by source."""

    rows: list[Row] = field(default_factory=list)
    offsets: list[int] = field(default_factory=list)
    positions: list[int] = field(default_factory=list)
    logged_us: list[int] = field(default_factory=list)
    sources: list[str] = field(default_factory=list)
    letters: list[DeadLetter] = field(default_factory=list)
    counts: dict[str, SourceCount] = field(default_factory=dict)
    unknown_columns: int = 0

    def batch(self) -> Batch:
        """Return the events by column."""
        return Batch(
            self.rows,
            np.array(self.offsets, np.int64),
            np.array(self.positions, np.int32),
            np.array(self.logged_us, np.int64),
            self.sources,
        )


def gather(records: Sequence[Stored], opened: Sequence[Envelope | EnvelopeError], seen: Seen) -> Gathered:
    """Return the events of `records` (each opened, or the error of trying) that are sound and new.

    An event without an id is named by its place in the log, one without a time gets its record's.
    """
    held = Gathered()
    for record, envelope in zip(records, opened, strict=True):
        if isinstance(envelope, EnvelopeError):
            _refuse(held, record, "", -1, envelope.reason, envelope.detail, record.value)
            held.counts[""].accepted += 1
            continue
        before = len(held.rows)
        _take(record, envelope, seen, held)
        added = len(held.rows) - before
        held.offsets += [record.offset] * added
        held.logged_us += [record.time_us] * added
        held.sources += [envelope.header.source] * added
    return held


def _take(record: Stored, envelope: Envelope, seen: Seen, held: Gathered) -> None:
    """Add one envelope's events, refusals and counts to `held`."""
    header = envelope.header
    count = held.counts.setdefault(header.source, SourceCount())
    emitted = header.ledger.get("emitted", 0)
    if header.ledger and emitted >= count.emitted:
        count.emitted = emitted
        count.dropped = {k[8:]: n for k, n in header.ledger.items() if k.startswith("dropped.")}
    if not header.count:
        return
    held.unknown_columns += envelope.unknown_columns
    count.accepted += header.count
    fresh = seen.admit(header.source, header.key, header.first, header.count, record.time_us)
    whole = len(fresh) == 1 and len(fresh[0]) == header.count
    if whole and not envelope.refused and _complete(envelope.rows, record.time_us + _AHEAD_US):
        held.rows += envelope.rows
        held.positions += envelope.indexes
        return
    new = {place for span in fresh for place in span}
    count.duplicates += header.count - len(new)
    for refused in envelope.refused:
        if refused.index in new:
            _refuse(held, record, header.source, refused.index, refused.reason, refused.detail, refused.raw)
    for place, row in zip(envelope.indexes, envelope.rows, strict=True):
        if place in new:
            _take_one(record, header.source, place, row, held)


def _complete(rows: list[Row], latest_us: int) -> bool:
    """Return whether every event has all it needs and none is ahead of its time: then none is looked at alone."""
    times = list(map(itemgetter(_TIME), rows))
    named = all(map(itemgetter(_ID), rows)) and all(map(itemgetter(_SERVICE), rows))
    return named and None not in times and max(times, default=0) <= latest_us


def _take_one(record: Stored, source: str, place: int, row: Row, held: Gathered) -> None:
    cells = list(row)
    cells[_ID] = cells[_ID] or f"{record.topic}-{record.partition}-{record.offset}-{place}"
    cells[_TIME] = record.time_us if cells[_TIME] is None else cells[_TIME]
    cells[_SERVICE] = cells[_SERVICE] or "unknown_service"
    if cells[_TIME] > record.time_us + _AHEAD_US:
        detail = f"time is {(cells[_TIME] - record.time_us) / 86_400e6:.0f} days ahead of the record that carries it"
        raw = msgspec.json.encode(dict(zip(NAMES, cells, strict=True)))
        _refuse(held, record, source, place, Reason.TIME_IN_FUTURE, detail, raw)
        return
    held.rows.append(tuple(cells))
    held.positions.append(place)


def _refuse(
    held: Gathered, record: Stored, source: str, position: int, reason: Reason, detail: str, raw: bytes
) -> None:
    held.letters.append(DeadLetter(record.offset, position, record.time_us, source, reason, detail, raw))
    held.counts.setdefault(source, SourceCount()).refused += 1


def open_record(record: Stored) -> Envelope | EnvelopeError:
    """Open one record; an undecodable one is returned as its error, for the dead letters. Never raises."""
    try:
        return unpack(record.value)
    except EnvelopeError as error:
        return error.with_traceback(None)  # which holds the record, however large
    except Exception as error:  # anyone can write to the topic: no bytes may stop a partition
        return EnvelopeError(Reason.UNDECODABLE, f"{type(error).__name__}: {error}")
