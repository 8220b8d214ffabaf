"""One pass over the bytes of a text: its words, sentences, lines and marks, counted. Compiled.

A word is a run of letters, digits and inner apostrophes; a character of a script without spaces is a word of its own,
as is an emoji. Bytes above 127 are letters, but for the signs that many languages share.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from windvane.stream.compiled import compiled

__all__ = ["KINDS", "TALLIES", "read_text"]

# Kinds of bytes, in this order: those of a word, then those between words. A tally has their counts at these places.
LOWER, UPPER, DIGIT, APOSTROPHE, WIDE, SPACE, BREAK, COMMA, PERIOD, EXCLAMATION, QUESTION = range(11)
BRACKET, COLON, SEMICOLON, MATH, DASH, MARK, BULLET, OTHER, LONE, EMOJI = range(11, 21)
# What else is counted in a tally.
BYTES, WORDS, LETTERS, CAPITALS, DISTINCT, SHARED, ECHOED, SENTENCES, OPENERS = range(21, 30)
FIRST_BREAK, PARAGRAPHS, BULLETS, NUMBERED, INTRODUCED, BOLD, FENCES, CLOSING = range(30, 38)
# How many words of each lexicon, from here on; 0 is none.
LEXICON: Final = 40
TALLIES: Final = 64
"""Counts in a tally."""

_BASIS: Final = np.uint64(0xCBF29CE484222325)
_PRIME: Final = np.uint64(0x100000001B3)


def _kinds() -> NDArray[np.uint8]:
    table = np.full(256, OTHER, np.uint8)
    signs = {
        COMMA: ",", PERIOD: ".", EXCLAMATION: "!", QUESTION: "?", BRACKET: '()[]{}"', COLON: ":",
        SEMICOLON: ";", MATH: "$=\\+^<>_|/%", DASH: "-", MARK: "*`#", APOSTROPHE: "'", BREAK: "\n", SPACE: " \t\r",
        LOWER: "abcdefghijklmnopqrstuvwxyz", UPPER: "ABCDEFGHIJKLMNOPQRSTUVWXYZ", DIGIT: "0123456789",
    }  # fmt: skip
    for kind, characters in signs.items():
        table[list(characters.encode())] = kind
    table[:9] = SPACE
    table[128:] = WIDE
    return table


KINDS: Final = _kinds()
"""The kind of each byte."""


@compiled
def read_text(
    data: NDArray[np.uint8], begin: int, end: int, head: int, tail: int, kinds: NDArray[np.uint8],
    words: NDArray[np.uint64], tally: NDArray[np.int64],
) -> None:  # fmt: skip
    """Count what is in `data[begin:end]` into `tally`, and write the hash of each word into `words`.

    Of a text longer than `head + tail` bytes its two ends are read.
    """
    for place in range(TALLIES):
        tally[place] = 0
    tally[BYTES] = min(end - begin, head + tail)
    tally[FIRST_BREAK] = -1
    cut = begin + head if end - begin > head + tail else end
    # The number of an item is no sentence.
    sentence = -1 if _line(data, begin, end, tally) else 0
    count, last = 0, SPACE
    word, length = _BASIS, 0
    at = begin
    while at < end:
        if at >= cut:
            at, cut = end - tail, end
        while at < cut and kinds[data[at]] == LOWER:
            word = (word ^ np.uint64(data[at])) * _PRIME
            length += 1
            at += 1
        kind, width = (int(kinds[data[at]]), 1) if at < cut else (SPACE, 0)
        if kind == WIDE:
            kind, width = _wide(data, at, end)
        if kind == APOSTROPHE and (length == 0 or at + width >= end or kinds[data[at + width]] > WIDE):
            kind = BRACKET
        lone = kind >= LONE and length == 0
        if kind <= WIDE or lone:
            # A capital is its small letter, and every apostrophe the plain one.
            for place in range(at, at + (1 if kind == APOSTROPHE else width)):
                byte = data[place] + 32 if kind == UPPER else 39 if kind == APOSTROPHE else data[place]
                word = (word ^ np.uint64(byte)) * _PRIME
            tally[kind] += 1
            tally[CAPITALS] += kind == UPPER and length == 0 and sentence > 0
            length += 1
            at += width
            if at < cut and not lone:
                continue
            kind, width = SPACE, 0
        elif kind >= LONE:  # it is next, when the word before it is done
            kind, width = SPACE, 0
        if length:
            if sentence == 0:
                tally[CLOSING] = count
            words[count] = word
            count += 1
            tally[LETTERS] += length
            sentence += 1
            last = LOWER
            word, length = _BASIS, 0
        at += width
        if kind > SPACE:
            tally[kind] += 1
            # A full stop within a number or an address ends no sentence.
            stops = PERIOD <= kind <= QUESTION and (width > 1 or at >= end or kinds[data[at]] > WIDE)
            if kind == BREAK or stops:
                tally[SENTENCES] += sentence > 0
                sentence = 0
            if kind == BREAK:
                if tally[FIRST_BREAK] < 0:
                    tally[FIRST_BREAK] = count
                tally[PARAGRAPHS] += last == BREAK
                tally[INTRODUCED] += last == COLON
                sentence = -1 if _line(data, at, end, tally) else 0
            elif kind == COMMA:
                tally[OPENERS] += sentence == 1
            elif kind == MARK and data[at - 1] == 42 and at < end and data[at] == 42:
                tally[BOLD] += 1
            last = kind
    tally[SENTENCES] += sentence > 0
    tally[WORDS] = count


@compiled
def _line(data: NDArray[np.uint8], at: int, end: int, tally: NDArray[np.int64]) -> bool:
    """Count how a line begins: as an item of a list, as code. Return whether as a numbered item."""
    while at < end and data[at] == 32:
        at += 1
    begin = at
    if at + 1 < end and (data[at] == 45 or data[at] == 42 or data[at] == 43) and data[at + 1] == 32:
        tally[BULLETS] += 1
        return False
    if at + 2 < end and data[at] == 0xE2 and data[at + 1] == 0x80 and data[at + 2] == 0xA2:
        tally[BULLETS] += 1
        return False
    while at < end and at - begin < 3 and 48 <= data[at] <= 57:
        at += 1
    if begin < at < end and (data[at] == 46 or data[at] == 41) and (at + 1 == end or data[at + 1] == 32):
        tally[NUMBERED] += 1
        return True
    if at + 2 < end and data[at] == 96 and data[at + 1] == 96 and data[at + 2] == 96:
        tally[FENCES] += 1
    return False


@compiled
def _wide(data: NDArray[np.uint8], at: int, end: int) -> tuple[int, int]:
    """Return the kind of the character that begins at `at` with a byte above 127, and its width."""
    lead = data[at]
    second = data[at + 1] if at + 1 < end else 0
    third = data[at + 2] if at + 2 < end else 0
    if lead < 0xC2:  # the rest of a character that was cut
        return SPACE, 1
    if lead < 0xE0:
        return SPACE if lead == 0xC2 and second == 0xA0 else WIDE, min(2, end - at)
    width = min(3, end - at)
    if lead >= 0xF0:
        return EMOJI if second == 0x9F else LONE, min(4, end - at)
    if lead == 0xE2:
        if second != 0x80:
            return (MATH if 0x86 <= second <= 0x8B else OTHER if second < 0xB0 else WIDE), width
        if third == 0x98 or third == 0x99:
            return APOSTROPHE, width
        if third == 0x93 or third == 0x94:
            return DASH, width
        if third == 0x9C or third == 0x9D:
            return BRACKET, width
        return BULLET if third == 0xA2 else OTHER if third > 0x8F else SPACE, width
    if lead == 0xE3 and second == 0x80:
        return COMMA if third == 0x81 else PERIOD if third == 0x82 else BRACKET if third > 0x87 else SPACE, width
    if lead == 0xEF and second == 0xBC:
        if third == 0x81:
            return EXCLAMATION, width
        if third == 0x9F:
            return QUESTION, width
        if third == 0x8C:
            return COMMA, width
        return COLON if third == 0x9A else BRACKET if third == 0x88 or third == 0x89 else LONE, width
    if lead == 0xE0:
        return LONE if 0xB8 <= second <= 0xBB else WIDE, width
    return LONE if 0xE3 <= lead <= 0xE9 else WIDE, width
