"""What a series does in a minute: what stands out is said soon, what is usual at its hour is not."""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import pytest

from tests.stream.traffic import Event, cut
from windvane.cli.simulation import INCIDENTS, simulate
from windvane.stream.anomaly.minutes import Minutes
from windvane.stream.features.cost.cost import Cost
from windvane.stream.pipeline import Pipeline
from windvane.stream.testing import batch_of

MONDAY = 1_699_833_600
LOGGED_US = (MONDAY + 30 * 86400) * 1_000_000
DAY = 1440
Told = tuple[str, str, str, str, float]


def calls(rates: Sequence[float], *, seed: int = 0, service: str = "a", **more: Any) -> list[Event]:
    """Return as many calls in each minute from Monday on as chance gives a rate, in order of time."""
    chance = np.random.default_rng(seed)
    minutes = np.repeat(np.arange(len(rates)), chance.poisson(rates))
    times = np.sort(MONDAY + 60 * (minutes + chance.random(len(minutes))))
    return [{"time": when, "service": service, "latency": chance.lognormal(0, 0.4), **more} for when in times.tolist()]


def together(*parts: Iterable[Event]) -> list[Event]:
    return sorted((event for part in parts for event in part), key=lambda event: float(event["time"]))


def told(batches: Sequence[Sequence[Event]], *, per_week: float = 1.0, logged_us: int = LOGGED_US) -> list[Told]:
    """Return service, feature, state, sentence and time, in minutes from Monday on, of each change."""
    detector = Minutes()
    detector.alarms_per_week = per_week
    pipeline = Pipeline([detector], [Cost()])
    found: list[Told] = []
    for part in batches:
        scored = pipeline.score(batch_of(part, logged_us=logged_us))
        found += [
            (
                scored.series[change.series].service_name,
                str(change.evidence["feature"]),
                change.state,
                str(change.evidence["says"]),
                (float(part[change.row]["time"]) - MONDAY) / 60,
            )
            for change in scored.changes
        ]
    assert pipeline.failures == {}
    return found


def rates(minutes: int, level: float, *, from_: int = 0, until: int = 0, times: float = 1.0) -> list[float]:
    return [level * (times if from_ <= minute < until else 1.0) for minute in range(minutes)]


def by_day(days: int, level: float) -> np.ndarray[Any, np.dtype[np.float64]]:
    """Return rates with a busy noon and a quiet night."""
    return level * (1 + 0.5 * np.sin(2 * np.pi * (np.arange(days * DAY) / DAY - 0.25)))


def test_a_service_that_falls_silent_is_told_and_that_it_is_back() -> None:
    silent = calls(rates(600, 12, from_=400, until=430, times=0))
    found = told([together(silent, calls(rates(600, 12), seed=1, service="b"))])
    (service, _, state, says, at), (_, _, ended, back, later) = found
    assert (service, state, ended) == ("a", "fired", "recovered")
    assert says.startswith("calls fell from 1") and "to 0 a minute since 06:40 UTC" in says and 401 < at < 406
    assert back.startswith("calls are back at 1") and 430 < later < 433


def test_a_quiet_service_is_not_silent_between_its_calls_but_it_is_after_hours_without() -> None:
    steady = calls(rates(3 * DAY, 10), seed=1, service="b")
    quiet = calls(rates(3 * DAY, 0.3, from_=2 * DAY + 600, until=2 * DAY + 780, times=0))
    found = told([together(steady, quiet)])
    assert [(service, state) for service, _, state, *_ in found] == [("a", "fired"), ("a", "recovered")]
    assert 2 * DAY + 610 < found[0][4] < 2 * DAY + 700


