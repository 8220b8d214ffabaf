"""The envelope: up to 500 events of one series' home in one record of the log.

Layout, all integers little-endian: `WV`, major version (1 byte), minor version (1 byte), length of the header
(4 bytes), the header (a msgpack map, `Header`), one zstd frame. The frame holds the rows one after the other, each a
msgpack array as `event.COLUMNS` orders it. A record that does not begin with `WV` is read as JSON: an object, a list of
objects, or lines of them, so that anyone can write to the topic.
"""

from __future__ import annotations

import struct
import sys
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Annotated, Any, Final

import msgspec
import zstandard

from windvane.collectors.event import COLUMNS, MAX_EVENT_BYTES, NAMES, PYTHON_TYPES, VERSION, Kind, Row
from windvane.collectors.normalize import EARLIEST_US, LATEST_US, MAX_FLOAT32, normalize
from windvane.collectors.plain_json import json_events, read_json
from windvane.errors import EnvelopeError, EventRefused, Reason

__all__ = ["MAX_ENVELOPE_BYTES", "MAX_EVENTS", "MAX_READ_EVENTS", "Envelope", "Header", "Refused"]
__all__ += ["is_envelope", "pack", "read_header", "unpack"]

MAX_EVENTS: Final = 500
MAX_ENVELOPE_BYTES: Final = 900_000
"""Rows before compression, and so, in all but a contrived case, the record: Kafka's own default limit is 1 MiB."""
MAX_DECOMPRESSED_BYTES: Final = 8 << 20
"""What a record may grow to. Above is an attack or an accident: it goes to the dead letters unread."""
MAX_READ_EVENTS: Final = 20 * MAX_EVENTS
"""Events that are read from one record, of whichever form."""

_MAGIC: Final = b"WV"
_PREFIX: Final = struct.Struct("<2sBBI")
_COLUMNS: Final = len(COLUMNS)
_MAX_COLUMNS: Final = 512
_MAX_NUMBER: Final = 2**62
_BROKEN: Final = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)
"""All that a decoder raises at hostile bytes; too deep a nesting is the last."""


class Header(msgspec.Struct, omit_defaults=True):
    """What a sender says of an envelope. Unknown fields of newer minor versions are passed over."""

    source: Annotated[str, msgspec.Meta(max_length=256)] = ""
    """One per process start of a sender; empty where the sender does not number its events."""
    key: str = ""
    """The series' home, `service/model`: also the record's key, so one worker scores a series."""
    first: Annotated[int, msgspec.Meta(ge=0, le=_MAX_NUMBER)] = 0
    """Number of the first row among all that `source` has sent under `key`; the others follow without a gap."""
    count: Annotated[int, msgspec.Meta(ge=0, le=MAX_READ_EVENTS)] = 0
    columns: Annotated[int, msgspec.Meta(ge=1, le=_MAX_COLUMNS)] = _COLUMNS
    """Cells per row: more than we know means that the sender is newer, fewer that it is older."""
    ledger: Annotated[
        dict[Annotated[str, msgspec.Meta(max_length=64)], Annotated[int, msgspec.Meta(ge=0, le=_MAX_NUMBER)]],
        msgspec.Meta(max_length=64),
    ] = {}
    """The sender's own counts so far: `emitted`, and `dropped.<reason>` for each reason."""


@dataclass(frozen=True, slots=True)
class Refused:
    """One event that cannot be taken, with all that is needed to look at it again."""

    index: int
    reason: Reason
    detail: str
    raw: bytes


@dataclass(slots=True)
class Envelope:
    """A record, opened: the rows that are sound, where they stood, and those that are not."""

    header: Header
    rows: list[Row]
    indexes: Sequence[int]
    """Place of each of `rows` in the envelope; its number under (source, key) is `header.first` plus this."""
    refused: list[Refused] = field(default_factory=list)
    unknown_columns: int = 0
    """Columns per row that a newer sender wrote and this version does not know: counted, not read."""


_encode_header: Final = msgspec.msgpack.Encoder().encode
_decode_header: Final = msgspec.msgpack.Decoder(Header).decode
_raws: Final = msgspec.msgpack.Decoder(list[msgspec.Raw]).decode
_any_cell: Final = msgspec.msgpack.Decoder().decode
_LIMITS: Final = {
    Kind.TIME: msgspec.Meta(ge=EARLIEST_US, lt=LATEST_US),
    Kind.COUNT: msgspec.Meta(ge=0, lt=2**32),
    Kind.SECONDS: msgspec.Meta(ge=0, le=1e9),
    Kind.NUMBER: msgspec.Meta(ge=-sys.float_info.max, le=sys.float_info.max),
    Kind.MONEY: msgspec.Meta(pattern=r"^[0-9]{1,9}(\.[0-9]{1,9})?\Z"),
}
_CELL_TYPES: Final = {
    **PYTHON_TYPES,
    **{kind: Annotated[PYTHON_TYPES[kind], limits] for kind, limits in _LIMITS.items()},
    Kind.NUMBERS: list[Annotated[float, msgspec.Meta(ge=-MAX_FLOAT32, le=MAX_FLOAT32)]],
}


def pack(rows: Sequence[bytes | memoryview], header: Header, *, level: int = 1) -> bytes:
    """Return the record for `rows`, each an encoded event. `header.count` is set from them.

    Releases the GIL while it compresses.
    """
    header.count = len(rows)
    head = _encode_header(header)
    body = zstandard.ZstdCompressor(level=level).compress(b"".join(rows))
    return _PREFIX.pack(_MAGIC, *VERSION, len(head)) + head + body


def is_envelope(record: bytes) -> bool:
    """Return whether a record is read as an envelope; all others are read as JSON."""
    return record[:2] == _MAGIC


