"""The envelope: what is packed is unpacked, old and new versions are read, and so is JSON, in all its forms."""

from __future__ import annotations

import json
from typing import Any

import msgspec
import pytest

from tests.collectors.records import EDGES, WIDTH, encoded, record, row, sound
from windvane.collectors.envelope import MAX_ENVELOPE_BYTES, MAX_EVENTS, Header, pack, read_header, unpack
from windvane.collectors.event import COLUMNS, MAX_EVENT_BYTES, Kind
from windvane.collectors.normalize import normalize
from windvane.collectors.packing import Packer, key_of
from windvane.errors import EnvelopeError, Reason


@pytest.mark.parametrize(
    ("column", "value"), [(column, value) for column in COLUMNS for value in EDGES[column.kind]], ids=lambda _: ""
)
def test_every_kind_of_cell_survives_up_to_its_limits(column: Any, value: Any) -> None:
    given = row(**{column.name: value})
    opened = unpack(pack(encoded(given, given), Header(source="s")))
    assert opened.rows == [given, given] and list(opened.indexes) == [0, 1] and not opened.refused
    as_json = unpack(msgspec.json.encode({column.attribute: value}))
    if column.kind is Kind.TIME and value < 1e14:
        return  # in plain JSON this would be milliseconds
    expected = f"{float(value):.9f}" if value in ("0", "0.000000001") and column.kind is Kind.MONEY else value
    absent = value == "" and column.kind is not Kind.TEXT
    assert as_json.rows == [row(**({} if absent else {column.name: expected}))]


def test_the_header_says_who_sent_what() -> None:
    header = Header(source="a", key="s/m", first=7, ledger={"emitted": 9, "dropped.oversize": 2})
    given = pack(encoded(sound(), sound()), header)
    assert unpack(given).header == read_header(given)[0] == header and header.count == 2


def test_an_envelope_may_carry_the_ledger_alone() -> None:
    opened = unpack(pack([], Header(source="a", ledger={"emitted": 5})))
    assert opened.rows == [] and opened.header.ledger == {"emitted": 5}


def test_columns_of_a_newer_minor_version_are_passed_over_and_counted() -> None:
    newer = {"count": 2, "columns": WIDTH + 2, "a_new_field": [1, {"x": None}]}
    opened = unpack(record(b"".join(encoded((*sound(), {"deep": [1]}, None), (*sound(), 5, "x"))), newer, (1, 7)))
    assert opened.rows == [sound(), sound()] and opened.unknown_columns == 2 and not opened.refused


def test_columns_that_an_older_minor_version_lacks_are_absent() -> None:
    opened = unpack(record(b"".join(encoded(sound()[:3])), {"count": 1, "columns": 3}))
    assert opened.rows == [sound()[:3] + (None,) * (WIDTH - 3)] and not opened.refused


def test_rows_of_another_length_than_the_header_says_are_read_as_far_as_they_go() -> None:
    opened = unpack(pack(encoded(sound()[:4], sound(), (*sound(), "more")), Header()))
    assert opened.rows == [sound()[:4] + (None,) * (WIDTH - 4), sound(), sound()]


def test_another_major_version_is_refused_with_the_remedy() -> None:
    with pytest.raises(EnvelopeError, match="Update the workers") as refused:
        unpack(record(b"", {}, (2, 0)))
    assert refused.value.reason is Reason.UNSUPPORTED_VERSION


def test_what_can_be_read_with_goodwill_is() -> None:
    opened = unpack(pack(encoded(row(cost="1.5\n", gen_ai_usage_input_tokens="12", tags={1: 2})), Header()))
    assert opened.rows == [row(cost="1.500000000", gen_ai_usage_input_tokens=12, tags={"1": "2"})]


