"""What is said of the retrieved documents: how much was used and what was left, whether they fit, which came twice."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from windvane.stream.detector import EventSignal
from windvane.stream.features.retrieval.duplicates import DuplicateDocuments
from windvane.stream.features.retrieval.match import QueryMatch
from windvane.stream.features.retrieval.unused import UnusedCost, UnusedTokens
from windvane.stream.features.retrieval.used import ContextUsed, DocumentsUsed
from windvane.stream.testing import batch_of

MUSEUM = "The museum opened in 1912. It holds 4,300 paintings, most of them by Dutch masters of the golden age."
HOURS = "Visitors are welcome from Tuesday to Sunday. Mondays are reserved for school classes with a guide."
FERRY = "The ferry leaves the old harbour at seven and crosses the bay within forty minutes in calm weather."
QUESTION = "When was the museum opened, and what does it show?"
ANSWER = "It opened in 1912 and shows 4,300 paintings, mostly by Dutch masters."


def of(signal: EventSignal, **event: Any) -> Any:
    """Return what the signal says of one call, None where it says nothing."""
    said = signal.score(batch_of([{}, event, {"context": ["Another call's document."], "response": "Unheard."}]))[1]
    said = said.as_py() if hasattr(said, "as_py") else float(said)
    return None if said != said else said


def used(**event: Any) -> list[Any]:
    shares: list[Any] = msgspec.json.decode(of(DocumentsUsed(), **event))
    return shares


def test_an_answer_uses_the_document_it_was_made_from_and_little_of_the_others() -> None:
    museum, hours, ferry = used(prompt=QUESTION, context=[MUSEUM, HOURS, FERRY], response=ANSWER)
    assert museum > 0.4 and hours < 0.1 and ferry < 0.1


def test_the_more_of_the_context_is_taken_up_the_higher_the_share_and_it_never_reaches_one() -> None:
    answers = ["I do not know.", "It opened in 1912.", ANSWER, MUSEUM, MUSEUM + HOURS]
    shares = [of(ContextUsed(), prompt=QUESTION, context=[MUSEUM, HOURS], response=answer) for answer in answers]
    assert shares == sorted(set(shares)) and shares[0] == 0 and 0.9 < shares[-1] < 1


def test_to_repeat_the_question_is_not_to_use_the_context() -> None:
    assert of(ContextUsed(), prompt=QUESTION, context=["The museum was opened."], response="The museum opened.") is None
    assert (
        of(ContextUsed(), prompt=QUESTION, context=[MUSEUM], response="When the museum was opened, I do not know.") == 0
    )


def test_a_prompt_that_holds_the_documents_takes_nothing_from_their_use() -> None:
    """An app may log the whole prompt, documents and question in one; their words are not the question's then."""
    apart = of(ContextUsed(), prompt=QUESTION, context=[MUSEUM, HOURS], response=ANSWER)
    pasted = f"Use only this:\n{MUSEUM}\n{HOURS}\n\n{QUESTION}"
    assert of(ContextUsed(), prompt=pasted, context=[MUSEUM, HOURS], response=ANSWER) >= apart
    assert of(QueryMatch(), prompt=pasted, context=[MUSEUM, HOURS]) is None


@pytest.mark.parametrize(
    "signal", [ContextUsed(), DocumentsUsed(), UnusedTokens(), UnusedCost()], ids=lambda one: one.name
)
def test_without_documents_or_an_answer_nothing_is_said_of_their_use(signal: EventSignal) -> None:
    call = {"provider": "openai", "model": "gpt-4o-mini", "prompt": QUESTION, "input_tokens": 100, "output_tokens": 9}
    assert of(signal, **call, response=ANSWER) is None
    assert of(signal, **call, context=[MUSEUM]) is None
    assert of(signal, **call, context=[MUSEUM], response=" ") is None
    assert of(signal, **call, context=[MUSEUM], response=ANSWER) is not None


def test_it_works_where_words_have_no_spaces_between() -> None:
    call = {
        "prompt": "什么时候开放？",
        "context": ["博物馆于一九一二年开放，收藏荷兰绘画。", "渡轮早上七点从旧港出发。"],
    }
    museum, ferry = used(**call, response="博物馆收藏荷兰绘画，一九一二年开放。")
    assert museum > 0.5 and ferry < 0.2
    assert 10 <= of(UnusedTokens(), **call, response="博物馆收藏荷兰绘画，一九一二年开放。") <= 12


def test_unused_tokens_are_those_of_the_sentences_of_which_little_was_taken_up() -> None:
    call = {"prompt": QUESTION, "response": ANSWER}
    assert of(UnusedTokens(), **call, context=[MUSEUM]) == 0
    unused = of(UnusedTokens(), **call, context=[MUSEUM, FERRY])
    assert unused == pytest.approx(len(FERRY.split()) * 4 / 3)
    assert of(UnusedTokens(), **call, context=[MUSEUM, FERRY, HOURS]) > unused


def test_no_more_tokens_are_unused_than_the_call_had() -> None:
    assert of(UnusedTokens(), prompt=QUESTION, response=ANSWER, context=[FERRY], input_tokens=5) == 5


def test_unused_tokens_cost_the_price_of_the_calls_model() -> None:
    call = {"prompt": QUESTION, "response": ANSWER, "context": [FERRY], "output_tokens": 20}
    priced = {**call, "provider": "openai", "model": "gpt-4o-mini", "input_tokens": 1000}
    tokens = of(UnusedTokens(), **priced)
    assert of(UnusedCost(), **priced) == pytest.approx(tokens * 0.15 / 1_000_000)
    assert of(UnusedCost(), **{**priced, "model": "our-own"}) is None


def test_a_document_that_has_the_questions_words_matches_best() -> None:
    both = of(QueryMatch(), prompt="Opening hours of the museum on Mondays?", context=[FERRY, MUSEUM, HOURS])
    none = of(QueryMatch(), prompt="Opening hours of the museum on Mondays?", context=["Butter, flour and sugar."])
    assert 0 == none < both < 1
    assert of(QueryMatch(), prompt="museum paintings", context=[MUSEUM]) < 1
    assert of(QueryMatch(), prompt="Why is it so?", context=[MUSEUM]) is None  # no word of content is asked for


@pytest.mark.parametrize(
    ("documents", "duplicates"),
    [
        ([MUSEUM, HOURS, FERRY], 0),
        ([MUSEUM, HOURS, MUSEUM], 1),
        ([MUSEUM, MUSEUM.upper() + "!!", MUSEUM], 2),
        ([MUSEUM + " " + HOURS, HOURS], 1),
        ([HOURS, MUSEUM + " " + HOURS], 0),
        ([MUSEUM + " " + HOURS, HOURS + " " + FERRY], 0),
        (["Yes.", "Yes.", "No."], 1),
        (["", ""], 0),
        (["博物馆于一九一二年开放。", "博物馆于一九一二年开放！"], 1),
    ],
)
def test_a_document_that_says_what_one_before_it_says_is_a_duplicate(documents: list[str], duplicates: int) -> None:
    assert of(DuplicateDocuments(), context=documents) == duplicates


def test_duplicates_are_found_among_long_documents_too() -> None:
    long = [" ".join(f"w{(number * 7919 + text) % 9973}" for number in range(3000)) for text in range(4)]
    assert of(DuplicateDocuments(), context=[*long, long[1], long[2].replace("w5 ", "w6 ")]) == 2
