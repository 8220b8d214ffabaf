"""Small word lists whose use tells models apart, and the table that a pass over a text looks words up in."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from windvane.stream.compiled import compiled
from windvane.stream.drift.answers.features_read import DISTINCT, ECHOED, LEXICON, SHARED, WORDS

__all__ = ["CHOICES", "LEXICONS", "SLOTS", "chosen", "count_words", "lexicon_table", "slot_of"]

LEXICONS: Final[dict[str, str]] = {
    "and": "and",
    "be": "is are was were be been being",
    "it": "it its this these that those they their them there",
    "i": "i me my mine myself",
    "you": "you your yours yourself",
    "negation": "not no never none nor without",
    "contraction": """
        it's that's there's let's what's who's he's she's you're we're they're i'm i've you've we've they've i'll
        you'll we'll they'll it'll i'd you'd we'd they'd don't doesn't didn't won't isn't aren't wasn't weren't couldn't
        wouldn't shouldn't haven't hasn't hadn't
    """,
    "refusal": """
        sorry cannot can't unable apologize apologies apologise unfortunately assist inappropriate illegal unethical
        harmful offensive ai language model respectful ethical
    """,
    "courtesy": """
        please thank thanks glad happy hope help sure certainly course great absolutely feel free hello hi okay
    """,
    "structure": """
        first second third firstly secondly finally next then step additionally furthermore moreover also overall
        conclusion summary therefore thus hence example such including following
    """,
    "hedge": """
        may can could would should possible possibly perhaps likely generally typically often sometimes usually
        commonly probably seems appears
    """,
    "might": "might",
    "here": "here here's",
    "emphasis": """
        important essential crucial significant key note remember ensure necessary various specific certain several
        different many
    """,
}
"""Words by lexicon; no word is of two."""

CHOICES: Final = ("", *"ABCDEFGHIJKLMNOP", "yes", "no", "true", "false", *"0123456789", "a longer number")
"""Short answers that are told apart: a letter, a word, a number; the empty text is none of them."""

SLOTS: Final = 2048
"""Slots that words are told apart by, within a text."""
_OPENING: Final = 8
"""Words of the beginning that may repeat the prompt."""
_SIZE: Final = 1024
_BITS: Final = 2**64 - 1
_MIX: Final = np.uint64(0x9E3779B97F4A7C15)


def lexicon_table() -> tuple[NDArray[np.uint64], NDArray[np.uint8], NDArray[np.uint8]]:
    """Return the hashes of all words, by open addressing; the number of each one's lexicon, from 1; its choice."""
    keys, groups, choices = np.zeros(_SIZE, np.uint64), np.zeros(_SIZE, np.uint8), np.zeros(_SIZE, np.uint8)
    listed = [(word, groups, group) for group, words in enumerate(LEXICONS.values(), 1) for word in words.split()]
    listed += [(word.lower(), choices, choice) for choice, word in enumerate(CHOICES) if word and " " not in word]
    for word, numbers, number in listed:
        key = 0xCBF29CE484222325
        for byte in word.encode():
            key = (key ^ byte) * 0x100000001B3 & _BITS
        place = (key * int(_MIX) & _BITS) >> 53
        while keys[place % _SIZE] not in (0, key):
            place += 1
        keys[place % _SIZE], numbers[place % _SIZE] = key, number
    return keys, groups, choices


@compiled
def count_words(
    words: NDArray[np.uint64], keys: NDArray[np.uint64], groups: NDArray[np.uint8], seen: NDArray[np.int32],
    asked: NDArray[np.int32], stamp: int, tally: NDArray[np.int64],
) -> None:  # fmt: skip
    """Count which of the words of a text are distinct, are in the prompt, and are of which lexicon, into its `tally`.

    `keys` and `groups` are the table. `seen` and `asked` int32 (SLOTS,): slots of words, marked with `stamp` where this
    text has had one, or the prompt has it.
    """
    distinct, shared, echoed = 0, 0, 0
    for place in range(tally[WORDS]):
        slot = slot_of(words[place])
        echoed += place < _OPENING and asked[slot] == stamp
        if seen[slot] != stamp:
            seen[slot] = stamp
            distinct += 1
            shared += asked[slot] == stamp
        found = _found(words[place], keys)
        if found >= 0:
            tally[LEXICON + groups[found]] += 1
    tally[DISTINCT], tally[SHARED], tally[ECHOED] = distinct, shared, echoed


@compiled
def chosen(word: Any, keys: NDArray[np.uint64], choices: NDArray[np.uint8]) -> int:
    """Return which of `CHOICES` a word is, 0 if none."""
    found: int = _found(word, keys)
    return int(choices[found]) if found >= 0 else 0


@compiled
def slot_of(word: Any) -> Any:
    """Return the slot of a word among `SLOTS`."""
    return np.int64((word * _MIX) >> np.uint64(53))


@compiled
def _found(word: Any, keys: NDArray[np.uint64]) -> int:
    """Return the place of a word in the table, -1 if it is not in it."""
    place: int = slot_of(word) % _SIZE
    while keys[place] != 0:
        if keys[place] == word:
            return place
        place = (place + 1) % _SIZE
    return -1
