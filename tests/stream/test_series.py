"""Series are numbered as they come, for good; their events lie side by side, each once."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from windvane.stream.series import Series, SeriesIndex, runs
from windvane.stream.testing import batch_of

NAMES = ("service", "model", "operation", "prompt_version")


def events(seed: int, count: int = 400) -> list[dict[str, str]]:
    chance = np.random.default_rng(seed)
    return [{name: value for name in NAMES if (value := str(chance.choice(["", "a", "b"])))} for _ in range(count)]


@pytest.mark.parametrize("seed", range(3))
def test_an_event_belongs_to_the_series_of_its_four_names(seed: int) -> None:
    index, whole = SeriesIndex(), events(seed)
    numbers = [number for start in range(0, 400, 90) for number in index.assign(batch_of(whole[start : start + 90]))[1]]
    assert [index.keys[number] for number in numbers] == [
        Series(*(event.get(name, "") for name in NAMES)) for event in whole
    ]
    assert len(set(index.keys)) == len(index.keys) == 1 + max(numbers)
    first = [numbers.index(number) for number in range(len(index.keys))]
    assert first == sorted(first), "numbered in order of appearance"


def test_absence_and_the_empty_text_are_the_same() -> None:
    assert SeriesIndex().assign(batch_of([{"service": ""}, {}, {"model": ""}]))[1].tolist() == [0, 0, 0]


def test_numbers_outlive_a_restart() -> None:
    index = SeriesIndex()
    pages: dict[int, bytes] = {}
    for seed in range(3):
        index.assign(batch_of([{"service": f"{seed}-{number}"} for number in range(900)]))
        pages |= dict(index.pages(whole=False))
    heir = SeriesIndex()
    heir.load(pages.items())
    assert heir.keys == index.keys and not list(heir.pages(whole=False))
    assert heir.assign(batch_of([{"service": "2-5"}, {"service": "new"}]))[1].tolist() == [1805, 2700]


@pytest.mark.parametrize("seed", range(5))
def test_events_lie_side_by_side_by_series_in_their_order(seed: int) -> None:
    chance = np.random.default_rng(seed)
    series = (chance.pareto(0.5, 500).clip(0, 60)).astype(np.int64)
    laid = runs(series)
    found = {
        number: rows[mask].tolist()
        for run in laid
        for number, rows, mask in zip(run.series.tolist(), run.rows, run.mask, strict=True)
    }
    assert found == {number: np.flatnonzero(series == number).tolist() for number in set(series.tolist())}
    assert sum(run.mask.size for run in laid) <= 2 * len(series), "padding at most doubles the work"


TAGGED: list[dict[str, Any]] = [
    {"service": "a", "tags": {"region": "eu", "tenant": "t1"}},
    {"service": "a", "tags": {"tenant": "t2"}},
    {"service": "a"},
    {"service": "b", "tags": {"region": "eu", "other": "x"}},
]


def test_an_event_is_also_of_the_segments_of_its_series() -> None:
    index = SeriesIndex(("region", "tenant"))
    rows, numbers = index.assign(batch_of(TAGGED))
    keys = [index.keys[number] for number in numbers]
    assert [(row, key.service_name, key.segment) for row, key in zip(rows, keys, strict=True)] == [
        (0, "a", ""), (0, "a", "region=eu"), (0, "a", "tenant=t1"), (1, "a", ""), (1, "a", "tenant=t2"), (2, "a", ""),
        (3, "b", ""), (3, "b", "region=eu"),
    ]  # fmt: skip
    assert numbers.tolist() == [0, 1, 2, 0, 3, 0, 4, 5], "numbered in order of appearance"


def test_segments_are_the_same_however_the_log_is_cut() -> None:
    whole, parts = SeriesIndex(("tenant", "region")), SeriesIndex(("tenant", "region"))
    chance = np.random.default_rng(1)
    many = [TAGGED[place] for place in chance.integers(len(TAGGED), size=100)]
    together = whole.assign(batch_of(many))[1].tolist()
    assert [n for start in range(0, 100, 7) for n in parts.assign(batch_of(many[start : start + 7]))[1]] == together
    assert whole.keys == parts.keys


def test_a_tag_with_an_id_in_it_makes_no_endless_number_of_segments() -> None:
    index = SeriesIndex(("request",))
    many = [{"service": "a", "tags": {"request": str(number)}} for number in range(500)]
    rows, _ = index.assign(batch_of(many))
    assert len(index.keys) == 1 + 64 and len(rows) == 500 + 64
    heir = SeriesIndex(("request",))
    heir.load(index.pages(whole=True))
    assert heir.keys == index.keys and len(heir.assign(batch_of(many))[0]) == 500 + 64
