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

from windvane.stream.compiled import compiled
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
    word, pair = np.empty(len(words.head), np.int64), np.empty(len(words.head), np.int64)
    opener, mixed = np.empty(count, np.int64), np.empty(count, np.int64)
    ideas = np.empty(count, np.uint64)
    _read(
        words.head, begin, size, lexicon.index, lexicon.stems, lexicon.ideas, lexicon.opening,
        word, pair, opener, ideas, mixed,
    )  # fmt: skip
    text = np.searchsorted(words.first, begin, side="right") - 1
    seen = formats(words, begin, size, text, mixed)
    for column, bit in _MARKED.items():
        ideas |= (seen[:, column] > 0).astype(np.uint64) << np.uint64(bit)
    return Sentences(begin, size, text, word, pair, opener, ideas, seen)


@compiled
def _read(
    head: NDArray[np.uint64], begin: NDArray[np.int64], size: NDArray[np.int64], index: NDArray[np.uint16],
    stems: NDArray[np.uint64], ideas: NDArray[np.uint64], opening: NDArray[np.uint64], word: NDArray[np.int64],
    pair: NDArray[np.int64], opener: NDArray[np.int64], meant: NDArray[np.uint64], mixed: NDArray[np.int64],
) -> None:  # fmt: skip
    """Write the slots of words and pairs, and the ideas of sentences: of each word all at once."""
    for sentence in range(len(begin)):
        held, before, strange = np.uint64(0), np.uint64(0), 0
        first = begin[sentence]
        for at in range(first, first + size[sentence]):
            key = head[at]
            # Of the bytes there are, only digits have their third highest bit set and the two above it clear.
            if key & ~(key >> np.uint64(1)) & ~(key >> np.uint64(2)) & _DIGIT:
                key, changed = _without_leet(key)
                strange += changed
            key &= _STEMS[key & np.uint64(0xFF)]
            word[at] = slot = _slot(key)
            if at > first:
                pair[at - 1] = _slot(before * _OPENS + key)
            before = key
            entry = index[slot]
            if entry and stems[entry] == key:
                held |= ideas[entry]
                if at == first:
                    for bit in range(len(opening)):
                        if ideas[entry] & opening[bit]:
                            held |= np.uint64(1) << np.uint64(_OPENING + bit)
            if at == first:
                opener[sentence] = _slot(key * _OPENS)
        pair[first + size[sentence] - 1] = 0  # the last word has no next
        meant[sentence], mixed[sentence] = held, strange


@compiled
def _slot(key: np.uint64) -> np.int64:
    """Do what `slots` does for one."""
    mixed = key * _MIX
    mixed ^= mixed >> _TURN
    return np.int64((mixed * _SPREAD) >> _DROP)


@compiled
def _without_leet(head: np.uint64) -> tuple[np.uint64, bool]:
    """Return the head with digits between letters read as the letters they look like, and whether it has such."""
    letters, read = np.int64(0), np.uint64(0)
    for place in range(8):
        byte = head >> np.uint64(8 * place) & np.uint64(0xFF)
        if byte >= np.uint64(128):
            return head, False
        letters += np.uint64(97) <= byte < np.uint64(123)
        read |= np.uint64(_LEET[byte]) << np.uint64(8 * place)
    return (read, True) if letters >= 2 else (head, False)


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
