"""How sure a model was of its own words: at the beginning, at the worst place, beside what is usual for it."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest

from tests.stream.traffic import cut
from windvane.collectors.event import VERSION
from windvane.collectors.normalize import normalize
from windvane.stream.features.uncertainty.surprise import Surprise, SurpriseOnset, SurprisePeak
from windvane.stream.features.uncertainty.surprise_for_model import SurpriseForModel
from windvane.stream.features.uncertainty.top_tokens import Entropy, EntropyPeak, Margin
from windvane.stream.testing import batch_of

TOPS: list[type[Entropy | EntropyPeak | Margin]] = [Entropy, EntropyPeak, Margin]


def for_model(signal: SurpriseForModel, events: list[dict[str, Any]]) -> list[float]:
    return list(signal.score(batch_of(events), np.zeros(len(events), np.int64), 1).tolist())


def openai(tokens: list[list[float]]) -> list[dict[str, Any]]:
    """Return tokens in the shape of OpenAI's `choices[0].logprobs.content`."""
    return [
        {
            "token": "t",
            "logprob": logs[0],
            "bytes": [116],
            "top_logprobs": [{"token": "t", "logprob": log} for log in logs],
        }
        for logs in tokens
    ]


def test_a_doubt_in_the_middle_of_a_long_answer_shows_in_the_peak_and_hides_in_the_mean() -> None:
    sure, doubtful = [-0.05] * 200, [-0.05] * 100 + [-3.0] * 8 + [-0.05] * 92
    batch = batch_of([{"logprobs": sure}, {"logprobs": doubtful}])
    mean, onset, peak = (signal().score(batch).round(2).tolist() for signal in (Surprise, SurpriseOnset, SurprisePeak))
    assert (mean, onset, peak) == ([0.05, 0.17], [0.05, 0.05], [0.05, 3.0])


def test_the_peak_does_not_reach_into_another_answer() -> None:
    batch = batch_of([{"logprobs": [-0.5] * 9 + [-1.0]}, {"logprobs": [-9.0] * 3}, {}, {"logprobs": [-0.5] * 30}])
    assert SurprisePeak().score(batch).tolist() == [0.5625, 9.0, pytest.approx(np.nan, nan_ok=True), 0.5]


@pytest.mark.parametrize("value", [-1e30, -9999.0, -3.4e38, 3.4e38, 0.0, -1e-45])
def test_marks_for_not_known_and_impossible_values_break_nothing(value: float) -> None:
    events: list[dict[str, Any]] = [
        {"logprobs": [-0.5, value]},
        {"logprobs": [-0.5]},
        {"top_logprobs": [[-0.5, value]]},
    ]
    for signal in (Surprise, SurpriseOnset, SurprisePeak, *TOPS):
        found = signal().score(batch_of(events))
        assert not np.isinf(found).any() and (found[~np.isnan(found)] >= 0).all()
    assert Surprise().score(batch_of(events))[1] == 0.5
    assert np.isfinite(for_model(SurpriseForModel(), events[:1] * 100)[60:]).all()


def test_the_likeliest_tokens_may_come_as_lists_or_in_openais_shape() -> None:
    tokens = [[-0.1, -2.5, -5.0], [-0.7, -0.8], [-1e-6]]
    shapes = [tokens, json.dumps(tokens), openai(tokens), {"content": openai(tokens), "refusal": None}]
    for signal in TOPS:
        found = signal().score(batch_of({"top_logprobs": shape} for shape in shapes))
        assert found[0] > 0 and found.tolist() == [found[0]] * 4


@pytest.mark.parametrize(
    "value", ["[[", "{}", "[]", "[[]]", "[1]", '"x"', "[[null]]", "null", '{"content": null}', "text"]
)
def test_what_has_no_such_shape_says_nothing_and_hurts_no_other(value: str) -> None:
    batch = batch_of([{"top_logprobs": value}, {"top_logprobs": [[-0.1, -2.5]]}])
    for signal in TOPS:
        found = signal().score(batch)
        assert found[1] == signal().score(batch_of([{"top_logprobs": [[-0.1, -2.5]]}]))[0]
        assert value in ("[[null]]", "[[]]") or np.isnan(found[0])


def test_entropy_is_that_of_the_tokens_given_and_one_for_all_others() -> None:
    half = float(np.log(0.5))
    tokens = {"even": [half, half], "torn": [half, float(np.log(0.25))], "sure": [0.0]}
    found = Entropy().score(batch_of({"top_logprobs": [logs]} for logs in tokens.values()))
    np.testing.assert_allclose(found, [np.log(2), 0.5 * np.log(2) + 0.5 * np.log(4), 0.0], atol=1e-5)


def test_the_likeliest_tokens_are_a_body_of_a_new_minor_version() -> None:
    assert VERSION == (1, 1)
    assert normalize({"top_logprobs": [[-0.5]]})[-1] == "[[-0.5]]"


def test_an_answer_is_measured_by_what_is_usual_for_its_own_model() -> None:
    chance = np.random.default_rng(0)
    chatty = [{"model": "chatty", "logprobs": (-chance.exponential(1.0, 50)).tolist()} for _ in range(200)]
    terse = [{"model": "terse", "logprobs": (-chance.exponential(0.1, 50)).tolist()} for _ in range(200)]
    odd = [{"model": model, "logprobs": [-1.0] * 50} for model in ("chatty", "terse", "new")]
    said = for_model(SurpriseForModel(), [*chatty, *terse, *odd])
    assert abs(said[-3]) < 1 and said[-2] > 10 and np.isnan(said[-1])
    assert np.isnan(said[:50]).all() and np.isfinite(said[50:200]).all()


def test_a_few_odd_answers_do_not_change_what_is_usual() -> None:
    usual = [{"logprobs": [-0.3 - number % 7 / 20]} for number in range(300)]
    odd = [{"logprobs": [-50.0]}] * 3
    before = for_model(SurpriseForModel(), [*usual, {"logprobs": [-2.0]}])[-1]
    after = for_model(SurpriseForModel(), [*usual, *odd, {"logprobs": [-2.0]}])[-1]
    assert before > 3 and after > 2


def test_what_is_usual_is_the_same_however_the_log_is_cut_and_wherever_it_is_taken_over() -> None:
    chance = np.random.default_rng(3)
    events = [
        {"service": f"s{chance.integers(3)}", "model": f"m{chance.integers(4)}"}
        | ({"logprobs": (-chance.exponential(0.5, 5)).tolist()} if chance.random() < 0.8 else {})
        for _ in range(3000)
    ]
    whole = for_model(SurpriseForModel(), events)
    assert np.isfinite(whole).sum() > 1000
    signal, found = SurpriseForModel(), list[float]()
    for number, part in enumerate(cut(events, seed=5)):
        if number % 9 == 8:
            heir = SurpriseForModel()
            heir.load(list(signal.pages(whole=True)))
            signal = heir
        found += for_model(signal, list(part))
    np.testing.assert_array_equal(found, whole)
