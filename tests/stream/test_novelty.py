"""What is promised of novelty: the unusual is said at once and once, the usual hardly ever, nothing is foreseen."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from windvane.stream.anomaly.novelty import NOVELTY, novelty, novelty_state

DAY = 1_440
MINUTE_US = 60_000_000
WARM_UP = 66
ALARM = 0.5


def minutes(days: int = 6, seed: int = 0) -> NDArray[np.float64]:
    """Return what a service with a busy day and a quiet night does, minute by minute."""
    at = np.arange(days * DAY)
    return 300 + 150 * np.sin(at / DAY * 2 * np.pi) + np.random.default_rng(seed).normal(0, 12, len(at))


def scored(values: NDArray[np.float64], situations: int = 128) -> NDArray[np.float64]:
    state, scores = np.zeros(1, novelty_state(situations)), np.full(len(values), np.nan)
    novelty(state, np.zeros(len(values), np.int64), values, np.arange(len(values)) * MINUTE_US, scores)
    return scores


def alarms(values: NDArray[np.float64], since: int, until: int | None = None, situations: int = 128) -> list[int]:
    """Return the minutes of alarms."""
    return [int(at) + since for at in np.flatnonzero(scored(values, situations)[since:until] >= ALARM)]


INCIDENTS = {
    "a spike of one minute": lambda part: np.where(np.arange(len(part)) == 0, part * 3, part),
    "a higher level": lambda part: part * 2,
    "silence": lambda part: part * 0,
    "half of the usual at the busiest hour": lambda part: part * 0.5,
    "wild swings about the same level": lambda part: part * (1 + 0.5 * (-1) ** np.arange(len(part))),
}


@pytest.mark.parametrize("situations", [128, 32])
@pytest.mark.parametrize("incident", INCIDENTS)
def test_what_was_never_seen_is_said_while_it_lasts_and_said_once(incident: str, situations: int) -> None:
    values, begin = minutes(), 4 * DAY + DAY // 4 - 40
    values[begin : begin + 80] = INCIDENTS[incident](values[begin : begin + 80])
    said = alarms(values, begin, begin + 80, situations)
    assert len(said) in (1, 2)
    assert said[0] < begin + 6


def test_a_slow_rise_is_said_before_it_has_doubled() -> None:
    values, begin = minutes(), 4 * DAY + DAY // 4 - 40
    values[begin : begin + 80] *= np.linspace(1, 2, 80)
    assert 1 <= len(alarms(values, begin, begin + 80)) <= 2


def test_an_ordinary_day_is_hardly_ever_news() -> None:
    false = sum(len(alarms(minutes(seed=seed), DAY)) for seed in range(20))
    assert false <= 50  # of 100 days


def test_what_happened_before_is_known_when_it_comes_again() -> None:
    values = minutes(8)
    for day in (3, 4, 5, 6, 7):  # a nightly job
        values[day * DAY + 1_000 : day * DAY + 1_030] += 400
    said = alarms(values, 3 * DAY)
    assert any(3 * DAY + 1_000 <= at < 3 * DAY + 1_006 for at in said)
    assert len([at for at in said if at >= 5 * DAY and at % DAY // 100 == 10]) <= 1


def test_a_point_is_scored_by_those_before_it_alone_however_they_are_handed_in() -> None:
    one, two = minutes(3, 1), minutes(3, 2) * 1e6
    both = np.column_stack([one, two]).ravel()
    places, times = np.arange(len(both)) % 2, np.arange(len(both)) // 2 * MINUTE_US
    state, scores = np.zeros(2, NOVELTY), np.empty(len(both))
    for begin in range(0, len(both), 777):
        part = slice(begin, begin + 777)
        novelty(state, places[part], both[part], times[part], scores[part])
    assert scores[0::2].tolist() == scored(one).tolist()
    assert scores[1::2].tolist() == scored(two).tolist()
    assert scored(one[:2_000]).tolist() == scored(one)[:2_000].tolist()


def test_scores_are_from_0_to_below_1_and_the_first_66_are_0() -> None:
    values = np.random.default_rng(0).pareto(0.7, 5_000)
    scores = scored(values)
    assert not scores[:WARM_UP].any()
    assert scores.any()
    assert 0 <= scores.min() <= scores.max() < 1


@pytest.mark.parametrize("value", [0.0, 45.0, -1e9])
def test_a_value_that_never_changes_says_nothing_and_its_first_change_is_said(value: float) -> None:
    values = np.full(2 * DAY, value)
    assert not scored(values).any()
    values[DAY:] += 1
    assert alarms(values, 0) == [DAY]


@pytest.mark.parametrize(("factor", "offset"), [(1e-6, 0), (1024.0, 0), (1.0, 1e5), (-1.0, 0)])
def test_neither_the_unit_nor_where_zero_lies_matters(factor: float, offset: float) -> None:
    values = minutes(4)
    values[3 * DAY :] *= 2
    assert alarms(values * factor + offset, DAY) == alarms(values, DAY) != []


@pytest.mark.parametrize("missing", [np.nan, np.inf, -np.inf])
def test_what_is_no_number_scores_0_and_is_as_if_it_had_not_come(missing: float) -> None:
    values, times = minutes(3), np.arange(3 * DAY) * MINUTE_US
    holes = np.random.default_rng(0).random(len(values)) < 0.1
    places, state, scores = np.zeros(len(values), np.int64), np.zeros(1, NOVELTY), np.empty(len(values))
    novelty(state, places, np.where(holes, missing, values), times, scores)
    rest, expected = np.zeros(1, NOVELTY), np.empty(int((~holes).sum()))
    novelty(rest, places[~holes], values[~holes], times[~holes], expected)
    assert not scores[holes].any()
    assert scores[~holes].tolist() == expected.tolist()


@pytest.mark.parametrize("absurd", [1e5, 1e12, 1e300, -1e300])
def test_one_absurd_value_is_said_and_does_not_blind(absurd: float) -> None:
    values = minutes(8)
    values[4 * DAY] = absurd
    values[6 * DAY :] *= 8
    said = alarms(values, 4 * DAY)
    assert said[0] == 4 * DAY
    assert any(6 * DAY <= at < 6 * DAY + 6 for at in said)
    assert len(said) < 10


def test_a_series_whose_points_are_set_to_0_begins_anew_quietly() -> None:
    values = minutes(2)
    state, scores = np.zeros(1, NOVELTY), np.empty(len(values))
    places, times = np.zeros(len(values), np.int64), np.arange(len(values)) * MINUTE_US
    novelty(state, places, values, times, scores)
    state["points"] = 0
    novelty(state, places, values * 50, times, scores)
    assert scores.tolist() == scored(values * 50).tolist()
