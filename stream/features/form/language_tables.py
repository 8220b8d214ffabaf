"""What tells languages, as tables for whole arrays of words."""

from __future__ import annotations

from functools import cache
from typing import Final, NamedTuple

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from windvane.stream.features.form.language_words import LETTERS, SCRIPTS, WORDS
from windvane.stream.text.words import words_of

__all__ = ["UNIT", "UNSURE", "Tables", "Weights", "tables"]

UNSURE: Final = -1
"""The number of no language."""
UNIT: Final = 16
"""Weights are whole numbers, so that a sum does not depend on the order."""
_LETTER: Final = 1.2 * UNIT
_BY_WORDS: Final = {
    "Latin": "en de fr es pt it nl sv da no fi et lv lt pl cs sk hr sl hu ro ca tr id vi tl sw",
    "Cyrillic": "ru uk bg sr",
    "Arabic": "ar fa ur",
    "Devanagari": "hi mr ne",
}
_ODD: Final = np.uint64(0x9E3779B97F4A7C15)
_BITS: Final = 14
_SLOT: Final = np.uint64(64 - _BITS)
_CHECK: Final = np.uint64(32 - _BITS)
"""A word is known by the bits of its hash behind those of its place: small tables stay in the cache."""


class Weights(NamedTuple):
    """Rows of few languages each: those of row i are `first[i]` to `first[i + 1]`. Weights are whole numbers."""

    first: NDArray[np.int64]
    language: NDArray[np.int64]
    weight: NDArray[np.float64]
    languages: int


class Tables(NamedTuple):
    """Languages by number, and what tells them."""

    names: pa.Array
    heads: tuple[tuple[np.uint64, NDArray[np.uint32], NDArray[np.int16]], ...]
    """Two hash tables of the words' heads; in the second is what found its place in the first taken."""
    weights: Weights
    letters: NDArray[np.int64]
    letter_weights: Weights
    scripts: NDArray[np.int8]
    """The script of a word, by its first two bytes; 0: none."""
    spoken: NDArray[np.bool_]
    """Which languages are told by their words, by script."""
    alone: NDArray[np.int64]
    """The language of a script that only one has, by script."""
    least: NDArray[np.int64]
    """Words of such a script that a text must have; of an unspaced one, characters."""
    kana: int
    han: int

    def rows(self, heads: NDArray[np.uint64]) -> NDArray[np.int64]:
        """Return the row of each word, 0 of one that no language has."""
        found = np.zeros(len(heads), np.int64)
        for odd, known, row in self.heads:
            mixed = heads * odd
            slot = (mixed >> _SLOT).view(np.int64)
            found += np.where(known.take(slot) == (mixed >> _CHECK).astype(np.uint32), row.take(slot), 0)
        return found


@cache
def tables() -> Tables:
    """Return the tables, made once."""
    kinds = ["", "Latin", *(name for name in SCRIPTS if name not in ("Latin", "Vietnamese"))]
    names = [*WORDS, *(name for name in kinds if name.islower()), "zh", "ja"]  # those told by their words first
    number = {name: place for place, name in enumerate(names)}
    scripts = np.zeros(1 << 16, np.int8)
    scripts[[low | high << 8 for low in range(ord("a"), ord("z") + 1) for high in range(256)]] = 1
    for name, (first, last) in SCRIPTS.items():
        for code in range(first, last + 1):
            low, high = chr(code).encode("utf-8", "surrogatepass")[:2]
            scripts[low | high << 8] = kinds.index("Latin" if name == "Vietnamese" else name)
    spoken = np.zeros((len(kinds), len(WORDS)), bool)
    for name, languages in _BY_WORDS.items():
        spoken[kinds.index(name), [number[language] for language in languages.split()]] = True
    sole = {"Han": "zh", "Kana": "ja"}
    alone = np.array([number.get(sole.get(name, name), UNSURE) for name in kinds])
    unspaced = {"th", "lo", "my", "km", "Han", "Kana"}
    heads, weights = _weigh()
    letters = np.zeros(1 << 11, np.int64)
    has: list[dict[int, int]] = [{}]
    for letter in dict.fromkeys("".join(LETTERS.values())):
        letters[ord(letter)] = len(has)
        has.append({number[name]: round(_LETTER) for name in LETTERS if letter in LETTERS[name]})
    return Tables(
        pa.array(names), heads, weights, letters, _packed(has), scripts, spoken, alone,
        np.array([4 if name in unspaced else 1 for name in kinds]), kinds.index("Kana"), kinds.index("Han"),
    )  # fmt: skip


def _weigh() -> tuple[tuple[tuple[np.uint64, NDArray[np.uint32], NDArray[np.int16]], ...], Weights]:
    """Return the words' hash tables and the weights of their rows: the commoner a word, the more it tells."""
    rows: dict[int, dict[int, int]] = {}
    for language, text in enumerate(WORDS.values()):
        for rank, head in enumerate(words_of(pa.array([text])).head.tolist()):
            weight = UNIT * np.log(400 / (10 + rank)) * (0.5 if head < 256 else 1)  # a letter alone may be anything
            rows.setdefault(head, {}).setdefault(language, round(weight))
    left = {head: place for place, head in enumerate(rows, 1)}
    tables = []
    for odd in (_ODD, _ODD ^ np.uint64(0xFFFF_FFFE)):
        known, row = np.zeros(1 << _BITS, np.uint32), np.zeros(1 << _BITS, np.int16)
        for head, place in list(left.items()):
            mixed = head * int(odd) % 2**64
            slot = mixed >> int(_SLOT)
            if not row[slot]:
                known[slot], row[slot] = mixed >> int(_CHECK) & 0xFFFFFFFF, place
                del left[head]
        tables.append((odd, known, row))
    return tuple(tables), _packed([{}, *rows.values()])


def _packed(rows: list[dict[int, int]]) -> Weights:
    first = np.cumsum([0, *map(len, rows)])
    language = np.array([one for row in rows for one in row])
    return Weights(first, language, np.array([one for row in rows for one in row.values()], float), len(WORDS))
