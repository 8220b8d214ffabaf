"""Evidence in words: the detector's own, rounded, with the unit of what it watches."""

from __future__ import annotations

from typing import Any

import pytest

from windvane.dashboards.words import in_words, rounded


def moved(feature: str, says: str, baseline: float, current: float) -> dict[str, Any]:
    return {"feature": feature, "says": says, "baseline": baseline, "current": current}


@pytest.mark.parametrize(
    ("evidence", "told"),
    [
        (moved("latency", "it went from 0.123456 to 7.5279", 0.123456, 7.5279), "it went from 0.123 s to 7.53 s"),
        (moved("input_tokens", "it went from 898.509 to 6267.28", 898.509, 6267.28), "it went from 899 to 6,270"),
        (moved("latency", "17 of 200 of gpt-4.1 took over 2.5", 0.5, 2.5), "17 of 200 of gpt-4.1 took over 2.5 s"),
        ({"feature": "latency", "why": "accepted as the new normal"}, "latency: accepted as the new normal"),
        ({}, ""),
    ],
)
def test_numbers_are_rounded_and_those_that_moved_have_their_unit(evidence: dict[str, Any], told: str) -> None:
    assert in_words(evidence) == told


@pytest.mark.parametrize(
    ("number", "told"), [(0, "0"), (0.0123456, "0.0123"), (999.6, "1,000"), (12_345_678, "12,300,000")]
)
def test_a_number_keeps_three_digits(number: float, told: str) -> None:
    assert rounded(number) == told
