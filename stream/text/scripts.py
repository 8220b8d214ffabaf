"""What Unicode says of characters that are not ASCII: which end a sentence, separate words, or need none between."""

from __future__ import annotations

import unicodedata
from functools import cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

from windvane.stream.compiled import compiled

__all__ = ["fold"]

_LETTER, _SEPARATOR, _UNSPACED, _STOP = 0, 1, 2, 3
_BASIC: Final = 0x10000
_LEAD: Final = 0xC2
"""The least byte that a character of several begins with."""
_STOPS: Final = "。．！？｡؟۔।॥…"
_VARIANTS: Final = range(0xFE00, 0xFE10)
"""They say how the sign before them is drawn."""
_UNSPACED_RANGES: Final = (
    (0x0E00, 0x0EFF),  # Thai, Lao
    (0x1000, 0x109F),  # Burmese
    (0x1780, 0x17FF),  # Khmer
    (0x2E80, 0x2FDF),  # radicals
    (0x3040, 0x30FF),  # kana
    (0x3400, 0x4DBF),
    (0x4E00, 0x9FFF),  # Han
    (0xF900, 0xFAFF),
    (0xFF66, 0xFF9F),  # half-width kana
)


@cache
def _tables() -> tuple[NDArray[np.uint8], NDArray[np.uint32]]:
    """Return the class and the lower case of each character of the basic plane."""
    kinds = np.zeros(_BASIC, np.uint8)
    lower = np.arange(_BASIC, dtype=np.uint32)
    for code in range(0x80, _BASIC):
        character = chr(code)
        if unicodedata.category(character)[0] not in "LMN" or code in _VARIANTS:
            kinds[code] = _SEPARATOR
        folded = character.lower()
        # Of another length in bytes it could not be written in its place.
        if folded != character and len(folded) == 1 and len(folded.encode()) == len(character.encode()):
            lower[code] = ord(folded)
    for first, last in _UNSPACED_RANGES:
        span = kinds[first : last + 1]
        span[span == _LETTER] = _UNSPACED
    kinds[[ord(sign) for sign in _STOPS]] = _STOP
    return kinds, lower


def fold(
    raw: NDArray[np.uint8], lower: NDArray[np.uint8]
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """Bring what is not ASCII in `lower` to lower case, in place; zero what separates words.

    Return the places of the characters of unspaced scripts, their bytes, and the places behind the signs that end a
    sentence. `raw` is UTF-8 with zeros behind. The classes are `unicodedata`'s.
    """
    count = int(np.count_nonzero(raw >= _LEAD))
    wide, size, stops = (np.empty(count + 1, np.int64) for _ in range(3))
    wides, ends = _fold(raw, lower, *_tables(), wide, size, stops)
    return wide[:wides], size[:wides], stops[:ends]


@compiled
def _fold(
    raw: NDArray[np.uint8], lower: NDArray[np.uint8], kinds: NDArray[np.uint8], cases: NDArray[np.uint32],
    wide: NDArray[np.int64], size: NDArray[np.int64], stops: NDArray[np.int64],
) -> tuple[int, int]:  # fmt: skip
    """Do what `fold` does, and return how many characters and ends there are: one look at each lead byte."""
    wides = ends = 0
    for at in range(len(raw) - 3):
        lead = raw[at]
        if lead < _LEAD:
            continue
        length = 2 + (lead >= 0xE0) + (lead >= 0xF0)
        code = lead & (0xFF >> (length + 1))
        for ahead in range(1, length):
            code = code << 6 | (raw[at + ahead] & 0x3F)
        # Beyond the basic plane: Han from U+20000 on; of the rest (emoji, historic scripts) nothing is a word.
        kind = kinds[code] if code < _BASIC else _UNSPACED if code >= 0x20000 else _SEPARATOR
        if kind == _UNSPACED:
            wide[wides], size[wides] = at, length
            wides += 1
        elif kind == _STOP:
            stops[ends] = at + length
            ends += 1
        folded = cases[code] if code < _BASIC else code
        for back in range(length - 1, -1, -1):
            lower[at + back] = 0 if kind in (_SEPARATOR, _STOP) else _byte(folded, length, back)
            folded >>= 6
    return wides, ends


@compiled
def _byte(rest: int, length: int, place: int) -> int:
    """Return a byte of a character of `length` bytes in UTF-8, of which the bits behind it are cut off."""
    if place:
        return rest & 0x3F | 0x80
    return rest | (0xF00 >> length & 0xFF)
