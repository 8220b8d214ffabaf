"""How far an answer is supported by what the call was given, and where it is not."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest

from benchmarks.groundedness_fit import auroc
from benchmarks.groundedness_sets import begin, ragtruth
from tests.conftest import data_file
from windvane.stream.features.groundedness.consistency import Consistency
from windvane.stream.features.groundedness.grounded import Groundedness, Unsupported
from windvane.stream.testing import batch_of

MUSEUM = "The museum opened in 1912. It holds 4,300 paintings, most of them Dutch. It is closed on Mondays."
MADE_UP = "For example, Napoleon's favourite cook painted two of the frescoes while he was in exile."


def grounded(response: str, context: str | list[str] = MUSEUM, prompt: str = "") -> float:
    event = {"context": context, "response": response, "prompt": prompt}
    return float(Groundedness().score(batch_of([event]))[0])


def spans(response: str, context: str = MUSEUM) -> list[str]:
    """Return the parts of the answer that are not supported."""
    (note,) = Unsupported().score(batch_of([{"context": context, "response": response}])).to_pylist()
    return [response[begin:end] for begin, end in json.loads(note)] if note else []


@pytest.mark.parametrize(
    ("context", "said", "made_up"),
    [
        (MUSEUM, "It opened in 1912 and is closed on Mondays.", f"It opened in 1912. {MADE_UP}"),
        (MUSEUM, "It holds 4300 paintings.", "It holds 5200 paintings."),
        (
            "Das Museum wurde 1912 eröffnet. Montags ist es geschlossen.",
            "Es wurde 1912 eröffnet.",
            "Es wurde 1925 von Kaiserin Elisabeth feierlich eingeweiht.",
        ),
        ("博物馆于1912年开放。周一闭馆。", "博物馆于1912年开放。", "博物馆由拿破仑的厨师建造，门票十二欧元。"),
        ("Музей открылся в 1912 году.", "Он открылся в 1912 году.", "Его построил знаменитый повар Наполеона."),
    ],
)
def test_what_the_documents_say_is_better_supported_than_what_is_made_up(context: str, said: str, made_up: str) -> None:
    assert 0 < grounded(made_up, context) < grounded(said, context) < 1


def test_words_known_to_the_documents_may_still_be_put_together_wrongly() -> None:
    context = "Ada wrote the first program. Charles designed the engine. Luigi took the notes in Turin."
    assert grounded("Luigi designed the first engine in Turin.", context) < grounded(
        "Charles designed the engine.", context
    )


def test_support_may_come_from_any_document_and_from_the_question() -> None:
    answer = "Rembrandt's etchings hang upstairs."
    assert grounded(answer, [MUSEUM, "Etchings by Rembrandt hang upstairs."]) > grounded(answer, [MUSEUM])
    assert grounded(answer, [MUSEUM], "Do Rembrandt's etchings hang upstairs?") > grounded(answer, [MUSEUM])


def test_the_unsupported_sentences_are_pointed_at_in_characters() -> None:
    assert spans(f"🧪 Größe: It opened in 1912. {MADE_UP}") == [MADE_UP[:-1]]
    assert spans(f"{MADE_UP} {MADE_UP}\nIt is closed on Mondays.") == [f"{MADE_UP} {MADE_UP[:-1]}"], "a run is one span"
    assert spans("It is closed on Mondays.") == []


def test_without_documents_or_an_answer_there_is_nothing_to_say() -> None:
    silent = [
        {"response": "In 1912."},
        {"context": MUSEUM},
        {"context": "", "response": "a"},
        {"context": MUSEUM, "response": "?"},
    ]
    assert np.isnan(Groundedness().score(batch_of(silent))).all()
    assert Unsupported().score(batch_of(silent)).to_pylist() == [None] * len(silent)


def test_without_documents_the_prompt_is_what_an_answer_is_held_against() -> None:
    turns = [
        {"role": "user", "content": MUSEUM},
        {"role": "assistant", "content": "I see."},
        {"role": "user", "content": "Sum up."},
    ]
    events: list[dict[str, Any]] = [
        {"prompt": turns, "response": "It opened in 1912."},
        {"prompt": turns, "response": MADE_UP},
        {"prompt": "Hi", "response": "Hello, how are you?"},
        {"prompt": turns, "response": MADE_UP, "context": MUSEUM},
    ]
    said, made_up, *silent = Consistency().score(batch_of(events)).tolist()
    assert made_up < said and np.isnan(silent).all()


def test_no_two_answers_tie_however_sure_it_is() -> None:
    answers = ragtruth(data_file("ragtruth_qa/dev.jsonl"))
    events = [{"context": [one.context], "prompt": one.query, "response": one.text} for one in answers]
    scores = Groundedness().score(batch_of(events))
    assert ((scores > 0) & (scores < 1)).all()
    assert len(set(scores.tolist())) == len({one.text for one in answers})


def test_it_finds_what_people_found_in_data_that_it_was_not_trained_on() -> None:
    """Length alone has .66, new content words .89 (`python -m benchmarks.groundedness`)."""
    answers = begin(data_file("begin/dev_wow.tsv"))
    events = [{"context": [one.context], "prompt": one.query, "response": one.text} for one in answers]
    unsupported = np.array([one.unsupported for one in answers])
    assert auroc(unsupported, -Groundedness().score(batch_of(events))) > 0.92
