"""What is told of an answer or a prompt as numbers and categories, by name, and in words for people."""

from __future__ import annotations

import math
from typing import Final

from windvane.stream.drift.answers.features_lexicon import CHOICES
from windvane.stream.drift.answers.features_read import (
    BRACKET,
    COMMA,
    DASH,
    DIGIT,
    EMOJI,
    EXCLAMATION,
    MARK,
    MATH,
    PERIOD,
    QUESTION,
)  # fmt: skip

__all__ = ["CATEGORIES", "FINISHES", "NUMBERS", "PHRASES", "SIGNS", "named", "told"]

# Amounts are kept as log(1 + x), shares as roots: their spread is then alike in short and long texts.
_AMOUNTS: Final = {
    "length": "length in words",
    "word_length": "letters per word",
    "sentence_length": "words per sentence",
    "lines": "line breaks",
    "paragraphs": "paragraph breaks",
    "first_break": "words before the first line break",
    "bullets": "bulleted items",
    "numbered": "numbered items",
    "introduced": "lines that end in a colon",
    "bold": "marks of bold text",
    "fences": "code fences",
    "openers": "sentences that open with a word and a comma",
    "token_bytes": "tokens per byte",
}
_PLAIN: Final = {
    "distinct": "variety of words",
    "from_prompt": "share of words that are in the prompt",
    "echo": "share of the first eight words that are in the prompt",
}
_PER_WORD: Final = {
    "capitals": "capitalised words within sentences",
    "and": "the word 'and'",
    "be": "forms of 'to be'",
    "it": "words like 'it' and 'this'",
    "i": "words like 'I' and 'my'",
    "you": "words like 'you' and 'your'",
    "negation": "negations",
    "contraction": "contractions like 'it's'",
    "refusal": "refusal words",
    "courtesy": "words of courtesy",
    "structure": "words that order a text",
    "hedge": "hedging words",
    "might": "the word 'might'",
    "here": "the word 'here'",
    "emphasis": "words of emphasis",
}
SIGNS: Final = {
    "digit": (DIGIT, "digits"),
    "comma": (COMMA, "commas"),
    "period": (PERIOD, "full stops"),
    "exclamation": (EXCLAMATION, "exclamation marks"),
    "question": (QUESTION, "question marks"),
    "bracket": (BRACKET, "brackets and quotation marks"),
    "math": (MATH, "signs of mathematics"),
    "dash": (DASH, "dashes"),
    "mark": (MARK, "signs of markdown"),
    "emoji": (EMOJI, "emojis"),
}
"""Signs by name: their kind among the bytes, and what they are called."""

NUMBERS: Final = (*_AMOUNTS, *_PLAIN, *_PER_WORD, *SIGNS)
"""The columns of numbers, by name."""

_CATEGORIES: Final = {
    "first_word": "the first word",
    "closing": "how the last sentence begins, or ends if it is short",
    "whole": "the whole of a short answer",
    "choice": "the option, yes or no, or number that is answered",
    "opening": "the form of the first signs",
    "ending": "the form of the last signs",
    "finish": "the reason to finish",
}
CATEGORIES: Final = tuple(_CATEGORIES)
"""The columns of categories, by name."""

PHRASES: Final[dict[str, str]] = {
    **_AMOUNTS, **_PLAIN, **_PER_WORD, **{name: phrase for name, (_, phrase) in SIGNS.items()}, **_CATEGORIES,
}  # fmt: skip
"""What each column is called in a sentence for people."""

FINISHES: Final = (
    "", "stop", "length", "tool_calls", "content_filter", "function_call", "end_turn", "max_tokens", "stop_sequence",
    "tool_use", "refusal", "pause_turn", "safety", "recitation", "error", "cancelled",
)  # fmt: skip
"""What the first buckets of `finish` are; other reasons share those behind."""


def named(name: str, bucket: int) -> str:
    """Return what a bucket of a category is, where that is known: most buckets are shared by many texts.

    >>> named("choice", 2), named("finish", 1), named("first_word", 7)
    ('B', 'stop', '')
    """
    known = {"choice": CHOICES, "finish": FINISHES}.get(name, ())
    return known[bucket] if bucket < len(known) else ""


def told(name: str, value: float) -> float:
    """Return a number of a column, or a mean of several, in the unit of its phrase: an amount, or a share from 0 to 1.

    >>> round(told("length", math.log1p(120)))
    120
    >>> round(told("comma", 0.1), 3)
    0.01
    """
    if name in _AMOUNTS:
        return math.expm1(value)
    return value if name in _PLAIN else value * value
