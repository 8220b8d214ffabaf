"""What is said of an answer's form: it declines, hedges, apologizes, breaks off, repeats itself, keeps to a format."""

from __future__ import annotations

from typing import Any

import pytest

from tests.stream.asking import of
from windvane.stream.features.form.apology import Apology
from windvane.stream.features.form.code import CodeValid
from windvane.stream.features.form.empty import EmptyAnswer
from windvane.stream.features.form.hedging import Hedging
from windvane.stream.features.form.json import JsonValid
from windvane.stream.features.form.refusal import Refusal
from windvane.stream.features.form.repetition import Repetition
from windvane.stream.features.form.schema import SchemaValid
from windvane.stream.features.form.truncated import Truncated

SENTENCE = "The ferry leaves the old harbour at seven and comes back in the evening. "


@pytest.mark.parametrize(
    "answer",
    [
        "I'm sorry, but I can't help with that.",
        "I cannot assist you with this request, as it would be illegal and unethical.",
        "Unfortunately I’m not able to provide medical advice. Please ask a doctor.",
        "As an AI language model, I don't have personal opinions on candidates.",
        "Lo siento, pero no puedo ayudarte con eso.",
        "Je suis désolé, mais je ne peux pas vous aider à cela.",
        "Es tut mir leid, aber dabei kann ich Ihnen nicht helfen.",
        "Mi dispiace, ma non posso aiutarti con questo.",
        "Desculpe, mas não posso ajudar com isso.",
        "Извините, но я не могу помочь с этим запросом.",
        "抱歉，我无法提供这方面的帮助。",
        "申し訳ありませんが、そのご要望にはお応えできません。",
        "죄송하지만 그 요청은 도와드릴 수 없습니다.",
    ],
)
def test_an_answer_that_declines_is_a_refusal_in_many_languages(answer: str) -> None:
    assert of(Refusal(), [answer])[0] > 0.5


@pytest.mark.parametrize(
    "answer",
    [
        "Penguins cannot fly, but they swim well.",
        "Banks can't use cash as a buffer, because regulators count it otherwise.",
        "I can't wait to show you Hawaii! Here are ten beaches.",
        "Write: 'Dear customer, I am sorry for the delay of your order.'",
        "La ley no permite conducir sin permiso.",
        "Das Fenster kann nicht geöffnet werden.",
    ],
)
def test_an_answer_that_only_mentions_what_cannot_be_is_no_refusal(answer: str) -> None:
    assert of(Refusal(), [answer])[0] < 0.3


def test_a_refusal_late_in_a_long_answer_weighs_less_than_one_at_the_beginning() -> None:
    phrase = "I cannot assist with that. "
    early, late = of(Refusal(), [phrase + SENTENCE * 20, SENTENCE * 20 + phrase])
    assert early > 2 * late


def test_one_refusal_phrase_does_not_exhaust_the_score() -> None:
    phrase = "I cannot provide that."
    weak, strong = of(Refusal(), [phrase, f"I'm sorry, but I must decline. {phrase} It is illegal and unethical."])
    assert weak < strong < 1


def test_hedges_are_counted_per_hundred_words_in_several_languages() -> None:
    answers = ["Perhaps it might rain. " + "word " * 96, "Vielleicht regnet es.", "也许会下雨。", "It rains."]
    assert of(Hedging(), answers) == [2, 5, 5, 0]


def test_apologies_are_counted_and_what_is_none_is_not() -> None:
    answers = ["Sorry, my apologies.", "Better safe than sorry.", "Do you feel sorry for them?", "Je suis désolé."]
    assert of(Apology(), answers) == [2, 0, 0, 1]


@pytest.mark.parametrize("reason", ["length", "max_tokens", "MAX_TOKENS", "max_output_tokens"])
def test_the_providers_words_for_a_cut_answer_are_known(reason: str) -> None:
    assert of(Truncated(), ["All is well."], finish_reasons=["stop", reason]) == [1]


def test_without_a_finish_reason_the_end_of_the_answer_tells() -> None:
    cut = [
        "It rains. The wind that",
        "It rains. There are three:",
        "So:\n```python\nprint(1",
        "下雨了。风很",
        "It rains. One (as",
    ]
    whole = [
        "It rains.",
        "Paris",
        "- tea\n- milk",
        "It rains. 🎉",
        "```python\nprint(1)\n```",
        "“It rains.”",
        "下雨了。",
    ]
    assert of(Truncated(), cut) == [1] * len(cut)
    assert of(Truncated(), whole) == [0] * len(whole)


@pytest.mark.parametrize(
    ("answer", "at_least"),
    [
        ("the " * 40, 0.9),
        (SENTENCE * 6, 0.8),
        ("I see a red boat.\n" * 8, 0.8),
        ("First things first. " + "and then we go on, " * 12, 0.8),
        (SENTENCE + "Nothing else is known of it. " + SENTENCE, 0.3),
        ("好的，我们现在就走吧。" * 8, 0.8),
    ],
)
def test_words_that_go_round_in_a_loop_are_a_share_of_the_answer(answer: str, at_least: float) -> None:
    assert at_least < of(Repetition(), [answer])[0] < 1


