"""The envelope: up to 500 events of one series' home in one record of the log.

Layout, all integers little-endian: `WV`, major version (1 byte), minor version (1 byte), length of the header
(4 bytes), the header (a msgpack map, `Header`), one zstd frame. The frame holds the rows one after the other, each a
msgpack array as `event.COLUMNS` orders it. A record that does not begin with `WV` is read as JSON: an object, a list of
objects, or lines of them, so that anyone can write to the topic.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Annotated, Any, Final

import msgspec
import zstandard

from windvane.collectors.event import COLUMNS, MAX_EVENT_BYTES, NAMES, PYTHON_TYPES, VERSION, Kind, Row
from windvane.collectors.normalize import EARLIEST_US, LATEST_US, normalize
from windvane.errors import EnvelopeError, EventRefused, Reason

__all__ = ["MAX_ENVELOPE_BYTES", "MAX_EVENTS", "Envelope", "Header", "Refused", "pack", "read_header", "unpack"]

MAX_EVENTS: Final = 500
MAX_ENVELOPE_BYTES: Final = 900_000
"""Rows before compression, and so, in all but a contrived case, the record: Kafka's own default limit is 1 MiB."""
MAX_JSON_BYTES: Final = 8 << 20
MAX_DECOMPRESSED_BYTES: Final = 32 << 20
"""What a record may grow to. Above is an attack or an accident: it goes to the dead letters unread."""

_MAGIC: Final = b"WV"
_PREFIX: Final = struct.Struct("<2sBBI")
_COLUMNS: Final = len(COLUMNS)


class Header(msgspec.Struct, omit_defaults=True):
    """What a sender says of an envelope. Unknown fields of newer minor versions are passed over."""

    source: str = ""
    """One per process start of a sender; empty where the sender does not number its events."""
    key: str = ""
    """The series' home, `service/model`: also the record's key, so one worker scores a series."""
    first: int = 0
    """Number of the first row among all that `source` has sent under `key`; the others follow without a gap."""
    count: int = 0
    columns: int = _COLUMNS
    """Cells per row: more than we know means that the sender is newer, fewer that it is older."""
    ledger: dict[str, int] = {}
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
_raw_rows: Final = msgspec.msgpack.Decoder(list[msgspec.Raw]).decode
_any_row: Final = msgspec.msgpack.Decoder(tuple[Any, ...]).decode
_decode_json: Final = msgspec.json.Decoder().decode
_LIMITS: Final = {
    Kind.TIME: msgspec.Meta(ge=EARLIEST_US, lt=LATEST_US),
    Kind.COUNT: msgspec.Meta(ge=0, lt=2**32),
    Kind.SECONDS: msgspec.Meta(ge=0, le=1e9),
    Kind.NUMBER: msgspec.Meta(ge=-1e300, le=1e300),
    Kind.MONEY: msgspec.Meta(pattern=r"^\d{1,9}(\.\d{1,9})?$"),
}


def pack(rows: Sequence[bytes | memoryview], header: Header, *, level: int = 1) -> bytes:
    """Return the record for `rows`, each an encoded event. `header.count` is set from them.

    Releases the GIL while it compresses.
    """
    header.count = len(rows)
    head = _encode_header(header)
    body = zstandard.ZstdCompressor(level=level).compress(b"".join(rows))
    return _PREFIX.pack(_MAGIC, *VERSION, len(head)) + head + body


def unpack(record: bytes) -> Envelope:
    """Open one record of the log, envelope or JSON.

    Events that are invalid come back in `refused`, one by one; the others are not touched.

    Raises:
        EnvelopeError: nothing in the record can be read; its `reason` says why.
    """
    return _unpack_rows(record) if record[:2] == _MAGIC else _unpack_json(record)


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
    except msgspec.DecodeError as error:
        raise EnvelopeError(Reason.UNDECODABLE, f"header: {error}") from error


def _decompress(body: memoryview) -> bytes:
    try:
        # Never allocate what the frame claims: read up to the limit, and one byte more to see that there is more.
        with zstandard.ZstdDecompressor(max_window_size=8 << 20).stream_reader(body) as reader:
            data: bytes = reader.read(MAX_DECOMPRESSED_BYTES + 1)
        claimed = zstandard.get_frame_parameters(body).content_size
    except zstandard.ZstdError as error:
        raise EnvelopeError(Reason.UNDECODABLE, f"zstd: {error}") from error
    if len(data) > MAX_DECOMPRESSED_BYTES:
        raise EnvelopeError(Reason.DECOMPRESSED_SIZE, f"more than {MAX_DECOMPRESSED_BYTES} bytes when decompressed")
    if claimed not in (zstandard.CONTENTSIZE_UNKNOWN, len(data)):
        raise EnvelopeError(Reason.UNDECODABLE, f"zstd: {len(data)} of {claimed} bytes")
    return data


