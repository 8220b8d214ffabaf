"""Which numbers of an answer nothing it was given has, by value."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from windvane.stream.features.support.numbers import SPELLED_UP_TO, Numbers, numbers, spelled
from windvane.stream.text.hashes import mixed
from windvane.stream.text.presence import Presence
from windvane.stream.text.word_table import MIX
from windvane.stream.text.words import Words

__all__ = ["Given", "missing"]

Given = Sequence[tuple[Words, NDArray[np.int64]]]
"""Texts that events were given: their words, and the event of each word."""

_POINT, _CLOSE, _BRACKET = (ord(sign) for sign in ".)[")
_ROOM: Final = 32
"""A number is rarely missing: one in a thousand may be taken for given by mistake, not one in 30."""


def missing(answers: Words, starts: NDArray[np.bool_], found: Numbers, given: Given) -> NDArray[np.bool_]:
    """Return which of the numbers `found` in the answers nothing given has, bool (k,).

    `starts` bool (m,): where sentences begin. Never the number of a list's item, nor one in brackets: they state
    nothing. `twelve` has 12.
    """
    at, behind = found.first, answers.raw[answers.end[found.last]]
    whole = (found.last == at) & (found.digits == answers.length[at])
    item = starts[at] & whole & (found.digits <= 2) & ((behind == _POINT) | (behind == _CLOSE))
    lacking: NDArray[np.bool_] = ~item & (answers.raw[answers.begin[at] - 1] != _BRACKET)
    owner = answers.owner[at].astype(np.uint64) * MIX[1]
    for words, whose in given:
        there = numbers(words, _of(answers, at[lacking])[whose])
        lacking &= ~_among(found.keys, owner, there.keys.reshape(-1), np.repeat(whose[there.first], 2))
    small = _of(answers, at[lacking & (found.value <= SPELLED_UP_TO)])
    for words, whose in given:
        place, keys = spelled(words, np.flatnonzero(small[whose]))
        lacking &= ~_among(found.keys, owner, keys, whose[place])
    return lacking


def _of(answers: Words, at: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Return whose the words `at` some places are, bool (n,)."""
    whose = np.zeros(answers.texts, bool)
    whose[answers.owner[at]] = True
    return whose


def _among(
    asked: NDArray[np.uint64], owner: NDArray[np.uint64], keys: NDArray[np.uint64], whose: NDArray[np.int64]
) -> NDArray[np.bool_]:
    """Return whether either of a number's two keys, uint64 (k, 2), is among the keys of its event."""
    there = Presence(np.array([_ROOM * len(keys)]))
    all_of_them = np.ones(len(keys), np.bool_)
    there.add(mixed(keys + whose.astype(np.uint64) * MIX[1]), np.array([len(keys)]), all_of_them)
    one, other = (there.has(mixed(asked[:, column] + owner), np.array([len(asked)])) for column in (0, 1))
    return one | other
