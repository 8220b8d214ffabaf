"""Protobuf is read as its specification has it, however its writer has put it, and says what JSON says."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.collectors.dialects import in_protobuf, span, traces
from windvane.collectors.gateway.otlp import from_json, from_protobuf
from windvane.errors import EnvelopeError

pytest.importorskip("opentelemetry.proto")

_KEY = b"\x0a\x01n"


def _of_value(value: bytes) -> bytes:
    """Return a request of one span, of one attribute `n`, of which these bytes are the value."""
    data = _KEY + _field(2, value)
    for number in (9, 2, 2, 1):  # of the attribute, the span, the scope's and the resource's spans
        data = _field(number, data)
    return data


def _field(number: int, data: bytes) -> bytes:
    return bytes([number << 3 | 2]) + _length(len(data)) + data


def _length(size: int) -> bytes:
    return bytes([size]) if size < 0x80 else bytes([size & 0x7F | 0x80]) + _length(size >> 7)


def _read(value: bytes) -> Any:
    (found,) = from_protobuf.spans_of(_of_value(value))
    return found.attributes.get("n")


@pytest.mark.parametrize("size", [1, 2, 126, 127, 128, 129, 255, 256, 16_383, 16_384, 40_000])
def test_a_text_of_any_length_is_read_whole(size: int) -> None:
    assert _read(_field(1, b"a" * size)) == "a" * size


@pytest.mark.parametrize(
    "value",
    [
        b"\x0a\x81\x00b",  # a length written longer than it need be
        b"\x10\x01" + _field(1, b"b"),  # first a bool: the last of several counts
        _field(1, b"a" * 130) + _field(1, b"b"),
        _field(1, b"a" * 3) + _field(1, b"b"),
    ],
)
def test_unusual_ways_of_writing_a_text_are_read_as_protobuf_has_them(value: bytes) -> None:
    assert _read(value) == "b"


@pytest.mark.parametrize("value", [b"", b"\x0a\x00", b"\x3a\x00"])
def test_a_value_that_says_nothing_is_left_out(value: bytes) -> None:
    assert from_protobuf.spans_of(_of_value(value))[0].attributes == {}


def test_zero_and_false_say_something() -> None:
    assert (_read(b"\x10\x00"), _read(b"\x18\x00")) == (False, 0)


@pytest.mark.parametrize("text", [b"\xff", b"a" * 200 + b"\xff"])
def test_a_text_that_is_none_is_an_error_of_the_request(text: bytes) -> None:
    with pytest.raises(EnvelopeError, match="ExportTraceServiceRequest"):
        from_protobuf.spans_of(_of_value(_field(1, text)))


def test_both_encodings_say_the_same() -> None:
    said = {
        "text": "t" * 500, "none": "", "int": -5, "big": 2**62, "float": 0.5, "yes": True,
        "list": ["a", 1, "", ["b"]], "map": {"inner": {"a": "", "b": [1.5]}},
    }  # fmt: skip
    request = traces(span(said, []), span({"other": 3}, []))
    in_json = from_json.spans_of(json.dumps(request).encode())
    assert from_protobuf.spans_of(in_protobuf(request)) == in_json
    assert [each.attributes for each in in_json] == [{n: v for n, v in said.items() if v != ""}, {"other": 3}]
