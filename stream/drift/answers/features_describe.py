"""From what is counted in a text to its numbers and categories. Compiled."""

from __future__ import annotations

import math
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from windvane.stream.compiled import compiled
from windvane.stream.drift.answers.features_lexicon import SLOTS, chosen, count_words, slot_of
from windvane.stream.drift.answers.features_read import (
    BOLD,
    BREAK,
    BULLETS,
    BYTES,
    CAPITALS,
    CLOSING,
    DISTINCT,
    ECHOED,
    FENCES,
    FIRST_BREAK,
    INTRODUCED,
    LETTERS,
    LEXICON,
    NUMBERED,
    OPENERS,
    PARAGRAPHS,
    SENTENCES,
    SHARED,
    TALLIES,
    WORDS,
    read_text,
)

__all__ = ["BUCKETS", "describe"]

BUCKETS: Final = 32
_SHORT: Final = 8
"""Words of an answer that is known as a whole, at most."""
_SALT: Final = np.uint64(148)
"""With it the labels that classifiers usually give (positive, negative, neutral; low, medium, high; ...) are apart."""
_FEW: Final = 4
"""Words of a last sentence that is known by its last word, at most."""
_MIX: Final = np.uint64(0x9E3779B97F4A7C15)
_TOKENS: Final = 12
_FIXED: Final = 17


@compiled
def describe(
    answers: NDArray[np.uint8], answer_ends: NDArray[np.int64], prompts: NDArray[np.uint8],
    prompt_ends: NDArray[np.int64], reach: NDArray[np.int64], kinds: NDArray[np.uint8], keys: NDArray[np.uint64],
    groups: NDArray[np.uint8], choices: NDArray[np.uint8], lexicons: int, signs: NDArray[np.int64],
    tokens: NDArray[np.float64], numbers: NDArray[np.float32], categories: NDArray[np.uint8],
) -> None:  # fmt: skip
    """Write the `numbers` and `categories` of each answer and, behind those of all answers, of each prompt.

    Answer i is `answers[answer_ends[i] : answer_ends[i + 1]]`, its prompt likewise; of one without a byte nothing is
    written. `reach`: how many bytes of a text are read at most from its beginning, and from its end. `tokens`: those of
    the answers, 0 where it is not known.
    """
    seen, asked = np.zeros(SLOTS, np.int32), np.zeros(SLOTS, np.int32)
    tally, words = np.zeros(TALLIES, np.int64), np.zeros(reach[0] + reach[1] + 2, np.uint64)
    for turn in range(2 * len(tokens)):
        event, prompt = turn // 2, turn % 2 == 0
        data, ends, row = (prompts, prompt_ends, event + len(tokens)) if prompt else (answers, answer_ends, event)
        begin, end = ends[event], ends[event + 1]
        if begin == end:
            continue
        # A prompt's own words are marked apart from those that its answer looks for.
        stamp = -event - 1 if prompt else event + 1
        read_text(data, begin, end, reach[0], reach[1], kinds, words, tally)
        count_words(words, keys, groups, seen, asked, stamp, tally)
        if prompt:
            for at in range(tally[WORDS]):
                asked[slot_of(words[at])] = event + 1
        _numbers(tally, end - begin, lexicons, signs, numbers[row])
        if not prompt:
            numbers[row, _TOKENS] = math.log1p(max(tokens[event], 0.0) / (end - begin))
        _categories(tally[WORDS], tally[CLOSING], words, data, begin, end, keys, choices, categories[row])


@compiled
def _numbers(
    tally: NDArray[np.int64], size: int, lexicons: int, signs: NDArray[np.int64], row: NDArray[np.float32]
) -> None:
    """Write the columns of `NUMBERS` in a row, but for the tokens."""
    read = max(tally[BYTES], 1)
    whole = size / read
    words = max(tally[WORDS], 1)
    row[0] = math.log1p(tally[WORDS] * whole)
    row[1] = math.log1p(tally[LETTERS] / words)
    row[2] = math.log1p(tally[WORDS] / max(tally[SENTENCES], 1))
    row[3] = math.log1p(tally[BREAK] * whole)
    row[4] = math.log1p(tally[PARAGRAPHS] * whole)
    row[5] = math.log1p(tally[FIRST_BREAK] if tally[FIRST_BREAK] >= 0 else tally[WORDS])
    row[6] = math.log1p(tally[BULLETS] * whole)
    row[7] = math.log1p(tally[NUMBERED] * whole)
    row[8] = math.log1p(tally[INTRODUCED] * whole)
    row[9] = math.log1p(tally[BOLD] * whole)
    row[10] = math.log1p(tally[FENCES] * whole)
    row[11] = math.log1p(tally[OPENERS] * whole)
    row[13] = math.log1p(tally[DISTINCT]) - 0.8 * math.log1p(tally[WORDS])
    row[14] = tally[SHARED] / max(tally[DISTINCT], 1)
    row[15] = tally[ECHOED] / max(min(tally[WORDS], 8), 1)
    row[16] = math.sqrt(tally[CAPITALS] / words)
    for group in range(lexicons):
        row[_FIXED + group] = math.sqrt(tally[LEXICON + 1 + group] / words)
    for place in range(len(signs)):
        row[_FIXED + lexicons + place] = math.sqrt(tally[signs[place]] / read)


