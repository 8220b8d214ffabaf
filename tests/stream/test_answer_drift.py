"""Model drift and input drift: what is said when answers change, when prompts do, and when nothing does."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest

from benchmarks.drift_sets import Answers, alpaca, llmdrift
from benchmarks.drift_streams import changing, drawn, run
from tests.conftest import data_file
from tests.stream.answering import START, conversation
from tests.stream.traffic import Event, changes
from windvane.stream.drift.answers.answer_drift import AnswerDrift
from windvane.stream.pipeline import Pipeline

CHANGE = 300
TOLERATED = 1 / 20_000


def found(*parts: list[Event]) -> list[tuple[int, str, str, int, dict[str, Any]]]:
    """Return what is said of calls of one service: at which, and since which of them."""
    detector = AnswerDrift()
    detector.alarms_per_week = 10
    events = [event for part in parts for event in part]
    return [
        (int(name[1:]), signal.value, state, since // 1_000_000 - START, json.loads(evidence))
        for name, _, signal, state, since, evidence in changes(Pipeline([detector]), [events])
    ]


def before(**more: Any) -> list[Event]:
    return conversation(CHANGE, **more)


def after(count: int = 100, *, at: int = CHANGE, **more: Any) -> list[Event]:
    return conversation(count, at=at, **more)


def test_a_model_that_answers_otherwise_is_found_with_what_moved_and_since_when() -> None:
    [(at, signal, state, since, evidence)] = found(before(), after(model="terse"))
    assert (signal, state) == ("model_drift", "fired")
    assert CHANGE <= at <= CHANGE + 20 and abs(since - CHANGE) <= 2
    assert evidence["feature"] == "gen_ai_output_messages"
    assert evidence["baseline_n"] + evidence["current_n"] == at + 1 and evidence["current_n"] == at - since + 1
    assert evidence["says"].startswith("answers have changed while prompts are as usual")
    assert set(evidence["before"]) <= {f"e{number}" for number in range(CHANGE)}
    shares = [share for _, share in evidence["moved"]]
    assert shares == sorted(shares, reverse=True) and 0 < sum(shares) <= 1


def test_a_number_that_moved_is_told_as_it_was_and_as_it_is() -> None:
    unstopped = [{**event, "response": event["response"].replace(".", "")} for event in after()]
    [(_, _, _, _, evidence)] = found(before(), unstopped)
    assert evidence["measured"] == "sentence_length"
    assert 3 < evidence["baseline"] < 7 and evidence["current"] > 10
    assert "words per sentence went from 5" in evidence["says"]


@pytest.mark.parametrize("model", ["chatty", "terse"])
def test_what_is_answered_to_other_questions_is_no_fault_of_the_model(model: str) -> None:
    said = found(before(), after(kind="code", model=model))
    assert [(signal, state) for _, signal, state, *_ in said] == [("input_drift", "fired")]
    assert said[0][4]["says"].startswith("prompts have changed")


def test_it_recovers_when_answers_are_as_before() -> None:
    said = found(before(), after(model="terse"), after(400, at=CHANGE + 100))
    assert [(signal, state) for _, signal, state, *_ in said] == [
        ("model_drift", "fired"),
        ("model_drift", "recovered"),
    ]
    assert said[0][3] == said[1][3] and CHANGE + 100 < said[1][0] < CHANGE + 300


def test_what_lasts_is_accepted_and_learned_as_the_new_normal() -> None:
    said = found(before(), after(1000, model="terse"))
    assert [(signal, state) for _, signal, state, *_ in said] == [("model_drift", "fired"), ("model_drift", "accepted")]
    assert "new normal" in said[1][4]["says"]


def test_what_was_accepted_is_what_later_answers_are_compared_with() -> None:
    said = found(before(), after(500, model="terse"), after(100, at=CHANGE + 500))
    assert [state for _, _, state, *_ in said] == ["fired", "accepted", "fired"]


def test_nothing_is_said_while_nothing_changes() -> None:
    assert found(conversation(4000)) == []


def test_nothing_is_said_before_there_is_a_baseline() -> None:
    said = found(conversation(30), conversation(30, model="terse", at=30), conversation(200, at=60))
    assert all(at >= 64 for at, *_ in said)


def test_an_announced_release_is_no_surprise() -> None:
    assert found(before(version="1"), after(400, model="terse", version="2")) == []


def test_calls_that_fail_say_nothing_of_the_model() -> None:
    failing = [{key: value for key, value in event.items() if key != "response"} for event in after(error="timeout")]
    assert found(before(), failing, after(at=CHANGE + 100)) == []


def test_one_absurd_answer_neither_sets_it_off_nor_blinds_it() -> None:
    events = before()
    for at, text in ((20, "!" * 100_000), (100, "1\n" * 20_000), (200, "\U0010ffff" * 9_000)):
        events[at]["response"] = text
    [(at, signal, *_)] = found(events, after(model="terse"))
    assert signal == "model_drift" and CHANGE <= at <= CHANGE + 20


def test_services_without_prompts_are_judged_by_their_answers() -> None:
    blind = [
        {key: value for key, value in event.items() if key != "prompt"} for event in before() + after(model="terse")
    ]
    [(at, signal, *_)] = found(blind)
    assert signal == "model_drift" and at <= CHANGE + 20


@pytest.fixture(scope="module")
def models() -> list[Answers]:
    return alpaca(data_file("alpaca_eval").parent)


def waits(old: Answers, new: Answers, known: int) -> list[float]:
    """Return how many answers of the new model it takes, after at most `known` of the old one, in ten shuffles."""
    change = min(known, len(old.texts))
    streams = changing(old, new, 10, np.random.default_rng(0), before=change, after=400)
    alarms = run([old, new], streams, TOLERATED)
    found = [[one.at for one in own if one.signal == "model_drift" and one.at >= change] for own in alarms]
    return [own[0] - change + 1 if own else np.inf for own in found]


def test_new_versions_of_a_model_are_found_in_their_answers() -> None:
    for old, new in llmdrift(data_file("llmdrift").parent):
        assert np.median(waits(old, new, 2000)) <= 50, new.model


def test_two_hundred_answers_are_enough_to_tell_another_family_of_models(models: list[Answers]) -> None:
    by = {one.model[:4]: one for one in models}
    assert np.median(waits(by["clau"], by["llam"], 200)) <= 30
    assert np.median(waits(by["llam"], by["clau"], 200)) <= 30


def test_another_mix_of_prompts_is_called_so(models: list[Answers]) -> None:
    wrong, chance = 0, np.random.default_rng(0)
    for model in models:
        inside = [np.flatnonzero(model.sources != "selfinstruct"), np.flatnonzero(model.sources == "selfinstruct")]
        for own in run([model], drawn(inside, [800, 400], 5, chance), TOLERATED):
            signals = [one.signal for one in own if one.at >= 800]
            wrong += "model_drift" in signals or "input_drift" not in signals
    assert wrong <= len(models) * 5 * 0.05


def test_false_alarms_keep_to_what_was_promised(models: list[Answers]) -> None:
    chance, alarms = np.random.default_rng(0), 0
    for model in models:
        streams = drawn([np.arange(len(model.texts))], [3000], 5, chance)
        alarms += sum(map(len, run([model], streams, TOLERATED)))
    promised = 2 * TOLERATED * 3000 * 5 * len(models)
    assert alarms <= promised + 2 * promised**0.5
