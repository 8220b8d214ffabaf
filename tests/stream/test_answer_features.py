"""What is promised of the features of answers and prompts: what each tells, and that it depends on its event alone."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from tests.conftest import data_file
from tests.stream.traffic import EXTREME, Event
from windvane.stream.drift.answers.features import (
    BUCKETS,
    CATEGORIES,
    NUMBERS,
    PHRASES,
    Features,
    answer_features,
    named,
    prompt_features,
    told,
)
from windvane.stream.testing import batch_of


def features(*answers: Any, **more: Any) -> Features:
    return answer_features(batch_of({"response": answer, **more} for answer in answers))


def number(name: str, *answers: Any, **more: Any) -> list[float]:
    """Return a column of numbers in the unit of its phrase."""
    column = features(*answers, **more).numbers[:, NUMBERS.index(name)]
    return [told(name, value) for value in column.tolist()]


def category(name: str, *answers: Any, **more: Any) -> list[int]:
    return [int(bucket) for bucket in features(*answers, **more).categories[:, CATEGORIES.index(name)]]


@pytest.mark.parametrize(
    ("name", "answer", "expected"),
    [
        ("length", "One two, three: it isn't four.", 6),
        ("length", "日本語です。", 5),
        ("length", "Привет, мир!", 2),
        ("word_length", "ab abcd.", 3),
        ("sentence_length", "One two three. Four 3.5 five! Six", 8 / 3),
        ("sentence_length", "1. One two\n2. Three four", 3),
        ("sentence_length", "これは猫です。犬です。", 4.5),
        ("lines", "one\ntwo\n\nthree", 3),
        ("paragraphs", "one\ntwo\n\nthree", 1),
        ("first_break", "One two three.\nFour", 3),
        ("bullets", "These:\n- one\n* two\n  • three\n-four", 3),
        ("numbered", "1. one\n2) two\n1984 was 3. three", 2),
        ("introduced", "These:\n- one\n\nThose:\n\n- two: three", 2),
        ("bold", "**one** and *two*", 2),
        ("fences", "```py\nx\n```", 2),
        ("openers", "However, one two. Three four, five.", 1),
        ("distinct", "a b a b", np.log(3) - 0.8 * np.log(5)),
        ("capitals", "The capital of France is Paris", 2 / 6),
        ("and", "bread And butter and jam", 2 / 5),
        ("contraction", "It’s fine, don't", 2 / 3),
        ("refusal", "Sorry, I cannot help", 2 / 4),
        ("hedge", "It may well do", 1 / 4),
        ("might", "It might well do", 1 / 4),
        ("emphasis", "an important note", 2 / 3),
        ("digit", "1234 abcd ", 4 / 10),
        ("comma", "a,b,c、", 3 / 8),
        ("exclamation", "ab!!", 2 / 4),
        ("bracket", "(a) \"b\" 'c'", 6 / 11),
        ("math", "a+b=c", 2 / 5),
        ("dash", "a-b", 1 / 3),
        ("emoji", "ok 🎉", 1 / 7),
    ],
)
def test_a_number_counts_what_its_name_says(name: str, answer: str, expected: float) -> None:
    assert number(name, answer) == pytest.approx([expected], abs=1e-5)


def test_an_answer_is_compared_with_its_prompt() -> None:
    asked = {"prompt": "Name the capital of France"}
    assert number("from_prompt", "The capital is Paris", "Paris", **asked) == [0.5, 0.0]
    assert number("echo", "The capital of France is a town in Europe", **asked) == [0.5]


def test_tokens_are_counted_per_byte_without_those_of_reasoning() -> None:
    used = {"output_tokens": 30, "reasoning_tokens": 10}
    assert number("token_bytes", "a" * 80, **used) == pytest.approx([0.25])
    assert number("token_bytes", "a" * 80) == [0.0]


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        ("B", "B"), ("b", "B"), ("(B) rather likely", "B"), ("B. Because", "B"), ("**Answer: B**", "B"),
        ("It is unlikely, so I say (C).", "C"), ("A dog", ""), ("I am sure", ""), ("I'm sure", ""), ("vitamin C", ""),
        ("Yes, it is", "yes"), ("NO", "no"), ("No divisor was found. [Yes]", "no"), ("It is prime: [Yes]", "yes"),
        ("True", "true"), ("7", "7"), ("\\boxed{4}", "4"), ("The sum is 17.", "a longer number"),
        ("1. Take two eggs", ""), ("", ""), ("ja", ""), ("日本語", ""),
    ],
)  # fmt: skip
def test_which_option_word_or_number_is_answered_is_known_by_name(answer: str, expected: str) -> None:
    assert [named("choice", bucket) for bucket in category("choice", answer)] == [expected]


@pytest.mark.parametrize(
    "labels",
    [
        ["positive", "negative", "neutral", "mixed"], ["low", "medium", "high", "critical"], ["yes", "no", "unknown"],
        ["relevant", "irrelevant"], ["spam", "ham"], ["entailment", "contradiction", "neutral"], [*"ABCDE"], [*"12345"],
        ["joy", "sadness", "anger", "fear", "surprise", "love"], ["billing", "technical", "sales", "other"],
    ],
)  # fmt: skip
def test_usual_labels_are_told_apart_however_they_are_written(labels: list[str]) -> None:
    found = category("whole", *labels)
    assert len(set(found)) == len(labels)
    assert category("whole", *(f"{label.capitalize()}." for label in labels)) == found


def test_long_answers_are_known_by_their_length_not_by_their_words() -> None:
    short, also_short, long = category("whole", "word " * 20, "other " * 20, "word " * 200)
    assert short == also_short != long


def test_how_an_answer_begins_and_ends_is_known() -> None:
    one, other, listed = (
        "Sure, here it is. I hope it helps you.",
        "sure enough. I hope it does so.",
        "1. No. Let me see it",
    )
    first, opening, closing = (category(name, one, other, listed) for name in ("first_word", "opening", "closing"))
    assert first[0] == first[1] != first[2] and len(set(opening)) == 3 and closing[0] == closing[1] != closing[2]
    assert len(set(category("ending", "so it is.", "so it is]", "so it is"))) == 3


def test_why_an_answer_ended_is_known_by_name_where_it_is_usual() -> None:
    reasons = ["stop", "length", "tool_calls", "content_filter", "end_turn", "max_tokens"]
    batch = batch_of({"response": "yes", "finish_reasons": [reason]} for reason in [*reasons, "went fishing"])
    found = answer_features(batch).categories[:, CATEGORIES.index("finish")].tolist()
    assert [named("finish", bucket) for bucket in found] == [*reasons, ""]
    assert found[-1] not in found[:-1] and category("finish", "yes") == [0]


def test_where_there_is_no_text_nothing_is_present() -> None:
    batch = batch_of([{"prompt": "Hm?"}, {"response": ""}, {"response": "", "error": "500"}, {"response": "a"}])
    assert answer_features(batch).present.tolist() == [False, True, False, True]
    assert prompt_features(batch).present.tolist() == [True, False, False, False]
    assert not answer_features(batch).numbers[:3].any() and not answer_features(batch).categories[[0, 2]].any()


def test_messages_are_read_without_their_wrapping() -> None:
    wrapped = [{"role": "assistant", "content": "It is **so**:\n- one"}]
    both = features(wrapped, "It is **so**:\n- one")
    assert np.array_equal(*both.numbers) and np.array_equal(*both.categories)


def test_of_a_prompt_the_instructions_and_what_was_asked_last_are_read() -> None:
    def prompt(system: str, earlier: str, last: str) -> Event:
        turns = [("system", system), ("user", earlier), ("assistant", "Yes."), ("user", last)]
        return {"prompt": [{"role": role, "content": content} for role, content in turns]}

    asked = [
        ("Be kind", "Is it?", "And now?"),
        ("Be kind", "What, again?", "And now?"),
        ("Be brief now", "", "And now?"),
    ]
    rows = prompt_features(batch_of(prompt(*one) for one in asked)).numbers
    assert np.array_equal(rows[0], rows[1]) and not np.array_equal(rows[0], rows[2])


def test_a_long_text_is_read_at_both_ends_and_its_length_is_estimated() -> None:
    begin, end = "So it is. " * 160, "So it was! " * 50 + "\n- one\n- two"
    words, signs = features(begin + "word " * 20_000 + end, begin + "!!!!\n" * 20_000 + end).numbers
    assert np.array_equal(words, signs)
    assert number("length", "word " * 20_000) == pytest.approx([20_000], rel=0.01)
    assert words[NUMBERS.index("bullets")] > 0 and words[NUMBERS.index("exclamation")] > 0


@pytest.fixture(params=[0, 1, 2])
def texts(request: pytest.FixtureRequest) -> list[Event]:
    """Return events with text of every kind, cut characters and none among them."""
    chance = np.random.default_rng(request.param)
    pieces = [
        "Yes",
        " ",
        "\n",
        "1. ",
        "- ",
        "don’t",
        "日本",
        "。",
        "é",
        "🎉",
        "**",
        "```",
        "42",
        "“a”",
        "ไทย",
        ", ",
        "?",
    ]
    made: list[Event] = [*EXTREME]
    for count in chance.integers(0, 900, 200).tolist():
        said = "".join(chance.choice(pieces, count).tolist())
        made.append({"prompt": said[: count // 3], "response": said if count % 7 else None, "output_tokens": count})
    return made


def test_every_number_is_finite_and_every_category_has_a_bucket(texts: list[Event]) -> None:
    batch = batch_of(texts)
    for found in (answer_features(batch), prompt_features(batch)):
        assert found.numbers.shape == (len(texts), len(NUMBERS)) and found.numbers.dtype == np.float32
        assert found.categories.shape == (len(texts), len(CATEGORIES)) and found.categories.max() < BUCKETS
        assert np.isfinite(found.numbers).all() and np.abs(found.numbers).max() < 100
    assert set(PHRASES) == {*NUMBERS, *CATEGORIES} and len(NUMBERS) + len(CATEGORIES) <= 48


@pytest.mark.parametrize("describe", [answer_features, prompt_features])
def test_an_event_s_features_do_not_depend_on_the_others_in_its_batch(
    describe: Callable[..., Features], texts: list[Event]
) -> None:
    whole = describe(batch_of(texts))
    for start, size in ((0, 1), (5, 1), (17, 30), (60, 150)):
        part = describe(batch_of(texts[start : start + size]))
        for name in ("numbers", "categories", "present"):
            assert np.array_equal(getattr(part, name), getattr(whole, name)[start : start + size])


def test_the_parts_of_a_batch_have_the_features_of_the_whole(texts: list[Event]) -> None:
    batch = batch_of([*texts, *({"response": "word " * 2000} for _ in range(600)), *texts])
    whole, parts = answer_features(batch), list(batch.parts())
    assert len(parts) > 1
    for start, part in parts:
        assert np.array_equal(answer_features(part).numbers, whole.numbers[start : start + len(part)])


@pytest.mark.parametrize(
    ("old", "new", "least"),
    [
        pytest.param("gpt-3.5-turbo-0301", "gpt-3.5-turbo-0613", 0.66, id="two versions of a small model"),
        pytest.param("gpt4_0314", "gpt4_0613", 0.66, id="two versions of a large model"),
        pytest.param("claude-2", "gpt4_0314", 0.88, id="two families"),
    ],
)
def test_models_are_told_apart_by_a_straight_line_through_the_numbers(old: str, new: str, least: float) -> None:
    (a, b), places = (real_numbers(name) for name in (old, new)), np.arange(805)
    odd = places % 2 == 1
    spread = np.cov(np.concatenate([a[odd], b[odd]]), rowvar=False) + 0.01 * np.eye(a.shape[1])
    line = np.linalg.solve(spread, b[odd].mean(0) - a[odd].mean(0))
    wins = (b[~odd] @ line)[:, None] > (a[~odd] @ line)[None, :]
    assert wins.mean() > least  # chance is a half; the numbers of the two by length alone: 0.53 to 0.62


def real_numbers(name: str) -> NDArray[np.float64]:
    lines = data_file(f"alpaca_eval/{name}.jsonl").read_text(encoding="utf-8").splitlines()
    rows = [json.loads(line) for line in lines]
    batch = batch_of({"prompt": row["instruction"], "response": row["output"] or ""} for row in rows)
    return answer_features(batch).numbers.astype(np.float64)
