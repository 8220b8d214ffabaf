"""The sentences of texts as the model behind `injection` sees them: places in its tables, ideas, and signs of format.

A word is known by its stem, its first bytes. Stems that a lexicon lists stand for ideas (`override`, `instruction`,
`prior` …), which they share with their synonyms in other languages: an order in words never seen in training is known
by what it asks.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from windvane.stream.features.injection.format import FORMATS, formats
from windvane.stream.text.sentences import sentence_starts
from windvane.stream.text.words import Words

__all__ = ["IDEAS", "SLOTS", "Lexicon", "Sentences", "sentences_of", "slots", "stems"]

_BITS: Final = 18
SLOTS: Final = 1 << _BITS
"""Places in the table of weights, which words, words that open a sentence, and pairs of neighbours share."""
IDEAS: Final = 56
"""Bits of a sentence's ideas: 40 for those of a lexicon, some for signs of format, the rest for how it opens."""
_MARKED: Final = {FORMATS.index("question"): 40, FORMATS.index("quote"): 41, FORMATS.index("capitals"): 42}
_OPENING: Final = 43
"""The first bit of those for how a sentence opens."""
_LONGEST: Final = 48
"""Words per sentence: a longer one is cut."""
_SHORTEST: Final = 3
"""A shorter one belongs to the sentence before it."""
_MIX, _SPREAD, _OPENS = (np.uint64(odd) for odd in (0x9E3779B97F4A7C15, 0xC2B2AE3D27D4EB4F, 0x165667B19E3779F9))
_TURN, _DROP = np.uint64(29), np.uint64(64 - _BITS)


def _stem_masks() -> NDArray[np.uint64]:
    first = np.array([(1 << 8 * count) - 1 for count in range(8)] + [2**64 - 1], np.uint64)
    lead = np.arange(256)
    # Six bytes are six letters of English, and two characters where each takes three bytes; eight are four of Cyrillic.
    return first[np.where((lead < 0x80) | (lead >= 0xE3), 6, 8)]


_STEMS: Final = _stem_masks()
_DIGIT: Final = np.uint64(0x2020202020202020)
_LEET: Final = np.arange(256, dtype=np.uint8)
_LEET[[ord(digit) for digit in "013457"]] = [ord(letter) for letter in "oieast"]


@dataclass(frozen=True)
class Lexicon:
    """Stems that stand for ideas. `index` (SLOTS,): the entry at a stem's slot, 0 for none; entry 0 is empty."""

    index: NDArray[np.uint16]
    stems: NDArray[np.uint64]
    ideas: NDArray[np.uint64]
    """The ideas of an entry, one bit each."""
    opening: NDArray[np.uint64]
    """Ideas told apart where they open a sentence (`ignore the rules`, not `how do I ignore …`), one bit each."""


@dataclass(frozen=True)
class Sentences:
    """The s sentences of n texts with m words in all.

    `begin`, `words`, `text` int64 (s,): the first word, how many there are, whose they are. `word`, `pair` int64 (m,):
    the slots of each word, and of it with the next, 0 for the last. `opener` int64 (s,): that of the first word.
    `ideas` uint64 (s,), one bit each. `formats` int64 (s, f): see `formats`.
    """

    begin: NDArray[np.int64]
    words: NDArray[np.int64]
    text: NDArray[np.int64]
    word: NDArray[np.int64]
    pair: NDArray[np.int64]
    opener: NDArray[np.int64]
    ideas: NDArray[np.uint64]
    formats: NDArray[np.int64]


def stems(head: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Return the first bytes by which the model knows words, uint64 (m,), of their `Words.head`."""
    return head & _STEMS.take(head.view(np.uint8)[::8])


def slots(key: NDArray[np.uint64]) -> NDArray[np.int64]:
    """Return the places of keys in the table of weights, int64 (m,)."""
    mixed = key * _MIX
    mixed ^= mixed >> _TURN
    mixed *= _SPREAD
    mixed >>= _DROP
    return mixed.view(np.int64)


def sentences_of(words: Words, lexicon: Lexicon) -> Sentences:
    """Return the sentences of texts."""
    begin, size = _cut(words)
    count = len(begin)
    owner = np.repeat(np.arange(count), size)
    head, mixed = _without_leet(words.head)
    key = stems(head)
    word = slots(key)
    after = np.empty_like(key)
    after[:-1] = key[1:]
    after[-1:] = 0
    pair = slots(key * _OPENS + after)
    pair[begin + size - 1] = 0  # the last word of a sentence has no next
    entry = lexicon.index.take(word)
    at = np.flatnonzero(entry)
    entry = entry[at]
    meant = lexicon.stems.take(entry) == key[at]
    at, entry = at[meant], entry[meant]
    where = owner[at]
    ideas = np.zeros(count, np.uint64)
    if len(at):
        new = np.flatnonzero(np.append(True, where[1:] != where[:-1]))
        ideas[where[new]] = np.bitwise_or.reduceat(lexicon.ideas.take(entry), new)
    text = np.searchsorted(words.first, begin, side="right") - 1
    seen = formats(words, begin, size, text, owner, mixed)
    opens = _opening(lexicon, word, key, begin)
    for bit, idea in enumerate(lexicon.opening, _OPENING):
        ideas |= ((opens & idea) > 0).astype(np.uint64) << np.uint64(bit)
    for column, bit in _MARKED.items():
        ideas |= (seen[:, column] > 0).astype(np.uint64) << np.uint64(bit)
    return Sentences(begin, size, text, word, pair, slots(key[begin] * _OPENS), ideas, seen)


def _opening(
    lexicon: Lexicon, word: NDArray[np.int64], key: NDArray[np.uint64], at: NDArray[np.int64]
) -> NDArray[np.uint64]:
    """Return which of the lexicon's opening ideas words stand for."""
    entry = lexicon.index.take(word[at])
    ideas: NDArray[np.uint64] = lexicon.ideas.take(entry) & np.bitwise_or.reduce(lexicon.opening)
    ideas[lexicon.stems.take(entry) != key[at]] = 0
    return ideas


def _cut(words: Words) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the first word of each sentence and how many it has."""
    count = len(words.begin)
    starts = words.derived(sentence_starts).copy()
    begin = np.flatnonzero(starts)
    short = begin[np.diff(begin, append=count) < _SHORTEST]
    starts[short] = False
    starts[words.first[:-1][words.counts > 0]] = True
    begin = np.flatnonzero(starts)
    size = np.diff(begin, append=count)
    if count and size.max() > _LONGEST:
        starts |= (np.arange(count) - np.repeat(begin, size)) % _LONGEST == 0
        begin = np.flatnonzero(starts)
        size = np.diff(begin, append=count)
    return begin, size


def _without_leet(head: NDArray[np.uint64]) -> tuple[NDArray[np.uint64], NDArray[np.int64]]:
    """Return the heads with digits between letters read as the letters they look like, and where such words are."""
    # Of the bytes there are, only digits have their third highest bit set and the two above it clear.
    some = np.flatnonzero(head & ~(head >> np.uint64(1)) & ~(head >> np.uint64(2)) & _DIGIT)
    bytes_ = head[some].view(np.uint8).reshape(-1, 8)
    letters = ((bytes_ >= 97) & (bytes_ < 123)).sum(axis=1)
    wide = (bytes_ >= 128).any(axis=1)
    mixed = some[(letters >= 2) & ~wide]
    if len(mixed):
        head = head.copy()
        head[mixed] = _LEET.take(head[mixed].view(np.uint8)).view(np.uint64)
    return head, mixed
