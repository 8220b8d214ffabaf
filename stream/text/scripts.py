"""What Unicode says of characters that are not ASCII: which end a sentence, separate words, or need none between."""

from __future__ import annotations

import unicodedata
from functools import cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

__all__ = ["fold"]

_LETTER, _SEPARATOR, _UNSPACED = 0, 1, 2
_BASIC: Final = 0x10000
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
    return kinds, lower


def fold(
    raw: NDArray[np.uint8], lower: NDArray[np.uint8]
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """Bring what is not ASCII in `lower` to lower case, in place; zero what separates words.

    Return the places of the characters of unspaced scripts, their bytes, and the places behind the signs that end a
    sentence. `raw` is UTF-8 with zeros behind. The classes are `unicodedata`'s.
    """
    kinds, cases = _tables()
    at = np.flatnonzero(raw >= 0xC2)
    lead = raw[at].astype(np.uint32)
    size = 2 + (lead >= 0xE0).astype(np.int64) + (lead >= 0xF0)
    one, two, three = (raw[at + ahead].astype(np.uint32) & 0x3F for ahead in (1, 2, 3))
    code = np.select(
        [size == 2, size == 3],
        [(lead & 0x1F) << 6 | one, (lead & 0x0F) << 12 | one << 6 | two],
        (lead & 0x07) << 18 | one << 12 | two << 6 | three,
    )
    basic = code < _BASIC
    held = np.where(basic, code, 0)
    kind = kinds.take(held)
    # Beyond the basic plane: Han from U+20000 on; of the rest (emoji, historic scripts) nothing is a word.
    kind[~basic] = np.where(code[~basic] >= 0x20000, _UNSPACED, _SEPARATOR)
    _write(lower, at, size, code, np.where(basic, cases.take(held), code))
    gone = kind == _SEPARATOR
    for ahead in range(4):
        lower[at[gone & (size > ahead)] + ahead] = 0
    wide = kind == _UNSPACED
    stop = np.isin(code, np.array([ord(sign) for sign in _STOPS], np.uint32))
    return at[wide], size[wide], (at + size)[stop]


def _write(
    lower: NDArray[np.uint8], at: NDArray[np.int64], size: NDArray[np.int64], code: NDArray[np.uint32],
    folded: NDArray[np.uint32],
) -> None:  # fmt: skip
    changed = folded != code
    for bytes_, shape in ((2, 0xC0), (3, 0xE0)):
        which = changed & (size == bytes_)
        place, value = at[which], folded[which]
        for back in range(bytes_):
            last = bytes_ - 1 - back
            lead = shape if last == 0 else 0x80
            lower[place + last] = (value & 0x3F | lead if last else value | shape).astype(np.uint8)
            value = value >> 6
