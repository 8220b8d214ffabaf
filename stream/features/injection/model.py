"""The model behind `injection`: how much the worst one or two sentences of a text read like orders to the machine.

A sentence by itself, or two neighbours, are scored by a linear model over words, pairs of words, ideas, pairs of ideas,
and signs of format; the score of a text is that of its worst window. So a long document does not dilute an order
hidden in it, and ordinary words around it do not excuse it. Weights are whole numbers and their sums are exact: a score
does not depend on the company it was computed in. `benchmarks/train_injection.py` makes the weights.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from windvane.stream.compiled import compiled
from windvane.stream.features.injection.format import FORMAT_LIMIT, FORMAT_UNIT
from windvane.stream.features.injection.sentences import IDEAS, Lexicon, Sentences, sentences_of
from windvane.stream.text.words import Words

__all__ = ["NOTHING", "SCALE", "Model", "Worst", "bits_of", "model_of", "neighbours", "shipped"]

SCALE: Final = 1024
"""Weights are whole numbers of this fraction."""
NOTHING: Final = -20.0
"""The score of a text without a word."""


@dataclass(frozen=True)
class Worst:
    """The worst window of each of n texts: log odds, float64 (n,), and edges, int64 (n,), places in `Words.raw`.

    0.0 is the shipped threshold. A text without a word has `NOTHING`, and an empty window.
    """

    odds: NDArray[np.float64]
    begin: NDArray[np.int64]
    end: NDArray[np.int64]


@dataclass(frozen=True)
class Model:
    """Weights, and what scores texts by them."""

    lexicon: Lexicon
    words: NDArray[np.int16]
    """By slot."""
    ideas: NDArray[np.float32]
    """Of each two ideas, and on the diagonal of each, (IDEAS, IDEAS). Whole numbers."""
    formats: NDArray[np.int64]
    intercept: float

    def worst(self, words: Words) -> Worst:
        """Return the worst window of each text."""
        sentences = sentences_of(words, self.lexicon)
        odds = np.full(words.texts, NOTHING)
        begin = words.text[:-1].copy()
        end = begin.copy()
        if not len(sentences.begin):
            return Worst(odds, begin, end)
        single, double = self._windows(sentences)
        best = np.maximum(single, double)
        first = np.flatnonzero(np.append(True, sentences.text[1:] != sentences.text[:-1]))
        highest = np.maximum.reduceat(best, first)
        texts = sentences.text[first]
        at = np.flatnonzero(best == np.repeat(highest, np.diff(first, append=len(best))))
        at = at[np.append(True, sentences.text[at[1:]] != sentences.text[at[:-1]])]
        last = at + (double[at] > single[at])
        # One of two sentences is pointed at alone if it is an injection by itself.
        better = np.where(single[last] > single[at], last, at)
        alone = single[better] >= 0
        at, last = np.where(alone, better, at), np.where(alone, better, last)
        odds[texts] = highest
        begin[texts] = words.begin[sentences.begin[at]]
        end[texts] = words.end[sentences.begin[last] + sentences.words[last] - 1]
        return Worst(odds, begin, end)

    def _windows(self, of: Sentences) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return the log odds of each sentence, and of it with the next of its text (-inf where there is none)."""
        total = self.words.take(of.opener).astype(np.int64)
        _add(self.words, of.word, of.pair, of.words, total)
        single, double = np.empty(len(total)), np.full(len(total), -np.inf)
        _judge(total, of.words, of.text, of.ideas, of.formats, self.ideas, self.formats, self.intercept, single, double)
        return single, double


@compiled
def _add(weights: NDArray[np.int16], word: NDArray[np.int64], pair: NDArray[np.int64], counts: NDArray[np.int64],
         total: NDArray[np.int64]) -> None:  # fmt: skip
    """Add the weights of the words and pairs of each sentence, `counts` of them in turn."""
    at = 0
    for sentence in range(len(counts)):
        for _ in range(counts[sentence]):
            total[sentence] += weights[word[at]] + weights[pair[at]]
            at += 1


@compiled
def _judge(
    total: NDArray[np.int64], counts: NDArray[np.int64], text: NDArray[np.int64], ideas: NDArray[np.uint64],
    formats: NDArray[np.int64], idea_weights: NDArray[np.float32], format_weights: NDArray[np.int64], intercept: float,
    single: NDArray[np.float64], double: NDArray[np.float64],
) -> None:  # fmt: skip
    """Write the log odds of sentences and of two neighbours: each is looked at while the cache holds it."""
    for at in range(len(total)):
        signs = 0
        for sign in range(len(format_weights)):
            signs += formats[at, sign] * format_weights[sign]
        said = total[at] / np.sqrt(counts[at] + 1) + _meant(ideas[at], idea_weights) + signs / FORMAT_UNIT
        single[at] = said / SCALE + intercept
        if at + 1 == len(total) or text[at + 1] != text[at]:
            continue
        signs = 0
        for sign in range(len(format_weights)):
            signs += min(formats[at, sign] + formats[at + 1, sign], FORMAT_LIMIT) * format_weights[sign]
        said = (total[at] + total[at + 1]) / np.sqrt(counts[at] + counts[at + 1] + 2)
        said = said + _meant(ideas[at] | ideas[at + 1], idea_weights) + signs / FORMAT_UNIT
        double[at] = said / SCALE + intercept


@compiled
def _meant(ideas: np.uint64, weights: NDArray[np.float32]) -> float:
    """Return the sum of the weights of each two ideas of a window: it has few."""
    held = np.empty(IDEAS, np.int64)
    count = idea = 0
    while ideas:
        if not ideas & np.uint64(0xFF):
            ideas, idea = ideas >> np.uint64(8), idea + 8
            continue
        if ideas & np.uint64(1):
            held[count] = idea
            count += 1
        ideas, idea = ideas >> np.uint64(1), idea + 1
    total = 0.0
    for one in range(count):
        for other in range(count):
            total += weights[held[one], held[other]]
    return total


def neighbours(sentences: Sentences) -> NDArray[np.int64]:
    """Return which sentences have a next one in their text, int64."""
    return np.flatnonzero(sentences.text[1:] == sentences.text[:-1])


def bits_of(ideas: NDArray[np.uint64]) -> NDArray[np.uint8]:
    """Return ideas as zeros and ones, (s, IDEAS)."""
    return np.unpackbits(ideas.view(np.uint8).reshape(-1, 8), axis=1, count=IDEAS, bitorder="little")


@cache
def shipped() -> Model:
    """Return the model that windvane ships; it is read once."""
    with files(__package__).joinpath("weights.npz").open("rb") as file, np.load(file) as held:
        return model_of(held)


def model_of(held: Any) -> Model:
    """Return the model of its arrays by name, as the trainer writes them."""
    lexicon = Lexicon(held["index"], held["stems"], held["stem_ideas"], held["opening"])
    return Model(lexicon, held["words"], held["ideas"].astype(np.float32), held["formats"], float(held["intercept"]))
