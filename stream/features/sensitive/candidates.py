"""Which of many texts may hold a secret, personal data or a mask: told for all at once, so that few are read.

It opens wherever the gate of `windvane.collectors.redaction` does for a text by itself, and seldom else.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from windvane.collectors.redaction import gate
from windvane.stream.compiled import compiled
from windvane.stream.features.sensitive.named import named
from windvane.stream.text.words import Words

__all__ = ["may_hold", "may_hold_mask"]

_AT, _DOT, _COLON, _PERCENT, _ESCAPE, _OPEN = b"@.:%\\["
_PARTS: Final = np.zeros(256, bool)
"""Bytes that may part the digits of one number: among them those of UTF-8's no-break spaces and hyphens."""
_PARTS[list(b" .()/+-\xc2\xa0\xe2\x80\xaf\x91")] = True
_SPACE: Final = ord(" ")
_REACH: Final = 4
_DIGITS: Final = 7
_ZERO, _NINE, _A, _Z = b"09AZ"
_JOINTS: Final = np.array([byte in b"-_" for byte in range(256)])
_LENGTH: Final = 16
_MOST_AROUND: Final = 3
"""Dashes before and behind that may make up the rest."""
_HIGH: Final = np.uint64(0x8080808080808080)


def may_hold(words: Words) -> NDArray[np.uint8]:
    """Return what each text may hold, as flags of the gate, uint8 (n,): 0 where there is nothing.

    >>> import pyarrow as pa
    >>> from windvane.stream.text.words import words_of
    >>> texts = ["The 12 men of 1912 paid 25.50 each.", "ann@shop.example", "call 555 0123 456", "pass: x", "10.0.0.1"]
    >>> (may_hold(words_of(pa.array(texts))) > 0).tolist()
    [False, True, True, True, True]
    """
    raw, signs = words.raw, words.raw[words.marks]
    found = np.zeros(words.texts, np.uint8)
    for flags, places in (
        (gate.AT | gate.URL, _at(words, signs)),
        (gate.ALL, _escapes(words, signs)),
        (gate.NUMBER, _numbers(raw)),
        (gate.DOTTED, _dotted(words, signs)),
        (gate.COLONS, _colons(words, signs)),
        (gate.LONG | gate.URL | gate.PEM, _long(words)),
        (gate.WORD, named(words)),
    ):
        if len(places):
            found[np.searchsorted(words.text, places, "right") - 1] |= np.uint8(flags)
    return found


def may_hold_mask(words: Words) -> NDArray[np.bool_]:
    """Return which texts may hold a mask such as `[EMAIL]`, bool (n,)."""
    opens = words.marks[words.raw[words.marks] == _OPEN]
    first = words.raw[opens + 1]
    found = np.zeros(words.texts, bool)
    opens = opens[(first >= ord("A")) & (first <= ord("Z"))]
    found[np.searchsorted(words.text, opens, "right") - 1] = True
    return found


def _is_digit(raw: NDArray[np.uint8]) -> NDArray[np.bool_]:
    return (raw - np.uint8(48)) < 10


def _at(words: Words, signs: NDArray[np.uint8]) -> NDArray[np.int64]:
    """Return where an @ stands between two signs that are no spaces."""
    at = words.marks[signs == _AT]
    found: NDArray[np.int64] = at[(words.raw[at - 1] > _SPACE) & (words.raw[at + 1] > _SPACE)]
    return found


def _escapes(words: Words, signs: NDArray[np.uint8]) -> NDArray[np.int64]:
    r"""Return where a sign is written as `\u0040` or `%40`."""
    at = words.marks[(signs == _ESCAPE) | (signs == _PERCENT)]
    after = words.raw[at + 1]
    found: NDArray[np.int64] = at[np.where(words.raw[at] == _ESCAPE, (after | 0x20) == ord("u"), _is_digit(after))]
    return found


def _numbers(raw: NDArray[np.uint8]) -> NDArray[np.int64]:
    """Return where seven digits follow each other with no more than a few signs between two of them."""
    digits = np.flatnonzero(_is_digit(raw))
    if len(digits) < _DIGITS:
        return digits[:0]
    step = np.diff(digits)
    joined = step <= _REACH
    for ahead in range(1, _REACH):
        joined &= (step <= ahead) | _PARTS.take(raw[digits[:-1] + ahead])
    parted = np.concatenate([[-1], np.flatnonzero(~joined), [len(joined)]])
    found: NDArray[np.int64] = digits[parted[:-1][np.diff(parted) >= _DIGITS] + 1]
    return found


def _dotted(words: Words, signs: NDArray[np.uint8]) -> NDArray[np.int64]:
    """Return where digits stand between two dots."""
    dots = words.marks[signs == _DOT]
    dots = dots[_is_digit(words.raw[dots + 1])]
    found: NDArray[np.int64] = dots[:-1][np.diff(dots) <= _REACH]
    return found


def _colons(words: Words, signs: NDArray[np.uint8]) -> NDArray[np.int64]:
    """Return where two colons stand side by side, or three with up to four characters between them."""
    colons = words.marks[signs == _COLON]
    step = np.diff(colons)
    near = step <= _REACH + 1
    return np.concatenate([colons[:-1][step == 1], colons[:-2][near[:-1] & near[1:]]])


def _long(words: Words) -> NDArray[np.int64]:
    """Return where a run of about 16 characters that tokens are made of has a digit or a capital."""
    found = np.empty(2 * len(words.begin), np.int64)
    return found[: _find_long(words.raw, words.begin, words.end, words.head, found)]


@compiled
def _find_long(
    raw: NDArray[np.uint8], begin: NDArray[np.int64], end: NDArray[np.int64], head: NDArray[np.uint64],
    found: NDArray[np.int64],
) -> int:  # fmt: skip
    """Write the places of such runs: words by themselves, and words that dashes or underscores join."""
    count = first = 0
    for word in range(len(begin)):
        start, stop = begin[word], end[word]
        if stop - start >= _LENGTH and not head[word] & _HIGH and _is_mixed(raw, start, stop):
            found[count] = start
            count += 1
        # The joint is right behind the word, and another right before the next, which comes soon.
        joined = word + 1 < len(begin) and begin[word + 1] - stop <= _REACH
        if joined and _JOINTS[raw[stop]] and _JOINTS[raw[begin[word + 1] - 1]]:
            continue
        if first < word and _is_mixed(raw, begin[first], stop):
            found[count] = begin[first]
            count += 1
        first = word + 1
    return count


@compiled
def _is_mixed(raw: NDArray[np.uint8], start: int, stop: int) -> bool:
    """Return whether the run, with the dashes around it, is long and has a digit or a capital."""
    if stop - start < _LENGTH - _MOST_AROUND:
        return False
    before, behind = start, stop
    while start - before < _REACH and _JOINTS[raw[before - 1]]:
        before -= 1
    while behind - stop < _LENGTH and _JOINTS[raw[behind]]:
        behind += 1
    small = False
    for at in range(start, stop):
        if _figure(raw[at]) or _A <= raw[at] <= _Z:
            return behind - before >= _LENGTH
        small |= raw[at] >= _A | 0x20 and raw[at] <= _Z | 0x20
    return not small and behind - before >= _LENGTH


@compiled
def _figure(byte: int) -> bool:
    """Return whether a byte is a digit."""
    return _ZERO <= byte <= _NINE
