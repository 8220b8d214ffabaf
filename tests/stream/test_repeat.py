"""Requests that were made before: the same in every way, within a day, as far as memory reaches."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from tests.stream.traffic import cut
from windvane.stream.features.cost.repeat import Repeat
from windvane.stream.testing import batch_of
from windvane.stream.text.hashes import text_hashes

ASKED: dict[str, Any] = {
    "service": "shop",
    "model": "m",
    "system": "Be brief.",
    "prompt": [{"role": "user", "content": "Where is my order?"}],
    "temperature": 0.2,
    "max_tokens": 100,
}
HOUR = 3600
WINDVANE = 17858520305096648194
"""The hash of the word, for good."""


def repeats(signal: Repeat, events: list[dict[str, Any]]) -> list[float]:
    return list(signal.score(batch_of(events), np.zeros(len(events), np.int64), 1).tolist())


def test_a_request_that_was_made_before_says_how_often() -> None:
    other = {**ASKED, "prompt": "Another question"}
    assert repeats(Repeat(), [ASKED, other, ASKED, ASKED, other]) == [0, 0, 1, 2, 1]


@pytest.mark.parametrize("name", ASKED)
def test_a_request_that_differs_in_anything_is_another(name: str) -> None:
    changed = {"temperature": 0.3, "max_tokens": 99}.get(name, "other")
    assert repeats(Repeat(), [ASKED, {**ASKED, name: changed}, ASKED]) == [0, 0, 1]
    if name != "prompt":
        assert repeats(Repeat(), [ASKED, {**ASKED, name: None}, ASKED]) == [0, 0, 1]


def test_what_does_not_belong_to_the_request_does_not_count() -> None:
    again = {**ASKED, "response": "On its way", "user": "u", "latency": 3, "output_tokens": 7}
    assert repeats(Repeat(), [ASKED, again]) == [0, 1]


def test_an_event_without_a_prompt_is_no_request() -> None:
    assert np.isnan(repeats(Repeat(), [{"response": "hi"}, {"response": "hi"}])).all()


def test_a_request_is_forgotten_after_a_day_without_it() -> None:
    times = [0, 20 * HOUR, 44 * HOUR, 68 * HOUR + 1, 69 * HOUR]
    events = [{**ASKED, "time": 1_700_000_000 + time} for time in times]
    assert repeats(Repeat(), events) == [0, 1, 2, 0, 1]
    signal = Repeat()
    assert [repeats(signal, [event])[0] for event in events] == [0, 1, 2, 0, 1]


def test_memory_is_bounded_and_keeps_what_is_asked_again() -> None:
    signal, hot = Repeat(), {**ASKED, "prompt": "hot"}
    for start in range(0, 200_000, 20_000):
        cold = [{"prompt": f"cold {number}"} for number in range(start, start + 20_000)]
        repeats(signal, [{**event, "time": 1_700_000_000 + start // 20} for event in (hot, *cold)])
    assert repeats(signal, [hot]) == [10]
    assert repeats(signal, [{"prompt": "cold 0"}]) == [0]
    assert sum(len(data) for _, data in signal.pages(whole=True)) < 1_000_000
    recent = repeats(signal, [{"prompt": f"cold {number}"} for number in range(190_000, 200_000)])
    assert np.mean(np.array(recent) > 0) > 0.99


def test_it_says_the_same_however_the_log_is_cut_and_wherever_it_is_taken_over() -> None:
    chance = np.random.default_rng(1)
    events = [
        {"prompt": f"p{chance.integers(60)}", "time": 1_700_000_000 + int(number * 900 + chance.integers(-3000, 3000))}
        for number in range(3000)
    ]
    whole = repeats(Repeat(), events)
    assert max(whole) > 5
    signal, found = Repeat(), list[float]()
    for number, part in enumerate(cut(events, seed=0)):
        if number % 7 == 0:
            heir = Repeat()
            heir.load(list(signal.pages(whole=True)))
            signal = heir
        found += repeats(signal, list(part))
    assert found == whole


def test_hashes_of_texts_differ_wherever_the_texts_do_and_not_by_their_neighbours() -> None:
    texts = [chr(97 + letter) * count for letter in range(26) for count in range(40)]
    texts = [*dict.fromkeys(texts), "ab" * 20, "ba" * 20, "abcdefgh12345678", "12345678abcdefgh", "a\0", "\0a", "\0"]
    whole = text_hashes(pa.array([*texts, None]))
    assert len(set(whole.tolist())) == len(texts) + 1
    assert [text_hashes(pa.array([text]))[0] for text in texts] == whole[:-1].tolist()
    assert text_hashes(pa.array([*texts, None]).slice(5, 300)).tolist() == whole[5:305].tolist()
    assert text_hashes(pa.array(["windvane"])).tolist() == [WINDVANE], "saved state would no longer be recognized"
