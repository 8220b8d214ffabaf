"""Phrases found in many texts at once, by the hashes of their words: no text is read by itself."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import accumulate
from typing import Final

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from windvane.stream.text.words import Words, words_of

__all__ = ["Found", "Phrases"]

_ODD: Final = 0x9E3779B97F4A7C15
_BITS: Final = 16
_HIGH: Final = np.uint64(0x8080808080808080)
_SHIFT: Final = np.uint64(64 - _BITS)


@dataclass(frozen=True)
class Found:
    """Phrases found: `word`, where each begins among the words; `text`, in which text; `phrase`, which. All int64."""

    word: NDArray[np.int64]
    text: NDArray[np.int64]
    phrase: NDArray[np.int64]


class Phrases:
    """A table of phrases of one word or more, each with a number; a word is known by its head, its first eight bytes.

    Of unspaced scripts a phrase is known by the pairs of its characters: it has two or more.

    >>> table = Phrases({"i m sorry": 1.0, "抱歉": 2.0})
    >>> found = table.find(words_of(pa.array(["Oh, I'm sorry.", "I'm here", "很抱歉，我"])))
    >>> found.word.tolist(), found.text.tolist(), table.value[found.phrase].tolist()
    ([8, 1], [2, 0], [2.0, 1.0])
    """

    def __init__(self, values: Mapping[str, float]) -> None:
        """Take the phrases, in lower case and without signs."""
        self.value: NDArray[np.float64] = np.array(list(values.values()))
        words = words_of(pa.array(list(values)))
        keys_of_words = _keys(words)
        heads = keys_of_words.tolist()
        nodes: dict[int, int] = {}
        parents: set[int] = set()
        alone: list[int] = []
        for phrase, (first, last) in enumerate(zip(words.first[:-1].tolist(), words.first[1:].tolist(), strict=True)):
            if last - first > 1 and words.begin[last - 1] == words.end[last - 2]:
                last -= 1  # unspaced: the head of the last character would hold the one behind the phrase
            keys = list(accumulate(heads[first:last], lambda key, head: _mix(key ^ head), initial=0))[1:]
            parents.update(keys[:-1])
            for key in keys:
                nodes.setdefault(key, -1)
            nodes[keys[-1]] = phrase
            alone += keys if len(keys) == 1 else ()
        self._key = np.array(sorted(nodes), np.uint64)
        self._phrase = np.array([nodes[key] for key in self._key.tolist()])
        self._longer = np.array([key in parents for key in self._key.tolist()])
        self._known = np.zeros(1 << _BITS, bool)
        self._known[self._key >> _SHIFT] = True
        self._begins, self._alone = np.zeros(1 << _BITS, bool), np.zeros(1 << _BITS, bool)
        self._begins[_mixed(keys_of_words[words.first[:-1]]) >> _SHIFT] = True
        self._alone[np.array(alone, np.uint64) >> _SHIFT] = True

    def find(self, words: Words) -> Found:
        """Return every place where a phrase begins, shorter phrases first; one that begins another is found too."""
        heads = _keys(words)
        key = _mixed(heads)
        at = np.flatnonzero(self._begins.take((key >> _SHIFT).view(np.int64)))
        # Most words that begin a phrase are followed by another: the first two words together tell so at once.
        key = key[at]
        pair = _mixed(key ^ heads[np.minimum(at + 1, len(heads) - 1)])
        kept = self._known.take((pair >> _SHIFT).view(np.int64)) | self._alone.take((key >> _SHIFT).view(np.int64))
        at, key = at[kept], key[kept]
        text = words.owner[at]
        found: list[tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]] = []
        for length in range(1, 64):
            # Most are in no table: a table of bits tells so sooner than the sorted keys.
            maybe = np.flatnonzero(self._known.take((key >> _SHIFT).view(np.int64)))
            key = key[maybe]
            node = np.minimum(np.searchsorted(self._key, key), len(self._key) - 1)
            known = self._key[node] == key
            at, text = at[maybe], text[maybe]
            ended = known & (self._phrase[node] >= 0)
            found.append((at[ended], text[ended], self._phrase[node[ended]]))
            on = known & self._longer[node] & (at + length < words.first[text + 1])
            at, text, key = at[on], text[on], key[on]
            if not len(at):
                break
            key = _mixed(key ^ heads[at + length])
        word, texts, phrase = (np.concatenate(part) for part in zip(*found, strict=True))
        return Found(word, texts, phrase)


def _keys(words: Words) -> NDArray[np.uint64]:
    """Return a key per word: its head; of one that is not ASCII, whose head is few letters, its length too."""
    if words.ascii:
        return words.head
    wide = np.flatnonzero((words.head & _HIGH) != 0)
    keys = words.head.copy()
    keys[wide] += words.length[wide].view(np.uint64) * np.uint64(_ODD)
    return keys


def _mixed(keys: NDArray[np.uint64]) -> NDArray[np.uint64]:
    mixed = keys * np.uint64(_ODD)
    mixed ^= mixed >> np.uint64(29)
    return mixed


def _mix(key: int) -> int:
    """Do the same for one."""
    mixed = key * _ODD % 2**64
    return mixed ^ mixed >> 29
