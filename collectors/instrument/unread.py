"""Calls as they went over the wire: the app's thread copies the bytes into the segment, the sender reads them.

Reading a provider's JSON and writing the messages anew is most of what a call takes. The bytes are as safe as a row:
after a kill -9 it is the next start that reads them.
"""

from __future__ import annotations

import importlib
import threading
from functools import cache
from typing import Any, Final

import msgspec
import zstandard

from windvane.collectors.context import Around
from windvane.collectors.event import INDEX, MAX_EVENT_BYTES, NAMES
from windvane.collectors.instrument import wire
from windvane.collectors.instrument.events import ServerSentEvents
from windvane.collectors.instrument.guarding import guarded
from windvane.collectors.instrument.wire.base import Fields, Wire
from windvane.collectors.redaction.cutting import cut
from windvane.collectors.transport.opening import importing

__all__ = ["DONE", "MOST_BYTES", "About", "Unread", "beside", "packed_stream", "read", "shortened", "whole"]

MOST_BYTES: Final = 64 * 1024
"""Of a request and its answer that are left to the sender: copying more takes the app as long as reading it."""
DONE: Final[dict[str, Any]] = {"type": "[DONE]"}
_ARRAY_OF_12: Final = 0x9C
"""What `Unread` begins with in msgpack; a row is a longer array."""
_SYSTEM_CHARS: Final = 30_000
_SYSTEM: Final = INDEX["gen_ai_system_instructions"]
_LONG: Final = tuple(INDEX[name] for name in ("top_logprobs", "logprobs", "embedding"))

_json: Final = msgspec.json.Decoder().decode
_encode: Final = msgspec.msgpack.Encoder().encode


About = tuple[str, str | None, str | None, dict[str, str]]
"""What every row of a client says: service, its version, environment, tags."""


class Unread(msgspec.Struct, array_like=True):
    """A call as the app's thread leaves it: what is known beside the provider's bytes, and these bytes."""

    wire: str
    """Its `Wire.name`."""
    known: Fields
    """Columns that go before what the bytes say."""
    about: About
    around: Around | None
    time: int
    """When it ended, in nanoseconds since 1970."""
    chance: bytes
    """24 random bytes, of which its ids are made."""
    took: float
    first: float | None
    """Seconds, to its end and to its first content."""
    error: tuple[str, str | None] | None
    request: bytes
    answer: bytes
    """Empty where there was none."""
    streamed: bool
    """Whether the answer is server-sent events, as `packed_stream` gives them."""


_here: Final = threading.local()
_decode: Final = msgspec.msgpack.Decoder(Unread).decode


def whole(record: memoryview) -> bytes | memoryview:
    """Return the row of a record of a segment: as it is, or read now. What cannot be read is left out, and counted.

    Raises:
        msgspec.DecodeError: it is no record.
    """
    if record[0] != _ARRAY_OF_12:
        return record
    unread = _decode(record)
    known = {
        **unread.known,
        **beside(unread.about, unread.around, unread.time, unread.chance),
        "gen_ai_client_operation_duration": unread.took,
        "gen_ai_response_time_to_first_chunk": unread.first,
    }
    if unread.error is not None:
        known["error_type"], known["error_message"] = unread.error
    known = {name: value for name, value in known.items() if value is not None}
    row = list(map({**(_fields(unread) or {}), **known}.get, NAMES))
    data = _encode(row)
    return data if len(data) <= MAX_EVENT_BYTES else _encode(shortened(row))


def beside(about: About, around: Around | None, time: int, chance: bytes) -> Fields:
    """Return the columns that neither a request nor its answer says."""
    service, version, environment, tags = about
    digits = chance.hex()
    span_id, trace_id = digits[:16], (around and around.trace_id) or digits[16:]
    fields = {
        "id": f"{span_id}-{trace_id[:8]}",
        "time": time // 1000,
        "service_name": service,
        "service_version": version,
        "deployment_environment_name": environment,
        "trace_id": trace_id,
        "span_id": span_id,
        "tags": {**tags, **(around.tags if around else {})} or None,
    }
    if around is not None:
        fields |= {
            "user_id": around.user,
            "gen_ai_conversation_id": around.session,
            "gen_ai_prompt_name": around.prompt_name,
            "gen_ai_prompt_version": around.prompt_version,
            "parent_span_id": around.span_id,
        }
    return fields


@guarded
def _fields(unread: Unread) -> Fields:
    answer = zstandard.decompress(unread.answer) if unread.streamed else unread.answer
    return read(_wire(unread.wire), unread.request, answer, streamed=unread.streamed)


def packed_stream(events: bytes) -> bytes:
    """Return server-sent events compressed: each repeats the one before but for a word, and a spool has an end."""
    compressor = getattr(_here, "compressor", None)
    if compressor is None:  # one has its own memory, and may be used by one thread
        compressor = _here.compressor = zstandard.ZstdCompressor(level=1)
    return compressor.compress(events)


def read(form: Wire, request: bytes, answer: bytes, *, streamed: bool) -> Fields:
    """Return what a request and its answer say; of an answer that was left half-way, what came of it."""
    said = _asked(form, request) or {}
    return {**said, **(_answered(form, answer, streamed) or {})} if answer else said


@guarded
def _asked(form: Wire, request: bytes) -> Fields:
    return form.request(_json(request))


@guarded
def _answered(form: Wire, answer: bytes, streamed: bool) -> Fields:
    if streamed and form.stream is not None:
        stream = form.stream()
        for text in ServerSentEvents().take(answer):
            stream.feed(_json(text) if text != b"[DONE]" else DONE)
        return form.answer(stream.answer())
    try:
        return form.answer(_json(answer))
    except msgspec.DecodeError:  # it was left half-way
        return {}


@cache
def _wire(name: str) -> Wire:
    module, _, attribute = name.partition(".")
    with importing:
        found = getattr(importlib.import_module(f"{wire.__name__}.{module}"), attribute)
    assert isinstance(found, Wire), name
    return found


def shortened(row: list[Any]) -> list[Any]:
    """Return a row that was too long without what is long; messages have a limit of their own."""
    for place in _LONG:
        row[place] = None
    if row[_SYSTEM] is not None:
        row[_SYSTEM] = cut(row[_SYSTEM], _SYSTEM_CHARS)
    return row
