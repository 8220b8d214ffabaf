"""A block's books balance, whatever anyone writes to the topic: accepted = duplicates + refused + rows, by source."""

from __future__ import annotations

from collections import Counter
from typing import Any

import msgspec
import numpy as np
import pytest

from windvane.collectors.envelope import Header, pack
from windvane.collectors.event import INDEX, NAMES
from windvane.collectors.log.base import Stored
from windvane.collectors.normalize import normalize
from windvane.errors import Reason
from windvane.stream.block import Gathered, gather, open_record
from windvane.stream.seen import Seen

LOGGED_US = 1_700_000_000_000_000
DAY_US = 86_400_000_000
encode = msgspec.msgpack.encode


def record(value: bytes, offset: int = 7) -> Stored:
    return Stored("events", 2, offset, LOGGED_US, b"", value)


def gathered(*values: bytes, seen: Seen | None = None) -> Gathered:
    records = [record(value, offset) for offset, value in enumerate(values)]
    return gather(records, [open_record(each) for each in records], seen or Seen())


def row(**cells: Any) -> bytes:
    """Return an event as a sender encodes it, sound or not."""
    return encode([cells.get(name) for name in NAMES])


SOUND = {"id": "x", "time": LOGGED_US, "service_name": "s"}
ROWS = (
    row(**SOUND, gen_ai_output_messages="yes"),
    row(**SOUND, gen_ai_usage_input_tokens=3, tags={"a": "b"}),
    row(),  # no id, no time, no service
    row(time=LOGGED_US + 2 * DAY_US, id="future"),
    row(**SOUND, gen_ai_client_operation_duration=-1.0),
    row(**SOUND, gen_ai_usage_input_tokens="many"),
    row(**SOUND, gen_ai_usage_input_tokens="12"),
    encode({"not": "a row"}),
    encode([1, 2, 3]),
    encode(["too", "long"] + [None] * 100),
    b"\x91" * 50_000 + b"\xc0",
    row(**SOUND)[:-1] + b"\xa2\xff\xfe",
)
JSON = (
    b'{"service": "plain", "latency": 1}',
    b'[{"service": "a"}, {"latency": "never"}, 5, {"time": "2999-01-01"}, {"time": 1700200000}]',
    b'{"service": "a"}\nnonsense\n\n{"service": "b"}\n[1]',
    b'{"prompt": "\\ud800"}\n{"prompt": "fine"}',
    b"[]",
    b"   ",
)
NOT_RECORDS = (
    b"",
    b"WV",
    b"WV\x09\x00\x00\x00\x00\x00",
    b"\x00\xff garbage",
    b"[1, 2",
    b'{"prompt": "\xff\xfe"}',
    b'{"a": ' + b"[" * 100_000,
    pack([row(**SOUND)], Header(source="cut"))[:-5],
)


def random_record(chance: np.random.Generator) -> bytes:
    kind = chance.random()
    if kind < 0.1:
        return NOT_RECORDS[chance.integers(len(NOT_RECORDS))]
    if kind < 0.25:
        return JSON[chance.integers(len(JSON))]
    worst = len(ROWS) if chance.random() < 0.6 else 2  # many envelopes hold nothing but sound events
    places = np.minimum(chance.exponential(2, size=chance.integers(12)).astype(int), worst - 1)
    first = (-3, 2**63 - 2, 2**64 - 1)[chance.integers(3)] if chance.random() < 0.06 else int(chance.integers(60))
    header = Header(
        source=str(chance.choice(["a", "b", "request/c", ""])), key=str(chance.choice(["k", "l"])), first=first
    )
    header.ledger = {"emitted": int(chance.integers(90)), "dropped.closed": int(chance.integers(5))}
    if chance.random() < 0.03:
        header.ledger = {"emitted": int(chance.choice([-1, 2**63 - 1]))}
    return pack([ROWS[place] for place in places], header)


