"""What a prompt is made of, for finding its template: short runs of its words, each as one number."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from windvane.stream.batch import Batch
from windvane.stream.text.texts import instructions, queries, query_words
from windvane.stream.text.words import Words, words_of

__all__ = ["Shingles", "prompt_shingles", "sketches"]

_DOCUMENTS: Final = "gen_ai_retrieval_documents"
_SPACE: Final = 32
_LINE_FEED: Final = 10
_INTO: Final = 8
"""Words of a line that are near its beginning."""
_FOLD: Final = np.uint64(0x9E3779B97F4A7C15)
_FIRST, _SECOND, _THIRD, _SIGN, _NUMBER, _MIX = (
    np.uint32(number) for number in (0x85EBCA6B, 0xC2B2AE35, 0x27D4EB2F, 0x165667B1, 0x7FEB352D, 0x846CA68B)
)
_SIGNS: Final = np.where(np.arange(256) == _LINE_FEED, 0, np.arange(256)).astype(np.uint32) * _SIGN
"""What the byte behind a word adds: the end of a line is the end of a text."""


@dataclass(frozen=True)
class Shingles:
    """The shingles of texts: a word with the two behind it, fewer where punctuation ends the run.

    So a label keeps out the words of the slot behind it. Every number is the same word. `words`: of the texts. `of`
    uint32 (m,), never 0: the shingle that begins with each word.
    """

    words: Words
    of: NDArray[np.uint32]

    def own(self, text: int) -> NDArray[np.uint32]:
        """Return the shingles of one text."""
        return self.of[self.words.first[text] : self.words.first[text + 1]]

    def of_texts(self, texts: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Return the words of some texts, one text after the other, and whose they are: its place in `texts`."""
        count = self.words.counts[texts]
        owner = np.repeat(np.arange(len(texts)), count)
        shift = self.words.first[texts] - np.cumsum(count) + count
        return np.arange(len(owner)) + np.repeat(shift, count), owner


def prompt_shingles(batch: Batch) -> Shingles:
    """Return the shingles of each event's instructions and of what was asked last; ask through `Batch.derived`."""
    words = _words(batch)
    return Shingles(words, _shingles(words))


def sketches(batch: Batch, events: NDArray[np.int64], size: int) -> NDArray[np.uint32]:
    """Return `size` distinct shingles of the prompt of each of `events`, uint32 (e, size), 0 where it has fewer.

    A third is from its beginning and a third from its end; of the others come those near the beginning of a line, then
    those of the lowest numbers: of a text that two prompts share, the same. What the event's documents say is left out.
    """
    shingles = batch.derived(prompt_shingles)
    words, count = shingles.words, shingles.words.counts[events]
    place, owner = shingles.of_texts(events)
    own = shingles.of[place]
    at = place - words.first[events][owner]
    edge = (at < size // 3) | (at >= count[owner] - size // 3)
    line = (at == 0) | (words.raw[words.begin[place] - 1] == _LINE_FEED)
    word = np.arange(len(place))
    into = word - np.maximum.accumulate(np.where(line, word, 0))
    rank = own + (np.where(edge, 0, 1 + np.minimum(into, _INTO)) << 32)
    pair = owner << 32 | own
    order = np.lexsort((rank, pair))
    order = order[np.append(True, pair[order][1:] != pair[order][:-1])]
    order = order[~np.isin(pair[order], _documents(batch, events))]
    order = order[np.lexsort((rank[order], owner[order]))]
    nth = np.arange(len(order)) - np.searchsorted(owner[order], np.arange(len(events)))[owner[order]]
    order, nth = order[nth < size], nth[nth < size]
    made = np.zeros((len(events), size), np.uint32)
    made[owner[order], nth] = own[order]
    return made


def _documents(batch: Batch, events: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the shingles of the events' documents, each with its event's place in `events` above it."""
    if not len(batch.arrow(_DOCUMENTS).flatten()):
        return np.zeros(0, np.int64)
    held = pc.take(batch.arrow(_DOCUMENTS), pa.array(events))
    words = words_of(held.flatten())
    owner = np.repeat(np.arange(len(events)), np.diff(held.offsets))[words.owner]
    return owner << 32 | _shingles(words)


def _words(batch: Batch) -> Words:
    asked = batch.derived(instructions)
    return batch.derived(query_words) if asked.equals(batch.derived(queries)) else words_of(asked)


def _shingles(words: Words) -> NDArray[np.uint32]:
    if not len(words.begin):
        return np.zeros(0, np.uint32)
    word = (words.head * _FOLD).view(np.uint32)[1::2] ^ words.length.view(np.uint32)[::2]
    word = np.where(words.number, _NUMBER, word)
    gap = words.begin[1:] - words.end[:-1]
    after = words.raw[words.end]
    runs_on = (gap == 0) | ((gap == 1) & (after[:-1] == _SPACE))
    after[:-1][gap == 0] = _SPACE
    second = word[1:] * runs_on
    shingle = word * _FIRST
    shingle[:-1] += second * _SECOND
    shingle[:-2] += second[1:] * (_THIRD * runs_on[:-1])
    shingle += _SIGNS.take(after)
    shingle ^= shingle >> np.uint32(15)
    shingle *= _MIX
    shingle ^= shingle >> np.uint32(13)
    return shingle | np.uint32(1)
