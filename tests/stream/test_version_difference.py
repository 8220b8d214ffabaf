"""Version against version: what is said when two that are live side by side do not do the same."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from tests.stream.traffic import Event
from windvane.stream.compare.version_difference import VersionDifference
from windvane.stream.detector import Change
from windvane.stream.features.cost.cost import Cost
from windvane.stream.pipeline import Pipeline
from windvane.stream.testing import batch_of

START = 1_700_000_000


def changes(events: list[Event]) -> list[Change]:
    return Pipeline([VersionDifference()], [Cost()]).score(batch_of(events)).changes


def rollout(count: int, differs: Callable[[bool, np.random.Generator], Event], *, axis: str = "prompt_version",
            share: float = 0.3, seed: int = 0) -> list[Event]:  # fmt: skip
    """Return calls of `v1` and, for their `share`, of `v2`; `differs` says of a version what its call was like."""
    chance = np.random.default_rng(seed)
    made = []
    for number in range(count):
        new = bool(chance.random() < share)
        event = {"service": "chat", "time": START + 2 * number, "latency": float(chance.lognormal(0, 0.4)),
                 "output_tokens": int(chance.integers(50, 250)), axis: "v2" if new else "v1"}  # fmt: skip
        made.append(event | differs(new, chance))
    return made


def failing(new: bool, chance: np.random.Generator) -> Event:
    return {"error": "500"} if chance.random() < (0.2 if new else 0.01) else {}


def alike(new: bool, chance: np.random.Generator) -> Event:
    return {"error": "500"} if chance.random() < 0.05 else {}


@pytest.mark.parametrize(
    ("axis", "kind"), [("prompt_version", "prompt version"), ("model", "model"), ("version", "release")]
)
def test_a_version_that_fails_more_often_is_told_from_the_one_beside_it(axis: str, kind: str) -> None:
    [change] = changes(rollout(1500, failing, axis=axis))
    assert change.state == "fired" and change.evidence["says"].startswith(f"{kind} v2 fails")
    assert change.evidence["low"] < 0.19 < change.evidence["high"]
    assert change.evidence["current"] > 0.1 > 0.03 > change.evidence["baseline"]
    assert change.since_us < (START + 300) * 1_000_000


@pytest.mark.parametrize(
    ("column", "differs"),
    [
        ("gen_ai_client_operation_duration", lambda new, c: {"latency": float(c.lognormal(0.3 * new, 0.4))}),
        (
            "gen_ai_usage_output_tokens",
            lambda new, c: {"output_tokens": int(c.integers(50, 250) * (1.5 if new else 1))},
        ),
        ("cost", lambda new, c: {"cost": f"{0.01 * c.lognormal(0.3 * new, 0.3):.6f}"}),
        ("gen_ai_evaluation_score_value", lambda new, c: {"score": float(c.random() < (0.6 if new else 0.9))}),
    ],
)
def test_what_is_compared(column: str, differs: Callable[[bool, np.random.Generator], Event]) -> None:
    [change] = changes(rollout(3000, differs))
    assert change.evidence["feature"] == f"{column}, prompt version v2 against v1"
    assert change.evidence["current_n"] >= 64 and change.evidence["baseline_n"] >= 64


def test_feedback_is_that_of_the_version_whose_call_it_is_about() -> None:
    chance, events = np.random.default_rng(2), []
    for number, call in enumerate(rollout(2000, lambda *_: {}, share=0.5)):
        good = chance.random() < (0.5 if call["prompt_version"] == "v2" else 0.9)
        about = {"service": "chat", "operation": "feedback", "target_id": f"c{number}", "time": call["time"] + 1}
        events += [call | {"id": f"c{number}"}, about | {"score": float(good)}]
    [change] = changes(events)
    assert change.evidence["feature"] == "gen_ai_evaluation_score_value, prompt version v2 against v1"
    assert change.evidence["current"] < 0.7 < 0.8 < change.evidence["baseline"]


def test_versions_that_do_the_same_are_not_told_apart_however_often_one_looks() -> None:
    assert [changes(rollout(3000, alike, seed=seed)) for seed in range(5)] == [[]] * 5


def test_a_difference_that_nobody_would_act_on_is_not_told() -> None:
    assert changes(rollout(10_000, lambda new, c: {"latency": 1 + 0.05 * new + 0.01 * float(c.random())})) == []


def test_what_both_versions_go_through_is_no_difference() -> None:
    def incident(new: bool, chance: np.random.Generator) -> Event:
        return {}

    events = rollout(3000, incident)
    # The new version gets most of the traffic just when all calls begin to fail.
    for number, event in enumerate(events):
        late = number >= 1500
        event["prompt_version"] = "v2" if number % 10 < (9 if late else 1) else "v1"
        if late and number % 3:
            event |= {"error": "503"}
    assert changes(events) == []


def test_last_month_is_not_compared_with_today() -> None:
    old = [{"service": "chat", "prompt_version": "v1", "time": START + n, "latency": 1.0} for n in range(1000)]
    new = [{"service": "chat", "prompt_version": "v2", "time": START + 90_000 + n, "error": "500"} for n in range(1000)]
    assert changes(old + new) == []


def test_prompts_of_other_names_are_other_prompts() -> None:
    events = rollout(1500, failing)
    assert changes([event | {"prompt_name": f"of {event['prompt_version']}"} for event in events]) == []


def test_it_ends_when_the_difference_is_gone() -> None:
    events = rollout(1500, failing) + rollout(3000, alike, seed=1)
    for number, event in enumerate(events):
        event["time"] = START + 2 * number
    assert [change.state for change in changes(events)] == ["fired", "recovered"]


def test_it_ends_when_one_of_them_has_had_no_traffic_for_an_hour() -> None:
    events = rollout(1500, failing)
    after: list[dict[str, Any]] = [{**events[0], "prompt_version": "v2", "time": START + 8000 + n} for n in range(100)]
    found = changes(events + after)
    assert [change.state for change in found] == ["fired", "accepted"]
    assert "no longer live side by side" in found[1].evidence["says"]
    assert (found[0].series, found[0].evidence["feature"]) == (found[1].series, found[1].evidence["feature"])