def test_three_times_the_calls_are_told_within_minutes_and_accepted_after_two_hours() -> None:
    found = told([calls(rates(800, 20, from_=400, until=800, times=3))])
    assert [(feature, state) for _, feature, state, *_ in found] == [
        ("calls a minute", "fired"),
        ("calls a minute", "accepted"),
    ]
    assert 401 < found[0][4] < 405 and "times the usual" in found[0][3]
    assert 520 < found[1][4] < 530 and "for 2 hours: that is the usual now" in found[1][3]


def test_a_minute_that_stands_out_is_told_and_is_over() -> None:
    found = told([calls(rates(600, 20, from_=400, until=402, times=6))])
    assert [state for _, _, state, *_ in found] == ["fired", "recovered"]
    assert 401 < found[0][4] < 404 and found[1][4] < 412


def test_a_slow_rise_is_told_once_the_hours_of_the_day_are_known_and_the_daily_one_is_not() -> None:
    usual = by_day(4, 30)
    rising = usual.copy()
    rising[3 * DAY + 300 : 3 * DAY + 540] *= np.linspace(1, 2, 240)
    found = told([together(calls(usual.tolist(), service="usual"), calls(rising.tolist(), service="rising"))])
    fired = [(service, at) for service, _, state, _, at in found if state == "fired"]
    assert [service for service, _ in fired] == ["rising"]
    assert 3 * DAY + 300 < fired[0][1] < 3 * DAY + 545


def test_the_first_weekend_is_no_incident_and_neither_is_the_monday_after_it() -> None:
    level = by_day(9, 40)
    level[5 * DAY : 7 * DAY] *= 0.65
    assert not [one for one in told([calls(level.tolist())]) if one[2] == "fired"]


def test_events_out_of_order_are_counted_where_they_belong() -> None:
    events = calls(rates(500, 12, from_=400, until=420, times=0))
    # A last event an hour later closes every minute of both.
    end = [{"time": MONDAY + 560 * 60, "service": "b"}]
    chance = np.random.default_rng(0)
    mixed = sorted(events, key=lambda event: float(event["time"]) + chance.uniform(0, 8))
    in_order, out_of_order = told([[*events, *end]]), told([[*mixed, *end]])
    assert [one[:4] for one in in_order] == [one[:4] for one in out_of_order] and in_order


