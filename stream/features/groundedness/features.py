"""Thirteen numbers of each sentence of an answer, from which its support is judged."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from windvane.stream.features.groundedness.pairs import apart
from windvane.stream.features.groundedness.sentences import Sentences
from windvane.stream.features.support.support import Support
from windvane.stream.text.stems import content, stems
from windvane.stream.text.word_table import WordTable
from windvane.stream.text.words import Words

__all__ = ["FEATURES", "NOVELTY_BITS", "STYLE", "features", "novel_words"]

FEATURES: Final = (
    "novel_mass", "novel_density", "new_number", "unseen_quotes", "examples", "list_item", "first", "runs_seen",
    "next_novel", "previous_novel", "pairs_unseen", "query_only", "unseen",
)  # fmt: skip
STYLE: Final = ("examples", "list_item", "first")
"""What says nothing of the support: how answers are written that often lack it."""
NOVELTY_BITS: Final = 16
_SMOOTH: Final = 2.0
"""Words added to a sentence's length: a share of few words is worth little."""
_EXAMPLES: Final = WordTable(dict.fromkeys(("such", "example", "including", "include", "includes", "like"), 1))
_QUOTE: Final = ord('"')


def novel_words(words: Words, support: Support) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the content words that nothing given has, int64 (j,), and their places in a table of novelty."""
    return _novel(words, words.derived(content), support)


def _novel(words: Words, carries: NDArray[np.bool_], support: Support) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    at = np.flatnonzero(carries & ~support.known)
    return at, (words.derived(stems)[at] >> np.uint64(64 - NOVELTY_BITS)).view(np.int64)


def features(
    words: Words, sentences: Sentences, support: Support, sources: Words, novelty: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return the numbers named in `FEATURES` of each sentence, float64 (k, 13).

    `words` are the answers', `sources` the documents'. `novelty` (2^16,) weighs a novel word by the top bits of its
    stem. What is said of a sentence depends on its own event alone, to the last bit.
    """
    keys, carries = words.derived(stems), words.derived(content).copy()
    carries[sentences.start[sentences.marked]] = False
    total = sentences.count(carries) + _SMOOTH
    novel, place = _novel(words, carries, support)
    mass, share = sentences.count(novel, novelty.take(place)), sentences.count(novel) / total
    known = np.flatnonzero(carries & support.in_source)
    per_answer = np.bincount(words.owner[known], minlength=words.texts)
    source_carries = sources.derived(content)
    carried = np.concatenate([[0], np.cumsum(source_carries)])
    of_sources = np.diff(carried[np.concatenate([[0], np.cumsum(support.source_counts)])])
    lonely = apart(sentences, known, keys[known], per_answer, sources.derived(stems)[source_carries], of_sources)
    seen = support.run.copy()
    seen[sentences.start] = False
    second = sentences.start + 1
    seen[second[second < len(seen)]] = False
    runs = sentences.count(seen) / np.maximum(sentences.size - 1, 1)
    found = np.zeros((len(sentences), len(FEATURES)))
    columns = dict(zip(FEATURES, found.T, strict=True))
    columns["novel_mass"][:] = np.log1p(mass)
    columns["novel_density"][:] = mass / total
    columns["new_number"][:] = sentences.count(support.numbers.first[support.missing]) > 0
    # A quotation word for word supports; only one of new words is suspect.
    columns["unseen_quotes"][:] = _quotes(words, sentences) * (1 - runs)
    columns["examples"][:] = sentences.count(_EXAMPLES.look_up(words) != 0)
    columns["list_item"][:] = sentences.item
    columns["first"][:] = sentences.opens
    columns["runs_seen"][:] = runs
    columns["next_novel"][:-1] = np.where(sentences.closes[:-1], 0, share[1:])
    columns["previous_novel"][1:] = np.where(sentences.opens[1:], 0, share[:-1])
    columns["pairs_unseen"][:] = sentences.count(known, lonely) / total
    columns["query_only"][:] = sentences.count(carries & support.known & ~support.in_source) / total
    columns["unseen"][:] = sentences.count(~support.in_source) / (sentences.size + _SMOOTH)
    return found


def _quotes(words: Words, sentences: Sentences) -> NDArray[np.float64]:
    """Return how many pairs of quotation marks each sentence has; one right before it is its own."""
    marks = words.marks[words.raw[words.marks] == _QUOTE]
    if not len(marks) or not len(sentences):
        return np.zeros(len(sentences))
    left = words.begin[sentences.start] - 1
    left[sentences.opens] = words.text[sentences.text[sentences.opens]]
    owner = np.searchsorted(left, marks, side="right") - 1
    mine = (owner >= 0) & (sentences.text[owner] == np.searchsorted(words.text, marks, side="right") - 1)
    return (np.bincount(owner[mine], minlength=len(sentences)) // 2).astype(np.float64)
