"""A spend that runs away: who it is, how much, and what stays quiet."""

from __future__ import annotations

import numpy as np
import pytest

from tests.stream.traffic import Event
from windvane.cli.simulation import INCIDENTS, simulate
from windvane.stream.compare.cost_runaway import CostRunaway
from windvane.stream.detector import Change
from windvane.stream.features.cost.cost import Cost
from windvane.stream.pipeline import Pipeline
from windvane.stream.testing import batch_of

START = 1_700_000_000
HOUR = 360
"""Calls: one in ten seconds."""


def changes(events: list[Event]) -> list[Change]:
    return Pipeline([CostRunaway()], [Cost()]).score(batch_of(events)).changes


def traffic(hours: int = 6, *, heavy: float = 0.0, seed: int = 0) -> list[Event]:
    """Return calls of 80 users of one service; a `heavy` share is one more's, whose calls are 20 times as dear."""
    chance = np.random.default_rng(seed)
    made = []
    for number in range(hours * HOUR):
        whale = chance.random() < heavy
        made.append({
            "service": "shop", "time": START + 10 * number, "user": "whale" if whale else f"u{chance.integers(80)}",
            "cost": f"{chance.lognormal(-5, 0.5) * (20 if whale else 1):.6f}",
        })  # fmt: skip
    return made


def run_away(events: list[Event], begin: int, end: int, *, share: float = 0.7, **who: object) -> list[Event]:
    chance = np.random.default_rng(9)
    return [
        {**event, **who, "cost": f"{12 * float(event['cost']):.6f}"}
        if begin <= number < end and chance.random() < share
        else event
        for number, event in enumerate(events)
    ]


def other(kind: str, name: str) -> object:
    return {"api_key": name} if kind == "key" else name


@pytest.mark.parametrize(
    ("who", "name"),
    [({"user": "u7"}, "user u7"), ({"session": "s1"}, "conversation s1"), ({"tags": {"api_key": "k1"}}, "key k1")],
)
def test_who_spends_many_times_as_much_as_anyone_is_told_with_what_it_comes_to(who: Event, name: str) -> None:
    column, kind = next(iter(who)), name.split()[0]
    usual = [{**event, "user": None, column: other(kind, event["user"])} for event in traffic(6)]
    fired, recovered = changes(run_away(usual, 4 * HOUR, 5 * HOUR, **who))
    assert (fired.state, recovered.state) == ("fired", "recovered")
    assert 4 * HOUR < fired.row < 4 * HOUR + 18 and 5 * HOUR <= recovered.row < 5 * HOUR + 90
    told = fired.evidence
    assert told["says"].startswith(f"{name} of shop has spent ") and told["feature"] == f"spend of {name}"
    assert told["current"] > 3 * told["baseline"] and told["share"] > 0.1 and told["unit"] == "USD"
    spent = sum(float(event["cost"]) for event in run_away(usual, 4 * HOUR, 5 * HOUR, **who)[4 * HOUR : 5 * HOUR])
    assert spent * 24 / 5 < told["per_day"] < spent * 24 * 5
    assert abs(fired.since_us / 1e6 - START - 4 * 3600) < 300
    assert (recovered.series, recovered.evidence["feature"]) == (fired.series, told["feature"])


def test_a_service_with_one_heavy_user_is_quiet() -> None:
    assert [changes(traffic(12, heavy=0.3, seed=seed)) for seed in range(3)] == [[]] * 3


def test_usual_traffic_is_quiet() -> None:
    assert [changes(traffic(24, seed=seed)) for seed in range(5)] == [[]] * 5


def test_one_dear_call_is_no_runaway_and_hides_none() -> None:
    events = traffic(8)
    events[3 * HOUR]["cost"] = "500"
    events = run_away(events, 6 * HOUR, 7 * HOUR, user="u7")
    found = changes(events)
    assert [change.state for change in found] == ["fired", "recovered"] and found[0].row >= 6 * HOUR


def test_a_call_that_is_dated_wrongly_does_not_blind_it() -> None:
    events = traffic(6)
    events[3 * HOUR]["time"] = "2090-01-01T00:00:00Z"
    assert changes(events) == []
    found = changes(run_away(events, 4 * HOUR, 5 * HOUR, user="u7"))
    assert [change.state for change in found] == ["fired", "recovered"]


def test_what_comes_to_nothing_wakes_nobody() -> None:
    events = [event | {"cost": f"{float(event['cost']) / 1000:.9f}"} for event in traffic(6)]
    assert changes(run_away(events, 4 * HOUR, 5 * HOUR, user="u7")) == []


def test_calls_without_a_price_are_compared_by_tokens() -> None:
    events = run_away(traffic(6), 4 * HOUR, 5 * HOUR, user="u7")
    bare = [{**event, "cost": None, "input_tokens": int(float(event["cost"]) * 100_000)} for event in events]
    fired, _ = changes(bare)
    assert fired.evidence["unit"] == "tokens" and "tokens a day" in fired.evidence["says"]


def test_what_goes_on_for_a_day_is_taken_as_usual() -> None:
    events = run_away(traffic(34), 4 * HOUR, 34 * HOUR, user="u7")
    assert [change.state for change in changes(events)] == ["fired", "accepted"]


def test_the_demo_s_runaway_is_told_within_a_minute_and_nothing_else() -> None:
    events = list(simulate(seed=0, start_us=START * 1_000_000))
    runaway = next(incident for incident in INCIDENTS if incident.name == "runaway_cost")
    begins = START + runaway.begins * 6 * 3600
    fired, recovered = changes(events)
    assert (fired.state, recovered.state) == ("fired", "recovered")
    assert begins < events[fired.row]["time"] < begins + 60
    assert "user-13 of travel-agent" in fired.evidence["says"]