@pytest.mark.parametrize(
    "answer",
    [
        "1. Yes\n2. Yes\n3. Yes\n4. Yes",
        "| Town | Open |\n|---|---|\n| Bern | yes |\n| Basel | yes |\n| Chur | yes |",
        "| a | b |\n|---|---|\n| 0 | 0 |\n| 0 | 0 |\n| 0 | 0 |",
        "- The first boat is red.\n- The second boat is red.\n- The third boat is blue.",
        "That was very, very, very good.",
        SENTENCE,
    ],
)
def test_lists_tables_and_emphasis_are_no_repetition(answer: str) -> None:
    assert of(Repetition(), [answer]) == [0]


def test_an_answer_without_a_word_is_empty_and_an_absent_one_says_nothing() -> None:
    assert of(EmptyAnswer(), ["", " \n\t", "…", "0", "好", None]) == [1, 1, 1, 0, 0, None]


def test_a_call_of_a_tool_needs_no_words() -> None:
    called = [{"role": "assistant", "content": None, "tool_calls": [{"id": "1", "function": {"name": "now"}}]}]
    assert of(EmptyAnswer(), [called]) == [None]


def test_json_that_was_asked_for_is_checked_whatever_the_answer_looks_like() -> None:
    answers = ['{"a": [1, 2]}', "3", "Here it is: {}", '{"a": 1,}', "", None]
    assert of(JsonValid(), answers, output_type="json") == [1, 1, 0, 0, 0, None]


def test_json_that_nobody_announced_is_checked_where_the_answer_begins_as_such() -> None:
    answers = [
        '{"a": 1}',
        '{"a": ',
        "```json\n[1]\n```",
        "```json\n[1\n```",
        "[1] says so.",
        "{braces} in prose",
        "No.",
    ]
    assert of(JsonValid(), answers) == [1, 0, 1, 0, None, None, None]


@pytest.mark.parametrize(
    "answer",
    ["[" * 100_000, '{"a":' * 50_000, '{"\ud800": 1}', '{"a": 1e999}'],
    ids=["lists", "objects", "half a character", "a number"],
)
def test_hostile_json_is_broken_json_at_worst(answer: str) -> None:
    assert of(JsonValid(), [answer], output_type="json")[0] in (0, 1)


SCHEMA = {"type": "object", "required": ["n"], "properties": {"n": {"type": "integer"}}, "additionalProperties": False}


@pytest.mark.parametrize(
    "asked",
    [
        {"json_schema": SCHEMA},
        {"response_schema": SCHEMA},
        {"gen_ai.request.json_schema": SCHEMA},
        {
            "response_format": {
                "type": "json_schema",
                "json_schema": {"name": "answer", "strict": True, "schema": SCHEMA},
            }
        },
    ],
    ids=lambda asked: next(iter(asked)),
)
def test_an_answer_is_held_against_the_schema_that_came_with_the_call(asked: dict[str, Any]) -> None:
    answers = ['{"n": 1}', '{"n": "1"}', '{"n": 1, "m": 2}', "one", None]
    assert of(SchemaValid(), answers, **asked) == [1, 0, 0, 0, None]


@pytest.mark.parametrize(
    "asked",
    [
        {},
        {"response_format": {"type": "json_object"}},
        {"response_format": {"type": "text"}},
        {"json_schema": "no schema"},
        {"json_schema": {"type": "nonsense"}},
        {"json_schema": {"$ref": "http://127.0.0.1:9/schema.json"}},
        {"json_schema": {"$ref": "file:///etc/passwd"}},
    ],
    ids=str,
)
def test_what_is_no_schema_or_would_have_to_be_fetched_says_nothing(asked: dict[str, Any]) -> None:
    assert of(SchemaValid(), ['{"n": 1}'], **asked) == [None]


def test_code_in_fences_is_parsed_and_never_run(tmp_path: Any) -> None:
    trace = tmp_path / "run"
    good = f"```python\nopen({str(trace)!r}, 'w')\n```"
    bad = f"{good}\n```py\ndef f(:\n```"
    data = ['```json\n{"a": 1}\n```', "```json\n{a: 1}\n```"]
    assert of(CodeValid(), [good, bad, *data]) == [1, 0, 1, 0]
    assert of(CodeValid(), ["```\nno language\n```", "print(", "```python\nprint("]) == [None] * 3
    assert not trace.exists()


@pytest.mark.parametrize(
    "code", ["(" * 5000, "-" * 9000 + "1", "x" * 20_000, "\0", "'\\d'", "a = 1\n\ta"], ids=range(6)
)
def test_hostile_code_neither_fails_nor_warns(code: str, recwarn: pytest.WarningsRecorder) -> None:
    assert of(CodeValid(), [f"```python\n{code}\n```"])[0] in (0, 1, None)
    assert not recwarn.list
