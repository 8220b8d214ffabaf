"""Which of many texts may hold a secret, personal data or a mask: told for all at once, so that few are read.

It opens wherever the gate of `windvane.collectors.redaction` does for a text by itself, and seldom else.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from windvane.collectors.redaction import gate
from windvane.stream.text.words import Words

__all__ = ["may_hold", "may_hold_mask"]

_AT, _DOT, _COLON, _EQUALS, _COMMA, _DASH, _UNDERSCORE, _PERCENT, _ESCAPE, _OPEN = b"@.:=,-_%\\["
_QUOTES: Final = np.zeros(256, bool)
_QUOTES[list(b"\"'`")] = True
_PARTS: Final = np.zeros(256, bool)
"""Bytes that may part the digits of one number: among them those of UTF-8's no-break spaces and hyphens."""
_PARTS[list(b" .()/+-\xc2\xa0\xe2\x80\xaf\x91")] = True
_SPACE: Final = ord(" ")
_REACH: Final = 4
_DIGITS: Final = 7
_FIGURES: Final = b"0123456789"
_LENGTH: Final = 16
_NAMES: Final = (
    "password passwort passwd passphrase passcode passe pass pwd secret secretkey secrettoken secretvalue "
    "secretaccesskey secretaccesstoken secretaccessvalue authorization"
).split()
_FAR: Final = 24
"""Bytes from a name to the sign that gives it a value: an ending such as `_staging`, quotes and spaces are between."""
_TAILS: Final = tuple(
    {
        (np.uint64(int.from_bytes(name[-8:].encode(), "little")), np.uint64(64 - 8 * min(len(name), 8)))
        for name in _NAMES
    }
)
"""Their last eight bytes at most, as the high bytes of a little-endian word, and where these begin."""
_LAST_TWO: Final = np.zeros(1 << 16, bool)
_LAST_TWO[[int.from_bytes(name[-2:].encode(), "little") for name in _NAMES]] = True
_IS: Final = np.uint64(int.from_bytes(b"is", "little"))
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
        (gate.LONG | gate.URL | gate.PEM, _long(words, signs)),
        (gate.WORD, _named(words, signs)),
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


def _long(words: Words, signs: NDArray[np.uint8]) -> NDArray[np.int64]:
    """Return where a run of about 16 characters that tokens are made of has a digit or a capital."""
    raw = words.raw
    # Words that dashes or underscores join: each joint behind a word, with another soon after.
    joints = words.marks[(signs == _DASH) | (signs == _UNDERSCORE)]
    word = np.searchsorted(words.end, joints, "right") - 1
    between = (word >= 0) & (word + 1 < len(words.begin))
    joints, word = joints[between], word[between]
    before = words.begin[word + 1] - 1
    joined = (
        (words.end[word] == joints)
        & (before - joints < _REACH)
        & ((raw[before] == _DASH) | (raw[before] == _UNDERSCORE))
    )
    word = word[joined]
    starts = np.flatnonzero(np.diff(word, prepend=-2) != 1)
    first, last = word[starts], np.append(word[starts[1:] - 1], word[-1:]) + 1
    alone = np.flatnonzero(words.length >= _LENGTH)
    alone = alone[(words.head[alone] & _HIGH) == 0]
    begin = np.concatenate([words.begin[first], words.begin[alone]])
    end = np.concatenate([words.end[last], words.end[alone]])
    near = np.flatnonzero(end - begin >= _LENGTH - 3)  # dashes before and behind may make up the rest
    if not len(near):
        return near
    data = raw.tobytes()
    runs = zip(begin[near].tolist(), end[near].tolist(), strict=True)
    return np.array([start for start, stop in runs if _is_mixed(data, start, stop)], np.int64)


def _is_mixed(data: bytes, start: int, stop: int) -> bool:
    """Return whether the run, with the dashes around it, is long and has a digit or a capital."""
    run = data[start:stop]
    if run.islower() and len(run.translate(None, _FIGURES)) == len(run):
        return False
    before, behind = data[start - _REACH : start], data[stop : stop + _LENGTH]
    around = len(before) - len(before.rstrip(b"-_")) + len(behind) - len(behind.lstrip(b"-_"))
    return stop - start + around >= _LENGTH


def _named(words: Words, signs: NDArray[np.uint8]) -> NDArray[np.int64]:
    """Return where a sign, or "is", may give a value to a name of secrets: at most two words before it ends one."""
    if not len(words.end):
        return words.end
    raw = words.raw
    comma = words.marks[signs == _COMMA]
    comma = comma[_QUOTES.take(raw[comma + 1]) | _QUOTES.take(raw[comma + 2])]
    sign = np.concatenate([words.marks[(signs == _COLON) | (signs == _EQUALS)], comma])
    last = np.searchsorted(words.end, sign, "right") - 1
    is_ = np.flatnonzero(words.head == _IS)
    word = np.concatenate([last, last - 1, last - 2, is_ - 1])
    place = np.concatenate([sign, sign, sign, words.begin[is_]])
    near = np.flatnonzero((word >= 0) & (place - words.end[np.maximum(word, 0)] <= _FAR))
    end = words.end[word[near]]
    for _ in range(3):
        end = end - _is_digit(raw[end - 1])
    # The eight bytes before a place; there are at least four.
    eight = np.ndarray((len(words.lower) - 7,), "<u8", buffer=words.lower, strides=(1,))
    tail = eight[np.maximum(end, 8) - 8] << (8 * (8 - np.minimum(end, 8))).astype(np.uint64)
    maybe = np.flatnonzero(_LAST_TWO.take((tail >> np.uint64(48)).view(np.int64)))
    tail = tail[maybe]
    found = np.zeros(len(maybe), bool)
    for name, shift in _TAILS if len(maybe) else ():
        found |= tail >> shift == name
    return place[near[maybe[found]]]
