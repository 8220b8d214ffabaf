"""Which columns of the features are followed: what tells models apart, and few that say the same twice."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from windvane.stream.drift.answers.features import CATEGORIES, NUMBERS, Features

__all__ = ["CATEGORY_COUNTS", "FOLLOWED", "NUMBER_COUNTS", "PLACES", "SHARES", "side_by_side"]

_PROMPT_NUMBERS: Final = frozenset(
    "length word_length sentence_length lines distinct be i you upper digit comma question quote".split()
)
_PROMPT_CATEGORIES: Final = frozenset(("first_word", "last_word", "ending"))
_NOT_FOLLOWED: Final = frozenset(
    "fences emoji semicolon question with or it a of to paragraphs bold quote long_words token_bytes".split()
)

_NUMBERS: Final = (
    [place for place, name in enumerate(NUMBERS) if name in _PROMPT_NUMBERS],
    [place for place, name in enumerate(NUMBERS) if name not in _NOT_FOLLOWED],
)
_CATEGORIES: Final = (
    [place for place, name in enumerate(CATEGORIES) if name in _PROMPT_CATEGORIES],
    list(range(len(CATEGORIES))),
)

NUMBER_COUNTS: Final = (len(_NUMBERS[0]), len(_NUMBERS[1]))
CATEGORY_COUNTS: Final = (len(_CATEGORIES[0]), len(_CATEGORIES[1]))
FOLLOWED: Final = (NUMBER_COUNTS[0] + CATEGORY_COUNTS[0], NUMBER_COUNTS[1] + CATEGORY_COUNTS[1])
"""How many columns are followed of prompts and of answers."""

PLACES: Final = tuple(
    (part, name)
    for part in (0, 1)
    for name in [*(NUMBERS[at] for at in _NUMBERS[part]), *(CATEGORIES[at] for at in _CATEGORIES[part])]
)
"""Of each score its part and the name of its column."""

_LENGTH: Final = 8.0
_WEIGHTS: Final = np.array([_LENGTH if name == "length" else 1.0 for _, name in PLACES])
SHARES: Final = np.concatenate(
    [_WEIGHTS[: FOLLOWED[0]] / _WEIGHTS[: FOLLOWED[0]].sum(), _WEIGHTS[FOLLOWED[0] :] / _WEIGHTS[FOLLOWED[0] :].sum()]
).astype(np.float32)
"""What of the bets on single columns of a part is each one's: most on length, which a change of model moves first."""


def side_by_side(prompts: Features, answers: Features) -> tuple[NDArray[np.float32], NDArray[np.uint8]]:
    """Return the numbers and the categories that are followed, those of the prompts before those of the answers."""
    return (
        np.concatenate([prompts.numbers[:, _NUMBERS[0]], answers.numbers[:, _NUMBERS[1]]], axis=1),
        np.concatenate([prompts.categories[:, _CATEGORIES[0]], answers.categories[:, _CATEGORIES[1]]], axis=1),
    )