def expected(values: list[bytes]) -> Counter[tuple[str, str]]:
    """Count what the records say, one event at a time: a model of the books."""
    books: Counter[tuple[str, str]] = Counter()
    seen: set[tuple[str, str, int]] = set()
    for value in values:
        envelope = open_record(record(value))
        if isinstance(envelope, Exception):
            books["", "accepted"] += 1
            books["", "refused"] += 1
            continue
        header = envelope.header
        refused = {each.index for each in envelope.refused}
        future = {
            place
            for place, cells in zip(envelope.indexes, envelope.rows, strict=True)
            if (cells[INDEX["time"]] or 0) > LOGGED_US + DAY_US
        }
        for place in range(header.count):
            number = (header.source, header.key, header.first + place)
            numbered = header.source and header.first >= 0 and header.first + header.count <= 2**63
            books[header.source, "accepted"] += 1
            if numbered and number in seen:
                books[header.source, "duplicates"] += 1
            elif place in refused or place in future:
                books[header.source, "refused"] += 1
            else:
                books[header.source, "rows"] += 1
            if numbered:
                seen.add(number)
    return books


@pytest.mark.parametrize("seed", range(40))
def test_of_each_source_what_was_accepted_is_a_duplicate_refused_or_a_row(seed: int) -> None:
    chance = np.random.default_rng(seed)
    values = [random_record(chance) for _ in range(60)]
    seen, blocks = Seen(), []
    for start in range(0, len(values), 13):  # repeats lie in the same block and in later ones
        blocks.append(gathered(*values[start : start + 13], seen=seen))
    books: Counter[tuple[str, str]] = Counter()
    for held in blocks:
        for source, count in held.counts.items():
            rows = held.sources.count(source)
            assert count.accepted == count.duplicates + count.refused + rows, source
            assert count.refused == sum(letter.source == source for letter in held.letters)
            assert 0 <= count.emitted < 2**63 and all(0 <= number < 2**63 for number in count.dropped.values())
            books.update({(source, "accepted"): count.accepted, (source, "duplicates"): count.duplicates})
            books.update({(source, "refused"): count.refused, (source, "rows"): rows})
        assert set(held.sources) <= set(held.counts)
        assert len(held.batch()) == len(held.rows)
    assert +books == +expected(values)


@pytest.mark.parametrize("value", NOT_RECORDS, ids=range(len(NOT_RECORDS)))
def test_what_is_no_record_is_one_dead_letter_with_its_bytes(value: bytes) -> None:
    held = gathered(value)
    (letter,) = held.letters
    assert (letter.raw, letter.offset) == (value, 0) and letter.detail
    assert letter.reason in {Reason.UNDECODABLE, Reason.UNSUPPORTED_VERSION}
    assert held.counts[""].accepted == held.counts[""].refused == 1 and not held.rows


def test_an_event_without_a_name_is_named_by_its_place_and_timed_by_its_record() -> None:
    held = gathered(pack([row(**SOUND), row()], Header(source="a", key="k")))
    named = dict(zip(NAMES, held.rows[1], strict=True))
    assert (named["id"], named["time"], named["service_name"]) == ("events-2-0-1", LOGGED_US, "unknown_service")


def test_a_day_ahead_is_forgiven_and_more_is_refused() -> None:
    held = gathered(
        pack([row(**{**SOUND, "time": LOGGED_US + DAY_US + ahead}) for ahead in (0, 1)], Header(source="a"))
    )
    assert [cells[INDEX["time"]] for cells in held.rows] == [LOGGED_US + DAY_US]
    (letter,) = held.letters
    assert (letter.reason, letter.position) == (Reason.TIME_IN_FUTURE, 1)
    assert normalize(msgspec.json.decode(letter.raw))[INDEX["id"]] == "x"


def test_the_senders_own_counts_are_its_last_word() -> None:
    words = [{"emitted": 5, "dropped.closed": 1}, {"emitted": 9, "dropped.spool_full": 2}, {"emitted": 7}, {}]
    held = gathered(*(pack([], Header(source="a", ledger=word)) for word in words))
    assert (held.counts["a"].emitted, held.counts["a"].dropped) == (9, {"spool_full": 2})
