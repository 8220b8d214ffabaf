"""Signs of format in a sentence that tell orders to a machine from talk: a question mark, capitals, markup."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from windvane.stream.compiled import compiled
from windvane.stream.text.words import Words

__all__ = ["FORMATS", "FORMAT_LIMIT", "FORMAT_UNIT", "formats"]

FORMATS: Final = (
    "question", "exclamation", "colon", "quote", "capitals", "many capitals", "digits in words", "single letters",
    "hidden characters", "markup", "address", "long word", "mixed scripts",
)  # fmt: skip
FORMAT_UNIT: Final = 6
"""What one sign counts, a multiple of the parts that several of a kind are counted in: sums stay whole numbers."""
FORMAT_LIMIT: Final = 9
"""Two sentences together count no more of one kind."""
_SPACE, _QUOTE, _COLON, _SLASH, _ASKS, _CRIES, _A, _Z = (ord(sign) for sign in ' ":/?!AZ')
_MARKUP: Final = np.zeros(256, bool)
_MARKUP[[ord(sign) for sign in "<>[#={"]] = True
_LONG: Final = 24
_SHOUTED: Final = 4
_SPELLED: Final = 6
_MOST_MARKUP: Final = 6
_MOST_MIXED: Final = 4


def formats(
    words: Words, begin: NDArray[np.int64], size: NDArray[np.int64], text: NDArray[np.int64], mixed: NDArray[np.int64]
) -> NDArray[np.int64]:
    """Return the signs of s sentences, int64 (s, len(FORMATS)), in sixths.

    `begin` and `size` are the sentences' words, `text` whose they are, `mixed` how many of their words have digits
    between letters. A sign belongs to the sentence whose word is before it; before the first of a text, to the first.
    """
    count = len(begin)
    found = np.zeros((count, len(FORMATS)), np.int64)
    if not count:
        return found
    opens = np.append(True, text[1:] != text[:-1])
    left = np.where(opens, words.text[text], words.begin[begin])
    right = np.where(np.append(opens[1:], True), words.text[text + 1], np.append(left[1:], 0))
    _count(words.raw, words.marks, left, right, words.begin, words.end, begin, size, found)
    if not words.ascii:
        found[:, 8] = _hidden(words, left, right)
        found[:, 12] = np.add.reduceat(_two_scripts(words), begin) > 0
    found *= FORMAT_UNIT
    found[:, 6] = np.minimum(mixed, _MOST_MIXED) * 3
    found[:, 9] = np.minimum(found[:, 9], _MOST_MARKUP * FORMAT_UNIT) // 3
    return found


@compiled
def _count(
    raw: NDArray[np.uint8], marks: NDArray[np.int64], left: NDArray[np.int64], right: NDArray[np.int64],
    begins: NDArray[np.int64], ends: NDArray[np.int64], first: NDArray[np.int64], size: NDArray[np.int64],
    found: NDArray[np.int64],
) -> None:  # fmt: skip
    """Count what the signs and the words of each sentence tell: one pass over both, side by side."""
    mark = 0
    for sentence in range(len(left)):
        of = found[sentence]
        while mark < len(marks) and marks[mark] < left[sentence]:
            mark += 1
        while mark < len(marks) and marks[mark] < right[sentence]:
            at = marks[mark]
            sign = raw[at]
            if sign == _QUOTE:
                of[3] = 1
            elif sign == _COLON and raw[at + 1] == _SLASH and raw[at + 2] == _SLASH:
                of[10] = 1
            of[9] += _MARKUP[sign]
            mark += 1
        shouted = spelled = 0
        for word in range(first[sentence], first[sentence] + size[sentence]):
            begin, end = begins[word], ends[word]
            head = raw[begin]
            shouted += end - begin >= _SHOUTED and _A <= head <= _Z and _A <= raw[end - 1] <= _Z
            spelled += end - begin == 1 and head >= _A
            if end - begin >= _LONG:
                of[11] = 1
        of[4], of[5], of[7] = shouted >= 1, shouted >= 3, spelled >= _SPELLED
        stop = ends[first[sentence] + size[sentence] - 1]
        last = raw[stop + 1] if raw[stop] == _SPACE or raw[stop] == _QUOTE else raw[stop]
        of[0], of[1], of[2] = last == _ASKS, last == _CRIES, last == _COLON


def _hidden(words: Words, left: NDArray[np.int64], right: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Return in which sentences there are spaces without width (U+200B) or word joiners (U+2060)."""
    raw = words.raw
    at = np.flatnonzero(raw == 0xE2)
    one, two = raw[at + 1], raw[at + 2]
    at = at[((one == 0x80) & (two == 0x8B)) | ((one == 0x81) & (two == 0xA0))]
    return np.searchsorted(at, right) > np.searchsorted(at, left)


def _two_scripts(words: Words) -> NDArray[np.bool_]:
    """Return whether a word mixes Latin letters with Greek or Cyrillic ones, in its first eight bytes, bool (m,)."""
    bytes_ = words.head.view(np.uint8)
    at = np.unique(np.flatnonzero((bytes_ >= 0xCD) & (bytes_ <= 0xD1)) // 8)
    found = np.zeros(len(words.head), bool)
    found[at[((bytes_.reshape(-1, 8)[at] - 97) < 26).any(axis=1)]] = True
    return found
