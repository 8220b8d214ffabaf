"""Facts of an answer that nothing it was given has: numbers, dates, names, quotes, URLs, citations."""

from __future__ import annotations

from typing import Any

import pytest

from windvane.stream.detector import EventSignal
from windvane.stream.features.unsupported.links import UnsupportedCitations, UnsupportedUrls
from windvane.stream.features.unsupported.names import UnsupportedNames
from windvane.stream.features.unsupported.numbers import UnsupportedDates, UnsupportedNumbers
from windvane.stream.features.unsupported.quotes import UnsupportedQuotes
from windvane.stream.testing import batch_of

ALL = (UnsupportedNumbers, UnsupportedDates, UnsupportedNames, UnsupportedQuotes, UnsupportedUrls, UnsupportedCitations)


def count(signal: type[EventSignal], context: str | list[str], response: str, prompt: str = "") -> float:
    event = {"context": context, "response": response, "prompt": prompt}
    other = {"context": "1 2 3 Napoleon https://a.example", "response": "4 Bonaparte"}
    return float(signal().score(batch_of([other, event, other]))[1])


@pytest.mark.parametrize(
    ("context", "response", "missing"),
    [
        ("1,250 guests paid 12.50 each", "1250 guests paid 12.5", 0),
        ("1.250 Gäste zahlten 12,50", "1250 paid 12.5", 0),
        ("seven of twenty", "7 of 20, not 8", 1),
        ("It weighs 23kg, the 5th", "23 kg, number 5, 24 kg", 1),
        ("Two things", "1. First\n2. Second\n10) Tenth", 0),
        ("There are 3", "There are 3. 4 more came", 1),
        ("version 3.11", "version 3.12", 1),
        ("-40 degrees, 90%", "40 degrees, 91%", 1),
        ("号码是42", "是42，不是43", 1),
        ("12345678", "0.5 and 1/3 and 3:45", 5),
    ],
)
def test_numbers_are_compared_by_value_in_whatever_form(context: str, response: str, missing: int) -> None:
    assert count(UnsupportedNumbers, context, response) == missing


def test_a_number_of_the_question_or_of_any_document_is_supported() -> None:
    assert count(UnsupportedNumbers, ["one has 7", "another has 11"], "7 and 11 and 13", prompt="Is it 13?") == 0
    assert count(UnsupportedNumbers, ["one has 7"], "Napoleon had 2, or 4") == 2, "of another event's documents"


@pytest.mark.parametrize(
    ("context", "response", "missing"),
    [
        ("on 3 May 1805", "in 1805", 0),
        ("on 3 May 1805", "on 4 May 1806", 2),
        ("on 3 May 1805", "on May 5, 1805", 1),
        ("on 2024-02-03", "on 2024-02-04 or 03/02/2024", 1),
        ("in May", "you may 5 times", 0),
        ("am 3. März", "am 4. März 2024", 2),
    ],
)
def test_years_and_days_are_counted_as_dates(context: str, response: str, missing: int) -> None:
    assert count(UnsupportedDates, context, response) == missing
    assert count(UnsupportedNumbers, context, response) == (response == "you may 5 times")


@pytest.mark.parametrize(
    ("context", "response", "missing"),
    [
        ("Ada Lovelace wrote it", "It was written by Ada Lovelace", 0),
        ("Ada wrote it", "It was written by Charles Babbage in London", 2),
        ("a museum", "Museums are many. However, Some are not", 0),
        ("a museum", "## Visiting Famous Buildings\n1. **Cost**: It is Free", 1),
        ("ein Haus", "Die ÖBB fährt dahin", 1),
        ("дом", "это в Москве", 1),
        ("博物馆", "在北京", 0),
    ],
)
def test_a_name_has_a_capital_inside_a_sentence(context: str, response: str, missing: int) -> None:
    assert count(UnsupportedNames, context, response) == missing


@pytest.mark.parametrize(
    ("response", "missing"),
    [
        ('He said "the war was over by then" and left', 0),
        ('He said "the war was over by noon"', 1),
        ("He said “the war was never over”, then “was over by then”", 1),
        ('the so-called "war" and "the end"', 0),
        ('an open " quote that never ends', 0),
    ],
)
def test_a_quote_is_in_a_document_word_for_word(response: str, missing: int) -> None:
    assert count(UnsupportedQuotes, "He said the war was over by then.", response) == missing


@pytest.mark.parametrize(
    ("response", "missing"),
    [
        ("https://a.example/path?q=1#top", 0),
        ("(https://a.example/other) and <http://b.example>", 2),
        ("see https://a.example, nothing else is known about them", 0),
        ("a bare ://", 0),
    ],
)
def test_a_url_is_made_of_parts_that_were_given(response: str, missing: int) -> None:
    assert count(UnsupportedUrls, "https://a.example/path?q=1#top", response) == missing


@pytest.mark.parametrize(
    ("response", "missing"),
    [
        ("so [1] and [2]", 0),
        ("so [3] and [0]", 2),
        ("so (Bruyn, 1989)", 0),
        ("so (Smith, 1989), (Bruyn, 2001)", 2),
        ("a[5] = 3", 1),
    ],
)
def test_a_citation_leads_to_a_document(response: str, missing: int) -> None:
    assert count(UnsupportedCitations, ["Bruyn 1989", "more"], response) == missing


@pytest.mark.parametrize("signal", ALL)
def test_without_a_document_or_an_answer_nothing_is_said(signal: type[EventSignal]) -> None:
    silent: list[dict[str, Any]] = [
        {"response": "5 May 1805"},
        {"context": "text"},
        {"context": [], "response": "a"},
        {"context": "!", "response": "a"},
    ]
    values = signal().score(batch_of(silent))
    assert [value != value for value in values.tolist()] == [True] * len(silent)


def test_nothing_is_taken_for_given_by_a_chance_likeness_of_hashes() -> None:
    """Sets of words are kept by hash: of a thousand years that no document has, a few may pass."""
    context = "The museum opened in 1912."
    events = [{"context": context, "response": f"It opened in {year}."} for year in range(1000, 2000)]
    assert UnsupportedDates().score(batch_of(events)).sum() >= 995
