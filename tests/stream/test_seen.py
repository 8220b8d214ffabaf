"""An event that is sent twice counts once; what is remembered is bounded, and a replay remembers the same."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import pytest

from tests.stream.traffic import kept
from windvane.collectors.block import Page
from windvane.stream.seen import Seen

SECOND_US = 1_000_000
HOUR_US = 3600 * SECOND_US
DAY_US = 24 * HOUR_US


class Sent(NamedTuple):
    source: str
    key: str
    first: int
    number: int
    time_us: int


def traffic(seed: int, count: int = 1500) -> list[Sent]:
    """Return envelopes of senders and requests over some hours: repeats, overlaps, gaps, clocks that run back."""
    chance = np.random.default_rng(seed)
    made = []
    for number in range(count):
        at = number * 20 * SECOND_US + int(chance.integers(-60, 60)) * SECOND_US
        source = f"sender-{chance.integers(6)}" if chance.random() < 0.5 else f"request/{chance.integers(number + 1)}"
        made.append(Sent(source, f"k{chance.integers(3)}", int(chance.integers(300)), int(chance.integers(20)), at))
    return made


def admitted(seen: Seen, envelopes: Sequence[Sent]) -> list[list[int]]:
    return [[place for span in seen.admit(*sent) for place in span] for sent in envelopes]


@pytest.mark.parametrize("seed", range(5))
def test_each_number_of_a_source_and_key_is_new_once(seed: int) -> None:
    seen = Seen()
    known: set[tuple[str, str, int]] = set()
    for sent in [sent._replace(time_us=0) for sent in traffic(seed)]:
        numbers = {place: (sent.source, sent.key, sent.first + place) for place in range(sent.number)}
        assert admitted(seen, [sent]) == [[place for place, number in numbers.items() if number not in known]]
        known.update(numbers.values())


@pytest.mark.parametrize("most", [40, 250_000])
@pytest.mark.parametrize("seed", range(4))
def test_after_a_restart_the_answers_are_the_same(seed: int, most: int) -> None:
    envelopes = traffic(seed)
    expected = admitted(Seen(most=most), envelopes)
    chance = np.random.default_rng(seed)
    seen, saved_at = Seen(most=most), 0
    found: list[list[int]] = []
    snapshots: list[list[Page]] = []
    for number, sent in enumerate(envelopes):
        if chance.random() < 0.05:
            snapshots.append(list(seen.pages(whole=False)))
            saved_at = number
        if chance.random() < 0.02:  # back to the last snapshot; what came after it is read again
            seen = Seen(most=most)
            seen.load(kept(snapshots))
            found = found[:saved_at] + admitted(seen, envelopes[saved_at:number])
            snapshots = [list(seen.pages(whole=True))]
            saved_at = number
        found += admitted(seen, [sent])
    assert found == expected


def test_a_request_is_remembered_for_an_hour_and_a_sender_for_a_week() -> None:
    for source, long_us in (("request/x", HOUR_US), ("sender", 7 * DAY_US)):
        for after_us, new in ((long_us - SECOND_US, []), (long_us + SECOND_US, [range(3)])):
            seen = Seen()
            seen.admit(source, "k", 0, 3, DAY_US)
            seen.admit("request/y" if "request" in source else "other", "k", 0, 3, DAY_US + after_us)
            assert seen.admit(source, "k", 0, 3, DAY_US + after_us) == new


def test_a_sender_that_goes_on_is_remembered() -> None:
    seen = Seen()
    for day in range(30):
        assert seen.admit("sender", "k", day, 1, day * DAY_US) == [range(1)]
    assert seen.admit("sender", "k", 0, 30, 30 * DAY_US) == []


def test_above_its_bound_the_oldest_are_forgotten_and_the_log_says_so(caplog: pytest.LogCaptureFixture) -> None:
    seen = Seen(most=100)
    with caplog.at_level(logging.WARNING):
        for number in range(1000):
            seen.admit(f"sender-{number}", "k", 0, 1, number)
    assert len(caplog.records) == 1 and "more than 100" in caplog.text
    assert [seen.admit(f"sender-{number}", "k", 0, 1, 1000) for number in (901, 999)] == [[], []]
    assert seen.admit("sender-0", "k", 0, 1, 1000) == [range(1)]


def test_one_source_cannot_take_all_memory_with_gaps_keys_or_names() -> None:
    seen = Seen(most=100)
    for number in range(5000):
        seen.admit("gaps", "k", 2 * number, 1, number)
        seen.admit("keys", "k" * 1000 + str(number), 0, 1, number)
        seen.admit("n" * 8000 + str(number), "k", 0, 1, number)
    assert sum(len(page.data) for page in seen.pages(whole=True)) < 50_000


def test_a_flood_of_requests_does_not_make_senders_forgotten() -> None:
    seen = Seen(most=100)
    seen.admit("sender", "k", 0, 5, 0)
    for number in range(1000):
        seen.admit(f"request/{number}", "k", 0, 1, number)
    assert seen.admit("sender", "k", 0, 5, 1000) == []


def test_of_ten_thousand_sources_only_what_has_changed_is_saved() -> None:
    seen = Seen()
    for number in range(30_000):
        seen.admit(f"sender-{number % 10_000}", f"k{number % 3}", 0, 500, number)
        seen.admit(f"request/{number}", "k", 0, 2, number * SECOND_US // 20)
    whole = list(seen.pages(whole=True))
    assert list(seen.pages(whole=False)) == []
    seen.admit("sender-7", "k0", 500, 500, 30_000)
    seen.admit("request/new", "k", 0, 2, 1500 * SECOND_US)
    changed = list(seen.pages(whole=False))
    assert len(changed) == 2 and size(changed) < size(whole) / 20


def size(pages: Sequence[Page]) -> int:
    return sum(len(page.data) for page in pages)
