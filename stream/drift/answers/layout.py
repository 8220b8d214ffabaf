"""What the answer drift detector follows of prompts and answers, and what it remembers of a series."""

from __future__ import annotations

from typing import Final

import numpy as np

from windvane.stream.drift.answers.blocks import LEVELS, PER_LEVEL
from windvane.stream.drift.answers.columns import CATEGORY_COUNTS, FOLLOWED, NUMBER_COUNTS
from windvane.stream.drift.answers.features import BUCKETS

__all__ = [
    "ANSWERS", "ASKED", "BETS", "BINS", "DIRECTION_PART", "ENDS", "HORIZONS", "LATELY", "MOVED_PART", "PROMPTS",
    "QUANTUM", "RECORD", "SCALED_BY", "SHAPE_PART", "SIZES", "STAKES",
]  # fmt: skip

PROMPTS: Final = 0
ANSWERS: Final = 1
"""The two parts of a series. What is followed of both lies side by side, that of the prompts first."""

ENDS: Final = (FOLLOWED[PROMPTS], FOLLOWED[PROMPTS] + FOLLOWED[ANSWERS])
ASKED: Final = FOLLOWED[PROMPTS]
SIZES: Final = FOLLOWED
BINS: Final = 16
SCALED_BY: Final = 16
"""Texts that a number is scaled by; ranks are taken among those after them."""
BETS: Final = 6
STAKES: Final = 3
MOVED_PART: Final = 0.3
SHAPE_PART: Final = 0.1
DIRECTION_PART: Final = 0.6
"""What of the evidence is each kind of bets', 1 in all; those on single columns share theirs by `columns.SHARES`."""
HORIZONS: Final = (10.0, 30.0, 100.0)
"""Half-lives, in events, of the recent means that a direction is learned from."""
LATELY: Final = 16
QUANTUM: Final = 2800.0
"""A product of two scores is kept as an int16 in steps of 1/2,800."""

_ALL: Final = sum(FOLLOWED)
_NUMBERS, _CATEGORIES = sum(NUMBER_COUNTS), sum(CATEGORY_COUNTS)

RECORD: Final = np.dtype(
    [
        ("heard", "i4", (2,)),  # prompts and answers that were taken in
        ("last_us", "i8"),
        ("fired", "u1", (2,)),
        ("said", "u1", (2,)),  # a change of state that has not been told yet, see `follow`
        ("best", "u1", (2,)),  # the horizon whose direction had found what fired
        ("after", "i4", (2,)),  # events since it fired
        ("strength", "f4", (2,)),
        ("top", "f4", (2,)),
        ("since", "i8", (2,)),
        ("events", "i4", (2,)),  # from the change to the alarm
        ("unusual", "f4"),
        # What is usual
        ("mean", "f4", (_NUMBERS,)),
        ("squares", "f4", (_NUMBERS,)),
        ("usual", "f4", (_NUMBERS,)),
        ("counts", "u2", (_NUMBERS, BINS)),
        ("kinds", "u2", (_CATEGORIES, BUCKETS)),
        ("products", "i2", (_ALL * (_ALL + 1) // 2,)),
        # What is lately
        ("now", "f4", (_NUMBERS,)),
        ("lately", "u1", (LATELY, _CATEGORIES)),
        ("shape", "u2", (_ALL, 10)),
        ("recent", "f4", (len(HORIZONS), _ALL)),
        ("direction_prompts", "f4", (len(HORIZONS), ASKED)),
        ("direction", "f4", (len(HORIZONS), _ALL)),
        ("distance", "f4", (2, len(HORIZONS))),
        ("cut", "f4", (2, len(HORIZONS), STAKES)),
        ("scores", "i1", (LEVELS, PER_LEVEL, _ALL)),
        ("begun", "i8", (LEVELS, PER_LEVEL)),
        ("blocks", "u1", (LEVELS,)),
        ("oldest", "u1", (LEVELS,)),
        # The evidence: Shiryaev-Roberts sums
        ("sums", "f4", (_ALL, BETS)),
        ("shape_sums", "f4", (_ALL,)),
        ("direction_sums", "f4", (2, len(HORIZONS), STAKES)),
    ]
)
"""One series."""
