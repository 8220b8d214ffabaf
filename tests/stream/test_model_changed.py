"""What is promised of `model_changed`: a fact, told once, with its names."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from tests.stream.traffic import Event, changes
from windvane.stream.drift.model_changed import ModelChanged
from windvane.stream.pipeline import Pipeline
from windvane.stream.testing import batch_of

OLD, NEW, OTHER = "m-0301", "m-0613", "m-1106"


def answered(names: list[Any], **more: Any) -> list[Event]:
    return [{"id": str(n), "model": "m", "response_model": name, **more} for n, name in enumerate(names)]


def told(events: list[Event]) -> list[tuple[int, str, Any]]:
    """Return the place, state and evidence of each change."""
    pipeline = Pipeline([ModelChanged()])
    scored = pipeline.score(batch_of(events))
    assert pipeline.failures == {}
    return [(change.row, change.state, change.evidence) for change in scored.changes]


def states(names: list[Any], **more: Any) -> list[tuple[int, str]]:
    return [(row, state) for row, state, _ in told(answered(names, **more))]


def test_the_second_answer_under_a_new_name_tells_from_which_to_which_and_since_when() -> None:
    batch = batch_of(answered([OLD] * 40 + [OLD, NEW, OLD, NEW]))
    (change,) = Pipeline([ModelChanged()]).score(batch).changes
    assert (change.row, change.state, change.since_us) == (43, "fired", batch.times_us()[41])
    evidence = change.evidence
    assert (evidence["feature"], evidence["baseline"], evidence["current"]) == ("response_model", OLD, NEW)
    assert (evidence["baseline_n"], evidence["current_n"], evidence["share"]) == (42, 2, 2 / 3)
    assert evidence["says"] == f"response model went from {OLD} to {NEW}, in 2 of 3 calls since 22:14:01 UTC"


def test_it_is_told_within_a_minute_where_there_is_a_call_every_ten_seconds() -> None:
    start = 1_700_000_000
    events = [{**event, "time": start + 10 * n} for n, event in enumerate(answered([OLD] * 40 + [NEW] * 20))]
    ((row, _, _),) = told(events)
    assert events[row]["time"] - events[40]["time"] <= 60


@pytest.mark.parametrize(
    "names",
    [
        pytest.param([OLD] * 30 + [NEW] + [OLD] * 300 + [NEW] + [OLD] * 300, id="one answer by another, twice"),
        pytest.param([OLD, NEW] * 300, id="two that take turns"),
        pytest.param(np.random.default_rng(0).choice(list("abcde"), 3000).tolist(), id="five at random"),
        pytest.param(np.random.default_rng(0).choice(list("abcdefghijklmno"), 3000).tolist(), id="fifteen at random"),
        pytest.param([f"answer-{n}" for n in range(2000)], id="each its own"),
        pytest.param([OLD] * 10 + [NEW] * 300, id="another after ten answers"),
        pytest.param([OLD] * 200 + [None, ""] * 300, id="no name any more"),
    ],
)
def test_what_is_usual_or_seen_once_is_quiet(names: list[Any]) -> None:
    assert states(names) == []


def test_a_name_that_stays_is_accepted_after_its_two_hundredth_answer_and_known_from_then_on() -> None:
    assert states([OLD] * 40 + [NEW] * 400 + [OLD] * 100 + [NEW] * 100) == [(41, "fired"), (239, "accepted")]


def test_a_name_that_is_taken_back_recovers_and_is_told_again_when_it_comes_again() -> None:
    found = told(answered([OLD] * 40 + [NEW] * 30 + [OLD] * 80 + [NEW] * 2))
    assert [(row, state) for row, state, _ in found] == [(41, "fired"), (119, "recovered"), (151, "fired")]
    assert found[1][2]["says"].startswith(f"response model is {OLD} again")
    assert "30 of 80 calls" in found[1][2]["says"]


@pytest.mark.parametrize("share", [0.05, 0.1, 0.5])
def test_a_slow_rollout_is_told_once(share: float) -> None:
    chance = np.random.default_rng(1)
    names = [OLD] * 100 + [NEW if one < share else OLD for one in chance.random(round(400 / share))]
    assert [state for _, state in states(names)] == ["fired", "accepted"]


def test_yet_another_name_is_told_too_and_ends_the_one_before() -> None:
    found = told(answered([OLD] * 40 + [NEW] * 20 + [OTHER] * 10))
    assert [(row, state) for row, state, _ in found] == [(41, "fired"), (61, "accepted"), (62, "fired")]
    assert (found[2][2]["baseline"], found[2][2]["current"]) == (NEW, OTHER)


def test_two_new_names_that_take_turns_are_both_told() -> None:
    found = told(answered([OLD] * 40 + [NEW, OTHER] * 10))
    assert {evidence["current"] for _, state, evidence in found if state == "fired"} == {NEW, OTHER}


def test_a_release_does_not_change_the_provider_s_model() -> None:
    before, after = answered([OLD] * 40, version="1"), answered([NEW] * 40, version="2")
    assert [state for _, state, _ in told(before + after)] == ["fired"]


def test_a_release_may_change_the_model_of_an_app_that_does_not_say_which_it_asks_for() -> None:
    before, after = answered([OLD] * 40, version="1", model=""), answered([NEW] * 40, version="2", model="")
    assert told(before + after) == []


def test_what_has_fired_ends_with_such_a_release() -> None:
    before = answered([OLD] * 40 + [NEW] * 5, version="1", model="")
    after = answered([OTHER] * 40 + [OLD] * 2, version="2", model="")
    assert [(row, state) for row, state, _ in told(before + after)] == [(41, "fired"), (45, "accepted"), (86, "fired")]


@pytest.mark.parametrize(
    "name",
    ["gen_ai.openai.response.system_fingerprint", "openai.response.system_fingerprint", "system_fingerprint"],
)
def test_a_fingerprint_of_the_model_is_watched_by_itself(name: str) -> None:
    events = [{**event, name: f"fp_{n // 40}"} for n, event in enumerate(answered([OLD] * 80))]
    ((row, state, evidence),) = told(events)
    assert (row, state, evidence["feature"]) == (41, "fired", "system_fingerprint")
    assert (evidence["baseline"], evidence["current"]) == ("fp_0", "fp_1")


def test_failed_calls_that_name_no_model_do_not_matter() -> None:
    with_failures = [event for name in [OLD] * 40 + [NEW] * 3 for event in (*answered([name]), {"error": "timeout"})]
    found = changes(Pipeline([ModelChanged()]), [[{"model": "m", "id": "x", **event} for event in with_failures]])
    assert [change[3] for change in found] == ["fired"]


def test_a_long_name_is_cut_at_sixty_four_bytes_and_still_told_apart() -> None:
    ((_, _, evidence),) = told(answered(["é" * 50 + "a"] * 40 + ["é" * 50 + "b"] * 3))
    assert evidence["current"] == "é" * 32