def unpack(record: bytes) -> Envelope:
    """Open one record of the log, envelope or JSON.

    Events that are invalid come back in `refused`, one by one; the others are not touched.

    Raises:
        EnvelopeError: nothing in the record can be read; its `reason` says why.
    """
    return _unpack_rows(record) if is_envelope(record) else _unpack_json(record)


def read_header(record: bytes) -> tuple[Header, memoryview]:
    """Return the header and the still compressed rows of an envelope.

    Raises:
        EnvelopeError: not an envelope, or of a major version that this code does not know.
    """
    try:
        magic, major, _, length = _PREFIX.unpack_from(record)
    except struct.error as error:
        raise EnvelopeError(Reason.UNDECODABLE, "cut off within its prefix") from error
    if magic != _MAGIC:
        raise EnvelopeError(Reason.UNDECODABLE, "does not begin with WV")
    if major != VERSION[0]:
        detail = f"version {major}; this windvane reads {VERSION[0]}. Update the workers before the apps"
        raise EnvelopeError(Reason.UNSUPPORTED_VERSION, detail)
    body = _PREFIX.size + length
    try:
        return _decode_header(record[_PREFIX.size : body]), memoryview(record)[body:]
    except _BROKEN as error:
        raise EnvelopeError(Reason.UNDECODABLE, f"header: {error}") from error


def _decompress(body: memoryview) -> bytes:
    try:
        claimed = zstandard.get_frame_parameters(body).content_size
        if claimed == zstandard.CONTENTSIZE_UNKNOWN or claimed <= MAX_DECOMPRESSED_BYTES:
            # One frame and nothing behind it. What it claims is allocated, and a wrong claim is an error.
            decompressor = zstandard.ZstdDecompressor()
            return decompressor.decompress(body, max_output_size=MAX_DECOMPRESSED_BYTES, allow_extra_data=False)
    except zstandard.ZstdError as error:
        raise EnvelopeError(Reason.UNDECODABLE, f"zstd: {error}") from error
    raise EnvelopeError(
        Reason.DECOMPRESSED_SIZE, f"{claimed} bytes when decompressed; {MAX_DECOMPRESSED_BYTES} are read"
    )


@lru_cache(maxsize=16)
def _typed_rows(columns: int) -> Any:
    """The decoder of rows with `columns` cells: the limits of each kind are checked as it reads."""
    cells = [_CELL_TYPES[column.kind] | None for column in COLUMNS[:columns]]
    # A newer sender's columns are passed over, not built.
    cells += [msgspec.Raw] * (columns - _COLUMNS)
    return msgspec.msgpack.Decoder(list[tuple[tuple(cells)]]).decode  # type: ignore[misc]


def _unpack_rows(record: bytes) -> Envelope:
    header, body = read_header(record)
    rows = _decompress(body)
    if not header.count:
        if rows:
            raise EnvelopeError(Reason.UNDECODABLE, f"{len(rows)} bytes of rows where the header says none")
        return Envelope(header, [], ())
    # The rows stand one after the other; an array header in front makes them one msgpack value.
    data = b"\xdd" + struct.pack(">I", header.count) + rows
    envelope = Envelope(header, [], range(header.count), [], max(0, header.columns - _COLUMNS))
    try:
        # Only a large envelope can hold an oversize event; looking at each costs a second pass.
        if len(data) > MAX_EVENT_BYTES and any(len(memoryview(raw)) > MAX_EVENT_BYTES for raw in _raws(data)):
            return _one_by_one(envelope, data)
        envelope.rows = _typed_rows(header.columns)(data)
    except _BROKEN:
        return _one_by_one(envelope, data)
    if header.columns != _COLUMNS:
        envelope.rows = [row[:_COLUMNS] + (None,) * (_COLUMNS - len(row)) for row in envelope.rows]
    return envelope


def _one_by_one(envelope: Envelope, data: bytes) -> Envelope:
    """Take the sound rows of an envelope that has unsound ones; what can be read with goodwill is."""
    try:
        raws = _raws(data)
    except _BROKEN as error:
        raise EnvelopeError(Reason.UNDECODABLE, f"rows: {error}") from error
    return _sound(envelope, raws, _read_row)


def _read_row(raw: bytes) -> dict[str, Any]:
    if len(raw) > MAX_EVENT_BYTES:
        raise EventRefused(Reason.OVERSIZE, f"{len(raw)} bytes; an event may have {MAX_EVENT_BYTES}")
    try:
        cells = _raws(raw)
    except _BROKEN as error:
        raise EventRefused(Reason.NOT_AN_OBJECT, f"a row is an array of cells: {error}") from error
    try:
        return {name: _any_cell(cell) for name, cell in zip(NAMES, cells, strict=False)}
    except _BROKEN as error:
        raise EventRefused(Reason.UNDECODABLE, f"a cell: {error}") from error


def _sound(envelope: Envelope, raws: Iterable[bytes | msgspec.Raw], read: Callable[[bytes], Any]) -> Envelope:
    """Fill `envelope` with what `read` and `normalize` make of each event, and with what they refuse."""
    indexes: list[int] = []
    envelope.indexes = indexes
    for index, raw in enumerate(map(bytes, raws)):
        try:
            envelope.rows.append(normalize(read(raw)))
            indexes.append(index)
        except EventRefused as error:
            envelope.refused.append(Refused(index, error.reason, error.detail, raw))
    return envelope


def _unpack_json(record: bytes) -> Envelope:
    events = json_events(record)
    if len(events) > MAX_READ_EVENTS:
        detail = f"{len(events)} events in one record; {MAX_READ_EVENTS} are read. Send smaller lists"
        raise EnvelopeError(Reason.OVERSIZE, detail)
    return _sound(Envelope(Header(count=len(events)), [], ()), events, read_json)