@compiled
def _categories(
    count: int, closing: int, words: NDArray[np.uint64], data: NDArray[np.uint8], begin: int, end: int,
    keys: NDArray[np.uint64], choices: NDArray[np.uint8], row: NDArray[np.uint8],
) -> None:  # fmt: skip
    """Write the columns of `CATEGORIES` in a row, but for the reason to finish."""
    while begin < end and data[begin] <= 32:
        begin += 1
    while begin < end and data[end - 1] <= 32:
        end -= 1
    whole = np.uint64(0)
    if count:
        # A short last sentence is an answer: known by its last word.
        row[0], row[1] = _bucket(words[0]), _bucket(words[closing if count - closing > _FEW else count - 1])
        first, last = chosen(words[0], keys, choices), chosen(words[count - 1], keys, choices)
        row[3] = _choice(first, last, count, data, begin, end)
        # A longer answer is known by its length: in steps of a factor 1.4.
        whole = np.uint64(2.0 * math.log2(count)) if count > _SHORT else _SALT
        if count <= _SHORT:
            for at in range(count):
                whole = (whole ^ words[at]) * _MIX
    row[2] = _bucket(whole)
    row[4] = _form(data, begin, min(begin + 6, end))
    row[5] = _form(data, max(end - 2, begin), end)


@compiled
def _choice(first: int, last: int, count: int, data: NDArray[np.uint8], begin: int, end: int) -> int:
    """Return what is chosen at the beginning of a text, or else at its end: a number of `CHOICES`, 0 if nothing is.

    `first` and `last` are the first and the last of its `count` words, as numbers of `CHOICES`.
    """
    at = begin
    while at + 1 < end and _marks(data[at]):
        at += 1
    after = data[at + 1] if at + 1 < end else 46
    # A sentence may begin with "A" or "I", a list or an address with a number.
    letter = 0 < first <= 16 and (count == 1 or (data[at] < 97 and after != 32 and after != 39))
    if letter or 16 < first <= 20 or (first > 20 and count <= 2):
        return first
    stop = end
    while stop > begin and not _alphanumeric(data[stop - 1]):
        stop -= 1
    if last == 0:
        return 31 if stop > begin and data[stop - 1] <= 57 else 0
    before = data[stop - 2] if stop - 2 >= begin else 32
    colon = before == 32 and stop - 3 >= begin and data[stop - 3] == 58
    return last if last > 16 or colon or _marks(before) else 0


@compiled
def _marks(byte: int) -> bool:
    """Whether it is an opening bracket, an asterisk or a quotation mark."""
    return byte == 40 or byte == 91 or byte == 123 or byte == 42 or byte == 34


@compiled
def _alphanumeric(byte: int) -> bool:
    return 48 <= byte <= 57 or 65 <= byte & 0xDF <= 90 or byte > 127


@compiled
def _form(data: NDArray[np.uint8], begin: int, end: int) -> Any:
    """Return the bucket of some bytes, all letters alike but for their case, and all digits."""
    form = np.uint64(0)
    for at in range(begin, end):
        byte = data[at]
        if 97 <= byte <= 122:
            byte = 97
        elif 65 <= byte <= 90:
            byte = 65
        elif 48 <= byte <= 57:
            byte = 48
        elif byte > 127:
            byte = 128
        form = form * np.uint64(31) + np.uint64(byte)
    return _bucket(form)


@compiled
def _bucket(value: Any) -> Any:
    value = (value ^ (value >> np.uint64(31))) * _MIX
    value ^= value >> np.uint64(29)
    return np.uint8((value * _MIX) >> np.uint64(59))