def test_json_may_be_an_object_a_list_or_lines_with_or_without_a_byte_order_mark() -> None:
    one, two = {"model": "a"}, {"model": "b"}
    both = [row(gen_ai_request_model="a"), row(gen_ai_request_model="b")]
    assert unpack(json.dumps(one, indent=2).encode()).rows == both[:1]
    assert unpack(json.dumps([one, two], indent=2).encode()).rows == both
    assert (
        unpack(b"\xef\xbb\xbf" + json.dumps(one).encode() + b"\r\n\n" + json.dumps(two).encode() + b"\n").rows == both
    )
    assert unpack(b"[]").rows == []


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ('{"latency": NaN}', Reason.OUT_OF_RANGE),
        ('{"latency": 1e999}', Reason.OUT_OF_RANGE),
        ('{"input_tokens": -1}', Reason.OUT_OF_RANGE),
        ('{"prompt": "' + "x" * MAX_EVENT_BYTES + '"}', Reason.OVERSIZE),
        ('"text"', Reason.NOT_AN_OBJECT),
        ("null", Reason.NOT_AN_OBJECT),
        ("[1]", Reason.NOT_AN_OBJECT),
    ],
)
def test_an_unsound_event_of_a_json_list_or_line_is_refused_alone(text: str, reason: Reason) -> None:
    good = '{"model": "m"}'
    for given in (f"[{good}, {text}, {good}]", f"{good}\n{text}\n{good}"):
        opened = unpack(given.encode())
        assert opened.rows == [row(gen_ai_request_model="m")] * 2 and list(opened.indexes) == [0, 2]
        assert [(refused.index, refused.reason) for refused in opened.refused] == [(1, reason)]


@pytest.mark.parametrize("line", [b"nonsense", b'{"a": 1', b'{"a": 1,}', b'{"prompt": "\xff"}', b'{"a":' * 100_000])
def test_a_line_that_is_no_json_is_undecodable_alone(line: bytes) -> None:
    opened = unpack(b'{"model": "m"}\n' + line)
    assert opened.rows == [row(gen_ai_request_model="m")]
    assert [(refused.reason, refused.raw) for refused in opened.refused] == [(Reason.UNDECODABLE, line)]


def test_half_a_surrogate_pair_in_json_is_repaired() -> None:
    given = b'{"prompt": "cut \\ud83d", "tags": {"\\udc00": "\xed\xa0\x80"}}'
    expected = row(gen_ai_input_messages="cut \ufffd", tags={"\ufffd": "\ufffd"})
    assert unpack(given).rows == unpack(b"[" + given + b"]").rows == [expected]


def test_of_duplicate_names_the_last_counts() -> None:
    assert unpack(b'{"model": "a", "model": "b"}').rows == [row(gen_ai_request_model="b")]
    assert unpack(b'{"model": "a", "gen_ai.request.model": "b"}').rows == [row(gen_ai_request_model="b")]


def test_the_packer_numbers_each_key_without_a_gap_within_the_limits() -> None:
    rows = [normalize({"service": f"s{n % 2}", "model": "m", "prompt": "x" * (n % 5000)}) for n in range(2500)]
    packer, seen = Packer("a"), dict[str, int]()
    for key, given in [*packer.pack(rows[:1200]), *packer.pack(rows[1200:])]:
        opened = unpack(given)
        assert opened.header.key == key and opened.header.first == seen.get(key, 0)
        assert 0 < opened.header.count <= MAX_EVENTS and len(given) <= MAX_ENVELOPE_BYTES
        assert opened.rows == [each for each in rows if key_of(each) == key][opened.header.first :][: len(opened.rows)]
        seen[key] = opened.header.first + opened.header.count
    assert seen == {"s0/m": 1250, "s1/m": 1250} and opened.header.ledger == {"emitted": 2500}


def test_the_packer_gives_the_same_rows_the_same_numbers() -> None:
    rows = [sound()] * 700
    whole, resumed = Packer("a"), Packer("a")
    for each in rows[:500]:
        resumed.skip(each)
    assert whole.pack(rows)[1:] == resumed.pack(rows[500:])