@cache
def _typed_rows(columns: int) -> Any:
    """The decoder of rows with `columns` cells: the limits of each kind are checked as it reads."""
    cells: list[Any] = []
    for column in COLUMNS[:columns]:
        limits, base = _LIMITS.get(column.kind), PYTHON_TYPES[column.kind]
        cells.append((Annotated[base, limits] if limits else base) | None)
    # A newer sender's columns are read as anything and dropped below.
    cells.extend([Any] * (columns - _COLUMNS))
    return msgspec.msgpack.Decoder(list[tuple[tuple(cells)]]).decode  # type: ignore[misc]


def _unpack_rows(record: bytes) -> Envelope:
    header, body = read_header(record)
    if not header.count:
        return Envelope(header, [], ())
    if not 0 < header.count <= 20 * MAX_EVENTS or not 0 < header.columns <= 4096:
        raise EnvelopeError(Reason.UNDECODABLE, f"header: {header.count} rows of {header.columns} columns")
    # The rows stand one after the other; an array header in front makes them one msgpack value.
    data = b"\xdd" + struct.pack(">I", header.count) + _decompress(body)
    unknown = max(0, header.columns - _COLUMNS)
    try:
        rows: list[Row] = _typed_rows(header.columns)(data)
        # Only a large envelope can hold an oversize event; looking at each costs a second pass.
        if len(data) > MAX_EVENT_BYTES and any(len(memoryview(raw)) > MAX_EVENT_BYTES for raw in _raw_rows(data)):
            return _one_by_one(header, data, unknown)
    except msgspec.DecodeError:
        return _one_by_one(header, data, unknown)
    if header.columns != _COLUMNS:
        rows = [_fit(row) for row in rows]
    return Envelope(header, rows, range(header.count), [], unknown)


def _fit(row: Row) -> Row:
    return row[:_COLUMNS] + (None,) * (_COLUMNS - len(row))


def _one_by_one(header: Header, data: bytes, unknown: int) -> Envelope:
    """Take the sound rows of an envelope that has unsound ones; what can be read with goodwill is."""
    try:
        raws = _raw_rows(data)
    except msgspec.DecodeError as error:
        raise EnvelopeError(Reason.UNDECODABLE, f"rows: {error}") from error
    envelope = Envelope(header, [], indexes := [], [], unknown)
    for index, raw in enumerate(raws):
        try:
            cells = _any_row(raw)
            envelope.rows.append(normalize(dict(zip(NAMES, cells, strict=False))))
            indexes.append(index)
        except msgspec.DecodeError as error:
            detail = f"a row is an array of cells: {error}"
            envelope.refused.append(Refused(index, Reason.NOT_AN_OBJECT, detail, bytes(raw)))
        except EventRefused as error:
            envelope.refused.append(Refused(index, error.reason, error.detail, bytes(raw)))
    return envelope


def _unpack_json(record: bytes) -> Envelope:
    if len(record) > MAX_JSON_BYTES:
        detail = (
            f"{len(record)} bytes of JSON in one record; {MAX_JSON_BYTES} are read. Send envelopes, or smaller lists"
        )
        raise EnvelopeError(Reason.OVERSIZE, detail)
    events = _json_events(record)
    envelope = Envelope(Header(count=len(events)), [], indexes := [])
    for index, raw in enumerate(events):
        try:
            envelope.rows.append(normalize(_decode_json(raw)))
            indexes.append(index)
        except msgspec.DecodeError as error:
            envelope.refused.append(Refused(index, Reason.UNDECODABLE, f"JSON: {error}", bytes(raw)))
        except EventRefused as error:
            envelope.refused.append(Refused(index, error.reason, error.detail, bytes(raw)))
    return envelope


def _json_events(record: bytes) -> Sequence[bytes | msgspec.Raw]:
    """Return the events of a JSON record, each still as text: a list's items, else one per line that is not blank."""
    text = record.strip()
    if text[:1] == b"[":
        try:
            return msgspec.json.decode(text, type=list[msgspec.Raw])
        except msgspec.DecodeError as error:
            raise EnvelopeError(Reason.UNDECODABLE, f"JSON list: {error}") from error
    if text[:1] != b"{":
        raise EnvelopeError(Reason.UNDECODABLE, f"neither an envelope nor JSON objects; it begins {record[:16]!r}")
    try:
        msgspec.json.decode(text, type=msgspec.Raw)  # one object, perhaps written over several lines
        return [text]
    except msgspec.DecodeError:
        return [line for line in text.splitlines() if line.strip()]
