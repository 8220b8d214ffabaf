"""Events as plain JSON: an object, a list of objects, or lines of them. For those who write with curl or kcat."""

from __future__ import annotations

import codecs
import json
from collections.abc import Sequence
from typing import Any, Final

import msgspec

from windvane.errors import EnvelopeError, EventRefused, Reason

__all__ = ["MAX_JSON_BYTES", "json_events", "read_json"]

MAX_JSON_BYTES: Final = 8 << 20

_raw_list: Final = msgspec.json.Decoder(list[msgspec.Raw]).decode
_raw_value: Final = msgspec.json.Decoder(msgspec.Raw).decode
_value: Final = msgspec.json.Decoder().decode
_BROKEN: Final = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)


def json_events(record: bytes) -> Sequence[bytes | msgspec.Raw]:
    """Return the events of a record, each still as text: a list's items, else one per line that is not blank.

    Raises:
        EnvelopeError: too long, no JSON objects, or a list that cannot be taken apart.
    """
    if len(record) > MAX_JSON_BYTES:
        detail = f"{len(record)} bytes of JSON in one record; {MAX_JSON_BYTES} are read"
        raise EnvelopeError(Reason.OVERSIZE, f"{detail}. Send envelopes, or smaller lists")
    text = record.removeprefix(codecs.BOM_UTF8).strip()
    if text[:1] not in (b"[", b"{"):
        raise EnvelopeError(Reason.UNDECODABLE, f"neither an envelope nor JSON objects; it begins {text[:16]!r}")
    try:
        # One object may be written over several lines.
        return _raw_list(text) if text[:1] == b"[" else [_raw_value(text)]
    except _BROKEN as error:
        strict = error
    try:
        whole = _lenient(text)
    except (ValueError, RecursionError):
        if text[:1] == b"[":
            raise EnvelopeError(Reason.UNDECODABLE, f"JSON list: {strict}") from strict
        return [line for line in text.splitlines() if line.strip()]
    return [json.dumps(event).encode() for event in whole] if isinstance(whole, list) else [text]


def read_json(text: bytes) -> Any:
    """Return the value of one event's text.

    Raises:
        EventRefused: it is no JSON.
    """
    try:
        return _value(text)
    except _BROKEN as error:
        try:
            return _lenient(text)
        except (ValueError, RecursionError):
            raise EventRefused(Reason.UNDECODABLE, f"JSON: {error}") from error


def _lenient(text: bytes) -> Any:
    """Read what others write for JSON: NaN, which then is one field's fault, and half of a surrogate pair."""
    return json.loads(text.decode("utf-8", "surrogatepass"))
