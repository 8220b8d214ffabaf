"""What is promised of false alarms: evidence that spends a budget alarms no more often than the budget says."""

from __future__ import annotations

import numpy as np

from windvane.stream.budget import WEEK_US, clock, spend


def test_a_fleet_spends_its_false_alarms_in_a_week_however_many_streams_it_has() -> None:
    for streams in (1, 7, 4000):
        steps = 7 * 24 * 6
        times = [round(step * WEEK_US / steps) for step in range(steps + 1)]
        spent = sum(spend(2.0, streams, before, now) for before, now in zip(times, times[1:], strict=False))
        assert np.isclose(spent * streams, 2.0)


def test_one_absurd_time_does_not_stop_a_stream() -> None:
    now = 1_700_000_000_000_000
    later = clock(now, 4_000_000_000_000_000)
    assert later == now + 3600 * 1_000_000 and clock(later, now) == later
    assert spend(1.0, 1, later, later + 1_000_000) > 0


def test_silence_saves_an_hour_at_most_and_a_clock_that_goes_back_spends_nothing() -> None:
    assert spend(1.0, 1, 0, 3600 * 1_000_000) == spend(1.0, 1, 0, WEEK_US) == 1 / (7 * 24)
    assert spend(1.0, 1, 1_000, 0) == 0


def test_alarms_on_chance_alone_are_no_more_than_what_was_spent() -> None:
    chance = np.random.default_rng(0)
    streams, events, each = 4_000, 1_000, 1 / 500
    evidence, alarms = np.zeros(streams), 0
    for _ in range(events):
        # A bet that the mean of a standard normal has moved by 0.8: its mean is 1 as long as it has not.
        evidence = (evidence + each) * np.exp(0.8 * chance.standard_normal(streams) - 0.32)
        alarms += int((evidence >= 1).sum())
        evidence[evidence >= 1] = 0
    promised = streams * events * each
    assert 0.3 * promised < alarms <= promised
