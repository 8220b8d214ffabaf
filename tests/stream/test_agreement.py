"""Whether one prompt gets one answer: agreement with the earlier answers to the very same prompt."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from tests.stream.traffic import cut
from windvane.stream.features.agreement import AnswerAgreement
from windvane.stream.testing import batch_of

ASKED: dict[str, Any] = {
    "service": "shop",
    "system": "Be brief.",
    "prompt": "When is the shop open?",
    "context": ["Open from nine.", "Closed on Sundays."],
}
OPEN = "The shop is open from nine to six on every day of the week but Sunday."
CHANCE = pytest.approx(0, abs=0.05)
"""What is kept of two different words may be the same by chance: a byte."""
WORDS = np.array([f"w{number}" for number in range(400)])


def agreement(signal: AnswerAgreement, events: list[dict[str, Any]]) -> NDArray[np.float64]:
    return signal.score(batch_of(events), np.zeros(len(events), np.int64), 1)


def last(*answers: str, signal: AnswerAgreement | None = None) -> float:
    """Return what is said of the last of these answers to one prompt."""
    return float(agreement(signal or AnswerAgreement(), [{**ASKED, "response": one} for one in answers])[-1])


def pairs(answer: str) -> set[tuple[str, str]]:
    words = answer.split()
    return set(zip(words, words[1:], strict=False))


def test_nothing_is_said_of_a_first_answer_and_the_same_answer_agrees() -> None:
    assert np.isnan(last(OPEN))
    assert last(OPEN, OPEN) == last(OPEN, OPEN.upper() + "!") == last(*[OPEN] * 50) == 1
    assert last(OPEN, "We have moved to another street and will be back in spring.") == CHANCE


@pytest.mark.parametrize(("one", "other"), [("Yes", "No"), ("B", "C"), ("42", "43"), ("Paris, France", "Paris, Texas")])
def test_a_short_answer_agrees_or_does_not(one: str, other: str) -> None:
    assert last(one, other) == CHANCE
    assert last(one, one, f"{one}.") == 1
    assert last(one, f"{one} said the man who had been asked") == CHANCE


def test_of_short_answers_it_is_the_share_of_the_last_ones_that_were_the_same() -> None:
    chance, signal = np.random.default_rng(0), AnswerAgreement()
    answers = ["yes" if yes else "no" for yes in chance.random(4000) < 0.8]
    said = agreement(signal, [{**ASKED, "response": answer} for answer in answers])[1:]
    yes = np.array(answers[1:]) == "yes"
    assert said[yes].mean() == pytest.approx(0.8, abs=0.02)
    assert said[~yes].mean() == pytest.approx(0.2, abs=0.02)


@pytest.mark.parametrize("changed", [0, 3, 15, 60, 120])
def test_of_longer_answers_it_is_the_share_of_pairs_of_words_in_common(changed: int) -> None:
    chance, off = np.random.default_rng(changed), []
    for _ in range(100):
        words = chance.permutation(WORDS)[:120]
        again = words.copy()
        again[chance.permutation(120)[:changed]] = [f"new{number}" for number in range(changed)]
        one, other = " ".join(words), " ".join(again)
        real = len(pairs(one) & pairs(other)) / len(pairs(one) | pairs(other))
        off.append(last(one, other) - real)
    assert abs(np.mean(off)) < 0.03
    assert np.sqrt(np.mean(np.square(off))) < 0.08


def test_it_falls_when_answers_change_and_comes_back_when_they_stay() -> None:
    signal = AnswerAgreement()
    assert last(*[OPEN] * 100, signal=signal) == 1
    fallen = last("We are closed until the end of the month.", signal=signal)
    assert fallen < 0.2
    assert last(*["We are closed until the end of the month."] * 60, signal=signal) > 0.9


@pytest.mark.parametrize("name", ASKED)
def test_a_prompt_that_differs_in_anything_is_another(name: str) -> None:
    other: Any = ["Closed on Sundays.", "Open from nine."] if name == "context" else "other"
    events = [{**ASKED, "response": OPEN}, {**ASKED, name: other, "response": OPEN}, {**ASKED, "response": OPEN}]
    assert np.isnan(agreement(AnswerAgreement(), events)).tolist() == [True, True, False]


def test_what_has_no_prompt_or_no_words_in_its_answer_is_not_compared() -> None:
    events = [{"response": OPEN}, {"response": OPEN}, ASKED, ASKED, {**ASKED, "response": "!"}]
    assert np.isnan(agreement(AnswerAgreement(), events)).all()
    assert np.isnan(agreement(AnswerAgreement(), [*events, {**ASKED, "response": OPEN}])).all()


def test_messages_are_compared_by_what_they_say() -> None:
    events = [{**ASKED, "response": [{"role": "assistant", "content": OPEN}]}, {**ASKED, "response": OPEN}]
    assert agreement(AnswerAgreement(), events)[1] == 1


def test_prompts_that_come_once_do_not_drive_out_those_that_come_back() -> None:
    signal = AnswerAgreement()
    hot = [{**ASKED, "prompt": f"hot {number}", "response": OPEN} for number in range(200)]
    agreement(signal, [*hot, *hot])
    for start in range(0, 60_000, 20_000):
        once = [{"prompt": f"once {start + number}", "response": "ok"} for number in range(20_000)]
        agreement(signal, [{**event, "time": 1_700_000_000 + start} for event in once])
    assert np.isfinite(agreement(signal, hot)).mean() > 0.9
    assert sum(len(data) for _, data in signal.pages(whole=True)) < 2_000_000


def test_it_says_the_same_however_the_log_is_cut_and_wherever_it_is_taken_over() -> None:
    chance = np.random.default_rng(1)
    made: list[dict[str, Any]] = [
        {"prompt": f"p{chance.integers(60)}", "response": " ".join(chance.choice(WORDS[:6], chance.integers(1, 9)))}
        for _ in range(2000)
    ]
    events = [{**event, "time": 1_700_000_000 + number} for number, event in enumerate(made)]
    whole = agreement(AnswerAgreement(), events)
    assert np.isfinite(whole).mean() > 0.9
    signal, found = AnswerAgreement(), list[float]()
    for number, part in enumerate(cut(events, seed=0)):
        if number % 7 == 0:
            heir = AnswerAgreement()
            heir.load(list(signal.pages(whole=True)))
            signal = heir
        found += agreement(signal, list(part)).tolist()
    np.testing.assert_array_equal(found, whole)