def test_what_comes_after_its_minute_was_closed_makes_no_spike() -> None:
    events = calls(rates(500, 12))
    late = [{"time": MONDAY + 300 * 60 + n / 10, "service": "a"} for n in range(500)]
    assert told([[*events[: len(events) * 4 // 5], *late, *events[len(events) * 4 // 5 :]]]) == []


@pytest.mark.parametrize("logged_us", [0, (MONDAY + 500 * 60) * 1_000_000])
def test_a_time_that_cannot_be_closes_no_minutes(logged_us: int) -> None:
    events = calls(rates(500, 12))
    far = {"time": "2099-01-01T00:00:00Z", "service": "a"}
    broken = [*events[:4000], far, *events[4000:]]
    detector = Minutes()
    Pipeline([detector]).score(batch_of(broken, logged_us=logged_us))
    clean = Minutes()
    Pipeline([clean]).score(batch_of(events, logged_us=logged_us))
    assert int(detector.state[0]["closed"]) == int(clean.state[0]["closed"])


def test_an_app_that_was_off_for_a_night_begins_again_without_alarms() -> None:
    on = [calls(rates(400, 12), seed=seed, service=str(seed)) for seed in range(10)]
    later = [{**event, "time": event["time"] + 36_000} for part in on for event in part]
    assert told([together(*on), together(later)]) == []


def test_one_absurd_value_neither_fires_nor_blinds() -> None:
    events = calls(rates(600, 12), provider="openai", model="gpt-4o-mini", input_tokens=100, output_tokens=50)
    events[3000]["latency"] = 1e9
    events[3500]["output_tokens"] = 2**32 - 1
    for event in events[len(events) * 3 // 4 :]:
        event["latency"] *= 6
    assert [(feature, state) for _, feature, state, *_ in told([events])] == [
        ("latency by the minute", "fired"),
        ("latency by the minute", "accepted"),
    ]


def test_a_new_release_does_not_change_who_calls() -> None:
    silent = calls(rates(600, 12, from_=400, until=440, times=0))
    for event in silent:
        event["version"] = "1" if event["time"] < MONDAY + 395 * 60 else "2"
    found = told([together(silent, calls(rates(600, 12), seed=1, service="b"))])
    assert [(service, state) for service, _, state, *_ in found] == [("a", "fired"), ("a", "recovered")]


def test_a_new_release_ends_what_has_fired_of_its_calls_and_is_learned_anew() -> None:
    events = calls(rates(900, 12))
    for event in events:
        now = (event["time"] - MONDAY) / 60
        event["latency"] *= 6 if now > 400 else 1
        event["version"] = "1" if now < 450 else "2"
    found = [(feature, state) for _, feature, state, _, at in told([events])]
    assert found == [("latency by the minute", "fired"), ("latency by the minute", "accepted")]


def test_a_call_that_takes_longer_from_one_to_the_next_is_left_to_those_who_watch_every_call() -> None:
    events = calls(rates(600, 12))
    for event in events[len(events) * 2 // 3 :]:
        event["latency"] *= 2.5
    assert not [one for one in told([events]) if "went up" in one[3] or "stayed" in one[3]]


def test_a_service_that_is_gone_for_days_is_told_once_and_no_longer_waited_for() -> None:
    gone = calls(rates(300, 12))
    found = told([together(gone, calls(rates(4 * DAY, 2), seed=1, service="b"), calls([]))])
    assert [(service, state) for service, _, state, *_ in found] == [("a", "fired"), ("a", "accepted")]


def test_in_the_demo_nothing_fires_before_the_first_incident_and_then_only_where_there_is_one() -> None:
    start_us = 1_699_920_000_000_000
    events = [
        {name: value for name, value in event.items() if name not in ("response", "context", "prompt")}
        for event in simulate(seed=3, start_us=start_us)
    ]
    touched = {service: incident.begins for incident in reversed(INCIDENTS) for service in incident.services}
    for service, _, _, says, at in told([events]):
        share = ((at * 60 + MONDAY) - start_us / 1e6) / 21_600
        assert share > touched[service], (service, says)


def test_a_day_of_many_series_is_closed_in_seconds() -> None:
    busy = [{"time": MONDAY + 60 * minute, "service": "clock"} for minute in range(DAY)]
    many = [{"time": MONDAY, "service": str(number)} for number in range(2000)]
    detector = Minutes()
    pipeline = Pipeline([detector])
    pipeline.score(batch_of(busy[:5], logged_us=LOGGED_US))
    began = time.monotonic()
    pipeline.score(batch_of([*many, *busy], logged_us=LOGGED_US))
    assert time.monotonic() - began < 60 and pipeline.failures == {}
    assert detector.state.itemsize * 4 <= 4096


def test_how_the_log_is_cut_changes_nothing_where_hours_are_known() -> None:
    events = calls((by_day(3, 1) * np.repeat([1.0, 6.0], [2 * DAY + 700, DAY - 700])).tolist())
    whole = told([events])
    assert told(cut(events, 0)) == whole and whole


def test_what_comes_service_by_service_as_in_a_quick_replay_is_no_silence() -> None:
    """Each service's hour comes in one piece: the others seem silent meanwhile, until their hour comes, too late."""
    calls: list[dict[str, Any]] = [
        {"time": MONDAY + 3600 + 4 * number + offset, "service": name}
        for number in range(5000)
        for offset, name in enumerate("abc")
    ]
    calls.sort(key=lambda call: (call["time"] // 1800, call["service"]))
    pipeline = Pipeline([Minutes()])
    for start in range(0, len(calls), 1000):
        assert pipeline.score(batch_of(calls[start : start + 1000])).changes == []
