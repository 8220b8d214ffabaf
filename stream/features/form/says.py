"""What answers say of themselves: that they decline, hedge, apologize. One table of phrases, looked up once."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from itertools import chain

import numpy as np
from numpy.typing import NDArray

from windvane.stream.batch import Batch
from windvane.stream.features.form.phrases import Found, Phrases
from windvane.stream.features.form.says_phrases import TABLES
from windvane.stream.text.texts import answer_words
from windvane.stream.text.words import Words

__all__ = ["Spoken", "answer_says"]


@dataclass(frozen=True)
class Spoken:
    """Phrases of one table in the answers: whose, at which of its words, and what the phrase stands for."""

    text: NDArray[np.int64]
    place: NDArray[np.int64]
    value: NDArray[np.float64]

    def sums(self, count: int, weight: NDArray[np.float64] | float = 1.0) -> NDArray[np.float64]:
        """Return per answer, of `count`, the sum of what is found."""
        return np.bincount(self.text, self.value * weight, count).astype(np.float64)


@cache
def _phrases() -> tuple[Phrases, dict[str, NDArray[np.float64]]]:
    """Return the phrases of all tables and, per table, what each stands for in it."""
    every = dict.fromkeys(chain.from_iterable(TABLES.values()), 0.0)
    values = {kind: np.array([table.get(phrase, 0.0) for phrase in every]) for kind, table in TABLES.items()}
    return Phrases(every), values


def answer_says(batch: Batch) -> dict[str, Spoken]:
    """Return what the answers say of themselves, by the name of the table: ask for it through `Batch.derived`."""
    words = batch.derived(answer_words)
    phrases, values = _phrases()
    found = phrases.find(words)
    return {kind: _in_table(found, words, value) for kind, value in values.items()}


def _in_table(found: Found, words: Words, value: NDArray[np.float64]) -> Spoken:
    stands = value[found.phrase]
    which = np.flatnonzero(stands)
    text = found.text[which]
    return Spoken(text, found.word[which] - words.first[text], stands[which])
