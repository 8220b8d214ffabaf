"""docs/reference/events.md, from the columns, the envelope's header and the reasons of refusal."""

from __future__ import annotations

from pathlib import Path

import msgspec

from pages.markdown import code, missing, table
from windvane.collectors.envelope import MAX_ENVELOPE_BYTES, MAX_EVENTS, MAX_READ_EVENTS, Header
from windvane.collectors.event import COLUMNS, MAX_EVENT_BYTES, VERSION
from windvane.collectors.gateway.app import MAX_BODY_BYTES
from windvane.collectors.plain_json import MAX_JSON_BYTES
from windvane.errors import Reason

__all__ = ["page"]

_TEXT = Path(__file__).with_name("events.md")
_HEADER = {
    "source": "One per process start of a sender, up to 256 characters; empty where it does not number its events.",
    "key": "The series' home, `service/model`: also the record's key, so that one worker scores a series.",
    "first": "Number of the first row among all that `source` has sent under `key`; the others follow without a gap.",
    "count": f"Rows, up to {MAX_EVENTS:,} as we write, up to {MAX_READ_EVENTS:,} as we read. None: the ledger alone.",
    "columns": "Cells per row.",
    "ledger": "The sender's own counts so far: `emitted`, and `dropped.<reason>` for each reason.",
}
_REASONS = {
    Reason.NOT_AN_OBJECT: ("event", "It is no JSON object, or no row of cells."),
    Reason.WRONG_TYPE: ("event", "A field holds what its column cannot: `detail` names it."),
    Reason.OUT_OF_RANGE: ("event", "A number, time or amount beyond its column's range; NaN and infinity too."),
    Reason.TIME_IN_FUTURE: ("event", "Its time is more than a day ahead of the record that carries it."),
    Reason.OVERSIZE: (
        "event or record",
        f"An event above {MAX_EVENT_BYTES:,} bytes; JSON above {MAX_JSON_BYTES:,} bytes or {MAX_READ_EVENTS:,} events.",
    ),
    Reason.UNDECODABLE: ("event or record", "Neither an envelope nor JSON, damaged, or text that is not UTF-8."),
    Reason.UNSUPPORTED_VERSION: ("record", "An envelope of another major version."),
    Reason.DECOMPRESSED_SIZE: ("record", "An envelope that would grow beyond what is read."),
    Reason.SPOOL_FULL: ("app", "The log was out of reach for so long that the spool is full."),
    Reason.SPOOL_ERROR: ("app", "The spool could not be written: the disk, or its rights."),
    Reason.REENTRANT: ("app", "emit() was called from within emit(), by a signal handler or a finalizer."),
    Reason.CLOSED: ("app", "emit() was called after shutdown()."),
}


def page() -> tuple[str, str]:
    """Return the source and the text."""
    fields = {field.name for field in msgspec.structs.fields(Header)}
    if undescribed := {*fields, *Reason} - {*_HEADER, *_REASONS}:
        raise missing(min(undescribed), "docs/pages/events.py")
    text = _TEXT.read_text()
    for name, value in {
        "version": f"{VERSION[0]}.{VERSION[1]}",
        "columns": _columns(),
        "header": table(("Field", "What it says"), ((code(name), doc) for name, doc in _HEADER.items())),
        "reasons": table(("Reason", "Of", "When"), ((code(r), of, when) for r, (of, when) in _REASONS.items())),
        "max_event": f"{MAX_EVENT_BYTES:,}",
        "max_envelope": f"{MAX_ENVELOPE_BYTES:,}",
        "max_json": f"{MAX_JSON_BYTES:,}",
        "max_body": f"{MAX_BODY_BYTES:,}",
        "max_read_events": f"{MAX_READ_EVENTS:,}",
    }.items():
        assert f"[[{name}]]" in text, name
        text = text.replace(f"[[{name}]]", value)
    return "docs/pages/events.md and collectors/event.py", text


def _columns() -> str:
    rows = []
    for column in COLUMNS:
        names = [name for name in (column.attribute, *column.aliases) if name != column.name]
        doc = f"{column.doc} *Body.*" if column.body else column.doc
        rows.append((code(column.name), ", ".join(map(code, names)), column.kind, doc))
    return table(("Column", "Also accepted as", "Holds", "What it is"), rows)
