"""Answers beside the expected ones that come with them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from windvane.stream.features.accuracy import ExactMatch, NormalizedMatch, NumericMatch
from windvane.stream.testing import batch_of

ANSWERS: list[tuple[str, str, float, float, float | None]] = [
    # the answer, the expected one; whether they match exactly, normalized, by number
    ("Paris", "Paris", 1, 1, None),
    ("  Paris\n", "Paris", 1, 1, None),
    ("paris.", "Paris", 0, 1, None),
    ("The  Eiffel Tower!", "an eiffel tower", 0, 1, None),
    ("theatre", "atre", 0, 0, None),
    ("the a an", "the", 0, 1, None),
    ("¿Café?", "café", 0, 1, None),
    ("北京。", "北京", 0, 1, None),
    ("So the answer is $1,234.50.", "1234.5", 0, 0, 1),
    ("2 + 2 = 5", "4", 0, 0, 0),
    ("It is -3 degrees", "-3", 0, 0, 1),
    ("2020-2021", "2021", 0, 0, 1),
    ("0.333333", "0.33", 0, 0, 1),
    ("0.34", "0.33", 0, 0, 0),
    ("1000.4", "1000", 0, 0, 0),
    ("no number", "7", 0, 0, 0),
]
"""Of the view `accuracy`, too: tests/storage/test_quality_views.py."""


def matches(events: list[dict[str, Any]]) -> list[list[float | None]]:
    found = np.stack(
        [signal().score(batch_of(events)) for signal in (ExactMatch, NormalizedMatch, NumericMatch)], axis=1
    )
    return [[None if np.isnan(cell) else cell for cell in row] for row in found.tolist()]


@pytest.mark.parametrize("way", ["label", "tag", "attribute"])
def test_an_answer_is_compared_with_the_expected_one_wherever_the_app_says_it(way: str) -> None:
    events = [{"response": answer, **said(way, expected)} for answer, expected, *_ in ANSWERS]
    assert matches(events) == [list(row[2:]) for row in ANSWERS]


def said(way: str, expected: str) -> dict[str, Any]:
    if way == "label":
        return {"evaluation": "expected", "label": expected}
    return {"tags": {"expected": expected, "b": "c"}} if way == "tag" else {"expected": expected, "other": 1}


def test_of_answers_that_are_messages_the_words_are_compared() -> None:
    answer = [{"role": "assistant", "content": "It is 42."}]
    assert matches([{"response": answer, "expected": 42}]) == [[0, 0, 1]]


@pytest.mark.parametrize(
    "event",
    [
        {"response": "yes"},
        {"expected": "yes"},
        {"response": "yes", "label": "yes"},
        {"response": "yes", "evaluation": "helpfulness", "label": "yes"},
        {"response": "yes", "evaluation": "expected", "label": "yes", "target_id": "another"},
    ],
)
def test_a_label_that_is_no_expected_answer_to_this_event_is_compared_with_nothing(event: dict[str, Any]) -> None:
    assert matches([event]) == [[None, None, None]]
