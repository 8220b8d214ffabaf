"""Shifts of numbers: fired soon and once, with what a person needs to act; ended when over; else silent."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import pytest
from numpy.random import Generator

from tests.stream.traffic import Event
from windvane.stream.detector import Change, EventSignal
from windvane.stream.pipeline import Pipeline
from windvane.stream.registry import SIGNALS
from windvane.stream.shifts.record import SERIES
from windvane.stream.shifts.shifts import Shifts
from windvane.stream.shifts.watched import GROUPS, WATCHED
from windvane.stream.testing import batch_of

APART_S = 6
START_S = 1_700_000_000
USUAL = 400
SOON = 15
"""Events within which an incident that nobody would miss fires; single runs take up to three more than the median."""
Spoil = Callable[[Event, Generator], None]


class Told(EventSignal):
    """What an event says of itself, in place of a signal that reads its text."""

    name = "groundedness"

    def score(self, batch):  # type: ignore[no-untyped-def]
        return batch.numbers("gen_ai_request_temperature")


def calls(count: int, chance: Generator, spoil: Spoil | None = None, since: int = USUAL, until: int = 10**9,
          apart_s: float = APART_S) -> list[Event]:  # fmt: skip
    """Return calls of one series, usual but for those from `since` on, until `until`, which `spoil` changes."""
    made: list[Event] = []
    for number in range(count):
        latency = float(chance.lognormal(0, 0.35))
        event: Event = {
            "id": str(number), "time": START_S + number * apart_s, "service": "shop", "response": "yes",
            "latency": latency, "ttft": 0.2 * latency * chance.uniform(0.8, 1.2),
            "input_tokens": int(chance.lognormal(6.5, 0.4)), "output_tokens": int(chance.lognormal(5, 0.6)),
            "temperature": 1.0 - abs(chance.normal(0, 0.01)) if chance.random() < 0.97 else 0.5,
        }  # fmt: skip
        if chance.random() < 0.004:
            event["error"] = "500"
        if spoil and since <= number < until:
            spoil(event, chance)
        made.append(event)
    return made


def slower(event: Event, chance: Generator) -> None:
    event["latency"] *= 2.5
    event["ttft"] *= 2.5


def failing(event: Event, chance: Generator) -> None:
    if chance.random() < 0.6:
        event["error"] = str(chance.choice(["timeout", "timeout", "503"]))
        event["latency"] = 60.0


def ungrounded(event: Event, chance: Generator) -> None:
    event["temperature"] = 0.3 + 0.1 * chance.random()


def longer_prompts(event: Event, chance: Generator) -> None:
    if chance.random() < 0.7:
        event["input_tokens"] *= 14


def found(events: Sequence[Event], alarms_per_week: float = 1.0, streams: int = 1) -> list[Change]:
    detector = Shifts()
    detector.alarms_per_week = alarms_per_week / streams
    pipeline = Pipeline([detector], [Told()])
    changes = pipeline.score(batch_of(events)).changes
    assert pipeline.failures == {}
    return changes


def fired(events: Sequence[Event], **budget: float) -> list[Change]:
    return [change for change in found(events, **budget) if change.state == "fired"]  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("spoil", "signal", "feature"),
    [
        (slower, "behaviour_shift", "gen_ai_client_operation_duration gen_ai_response_time_to_first_chunk"),
        (failing, "error_shift", "error_type"),
        (ungrounded, "quality_shift", "groundedness"),
        (longer_prompts, "behaviour_shift", "gen_ai_usage_input_tokens"),
    ],
)
def test_an_incident_fires_once_and_within_few_calls_at_the_default_budget(
    spoil: Spoil, signal: str, feature: str
) -> None:
    delays, early = [], []
    for seed in range(9):
        changes = fired(calls(USUAL + 80, np.random.default_rng(seed), spoil), alarms_per_week=1.0, streams=40)
        assert [change.signal for change in changes] == [signal]
        assert changes[0].evidence["feature"] in feature.split()
        delays.append(changes[0].row - USUAL + 1)
        early.append(abs(changes[0].since_us / 1e6 - START_S - USUAL * APART_S) / APART_S)
    assert np.median(delays) <= 12 and max(delays) <= 2 * SOON
    assert np.median(early) <= 3 and max(early) <= 10


def test_failures_are_told_by_their_classes_and_beside_what_was_usual() -> None:
    change = fired(calls(USUAL + 40, np.random.default_rng(1), failing))[0]
    says, told = change.evidence["says"], change.evidence
    failed = round(told["current"] * told["current_n"])
    assert says.startswith(f"{failed} of the last {told['current_n']} calls failed (")
    assert says.endswith(" did before") and " of 40" in says
    assert set(told["errors"]) <= {"timeout", "503"} and sum(told["errors"].values()) <= 8
    assert told["baseline"] < 0.02 < 0.3 < told["current"] and told["direction"] == "up"


def test_numbers_are_told_with_their_units_levels_and_events() -> None:
    change = fired(calls(USUAL + 40, np.random.default_rng(1), longer_prompts))[0]
    told = change.evidence
    assert told["baseline"] == pytest.approx(np.exp(6.5), rel=0.15) and told["baseline_n"] >= USUAL - 10
    assert told["current"] > 3 * told["baseline"]
    assert told["says"].startswith("median input tokens went up from") and ", in " in told["says"]
    assert int(told["before"][-1]) < USUAL + 3 and int(told["after"][0]) >= USUAL - 3


def test_what_moves_together_is_one_alarm_and_is_named_in_it() -> None:
    (change,) = fired(calls(USUAL + 60, np.random.default_rng(4), slower))
    moved = dict(change.evidence["moved"])
    assert {"gen_ai_client_operation_duration", "gen_ai_response_time_to_first_chunk"} <= set(moved)
    assert sum(moved.values()) == pytest.approx(1.0, abs=0.01)


def test_answers_that_take_longer_because_they_are_longer_are_told_as_longer_alone() -> None:
    def longer(event: Event, chance: Generator) -> None:
        event["output_tokens"] *= 3
        event["latency"] *= 2.5

    changes = fired(calls(USUAL + 200, np.random.default_rng(5), longer))
    assert [change.evidence["feature"] for change in changes] == ["gen_ai_usage_output_tokens"]


def test_the_latency_of_failed_calls_is_not_mixed_with_that_of_the_others() -> None:
    changes = fired(calls(USUAL + 200, np.random.default_rng(5), failing))
    assert {change.signal for change in changes} == {"error_shift"}


def test_it_recovers_when_the_usual_is_back_and_what_was_between_is_not_learned() -> None:
    def twice(event: Event, chance: Generator) -> None:
        if not USUAL + 300 <= int(event["id"]) < USUAL + 500:
            slower(event, chance)

    changes = found(calls(USUAL + 800, np.random.default_rng(2), twice))
    assert [change.state for change in changes] == ["fired", "recovered", "fired"]
    _, recovered, again = changes
    assert recovered.row <= USUAL + 300 + 80
    assert again.evidence["baseline"] == pytest.approx(1.0, rel=0.15)
    assert recovered.evidence["says"].startswith(
        ("median latency went back to", "median time to first chunk went back to")
    )


def test_a_level_that_stays_for_a_day_is_the_new_normal_and_is_learned() -> None:
    apart_s = 300
    changes = found(calls(USUAL + 900, np.random.default_rng(3), slower, apart_s=apart_s))
    assert [change.state for change in changes] == ["fired", "accepted"]
    begun, accepted = changes
    assert accepted.row - begun.row == pytest.approx(24 * 3600 / apart_s, abs=5)
    assert "usual from now on" in accepted.evidence["says"]


def test_where_nothing_changes_it_raises_about_as_many_false_alarms_as_the_budget_promises() -> None:
    series, promised = 100, 60
    events = [event for number in range(series) for event in calls(400, np.random.default_rng(100 + number))]
    for place, event in enumerate(events):
        event["service"] = f"s{place // 400}"
    events.sort(key=lambda event: float(event["time"]))
    weeks = 400 * APART_S / (7 * 24 * 3600)
    count = len(fired(events, alarms_per_week=promised / weeks))
    assert 0.1 * promised <= count <= 1.2 * promised


def test_a_shift_that_is_sure_but_small_is_no_alarm() -> None:
    def a_little(event: Event, chance: Generator) -> None:
        event["latency"] = 1.1 * chance.uniform(0.99, 1.01)

    events = calls(1500, np.random.default_rng(6), a_little, since=0)
    for event in events[:700]:
        event["latency"] /= 1.1
    assert not [change for change in fired(events) if "duration" in change.evidence["feature"]]


def test_a_burst_of_some_seconds_is_no_alarm_and_what_lasts_is_one_within_a_minute() -> None:
    burst = calls(USUAL + 600, np.random.default_rng(6), longer_prompts, until=USUAL + 40, apart_s=0.5)
    assert fired(burst) == []
    (change,) = fired(calls(USUAL + 600, np.random.default_rng(6), longer_prompts, apart_s=0.5))
    assert (change.row - USUAL) * 0.5 <= 60


def test_better_is_no_alarm() -> None:
    def better(event: Event, chance: Generator) -> None:
        event["latency"] *= 0.3
        event["ttft"] *= 0.3
        event["temperature"] = 1.0

    assert fired(calls(USUAL + 300, np.random.default_rng(7), better)) == []


@pytest.mark.parametrize("absurd", [1e9, 0.0])
def test_one_absurd_value_neither_fires_nor_blinds(absurd: float) -> None:
    events = calls(USUAL + 60, np.random.default_rng(8), slower)
    for place in (3, 40, USUAL - 50):
        events[place]["latency"] = events[place]["ttft"] = absurd
    changes = fired(events)
    assert [change.signal for change in changes] == ["behaviour_shift"]
    assert USUAL < changes[0].row <= USUAL + 2 * SOON


def test_an_announced_release_is_learned_anew_and_what_has_fired_ends() -> None:
    events = calls(USUAL + 300, np.random.default_rng(9), slower)
    for number, event in enumerate(events):
        event["version"] = "1" if number < USUAL + 100 else "2"
    changes = found(events)
    assert [(change.state, change.row >= USUAL + 100) for change in changes] == [("fired", False), ("accepted", True)]
    for event in events:
        event["version"] = "1" if int(event["id"]) < USUAL else "2"
    assert found(events) == []


def test_a_feature_is_not_judged_before_its_64th_value() -> None:
    assert fired(calls(63, np.random.default_rng(10), failing, since=30)) == []


def test_feedback_has_its_own_shift() -> None:
    chance = np.random.default_rng(11)
    events: list[Event] = [
        {"operation": "feedback", "service": "shop", "score": float(chance.random() < (0.9 if number < 300 else 0.2))}
        for number in range(400)
    ]
    (change,) = fired(events)
    assert (change.signal, change.evidence["feature"]) == ("quality_shift", "gen_ai_evaluation_score_value")
    assert change.evidence["direction"] == "down" and change.row < 330


def test_a_number_that_was_always_0_is_watched_from_its_first_other_value() -> None:
    events: list[Event] = [
        {"time": START_S + APART_S * number, "response": "yes", "finish_reason": "stop" if number < 500 else "length"}
        for number in range(540)
    ]
    (change,) = fired(events)
    assert change.evidence["feature"] == "gen_ai_response_finish_reasons" and change.evidence["baseline_n"] >= 490
    assert change.row < 500 + SOON


def test_every_signal_that_is_watched_is_one_that_there_is() -> None:
    columns = {one.feature for one in WATCHED if one.read is not None}
    signals = set(SIGNALS["event"])
    assert {one.feature for one in WATCHED} - columns <= signals
    for group in GROUPS:
        assert len({one.signal for one in WATCHED if one.group == group}) == 1, group


def test_the_state_of_a_series_is_bounded() -> None:
    assert SERIES.itemsize <= 4_500
