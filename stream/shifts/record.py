"""What is remembered of a series' numbers, and what is told of a change, as numpy records."""

from __future__ import annotations

from typing import Final

import numpy as np

from windvane.stream.shifts.watched import GROUPS, WATCHED

__all__ = ["BINS", "CLASSES", "CLASS_WORDS", "LAST", "MOST_MOVED", "SERIES", "SLOTS", "TOLD"]

SLOTS: Final = 24
"""Features of one series that are watched: those that are not always 0, in the order in which they come."""
LAST: Final = 24
"""Last values that are kept."""
BINS: Final = 20
CLASSES: Final = 8
"""Last failures whose class is kept,"""
CLASS_WORDS: Final = 3
"""by their first 24 bytes."""
MOST_MOVED: Final = 6
_BETS: Final = 5

SERIES: Final = np.dtype(
    [
        ("slot", "u1", (len(WATCHED),)),  # where a feature is kept, from 1 on
        ("zeros", "u2", (len(WATCHED),)),  # how often it was 0, until it has a slot
        ("used", "u1"),
        ("last_us", "i8"),
        ("open", "u1"),  # groups that have fired
        # Of each feature that has a slot:
        ("seen", "u2", (SLOTS,)),  # values in `bins`
        ("last", "u2", (SLOTS, LAST)),  # codes of the last values, a ring
        ("at", "u1", (SLOTS,)),
        ("bins", "u2", (SLOTS, BINS)),  # values counted by size
        ("mean", "f4", (SLOTS,)),
        ("centre", "u2", (SLOTS,)),
        ("width", "u2", (SLOTS,)),
        ("evidence", "f4", (SLOTS, _BETS)),
        ("total", "f4", (SLOTS,)),
        ("off", "f4", (SLOTS,)),  # how far off the last values were, in deviations
        ("climb", "f4", (SLOTS,)),  # by what evidence has grown since the change, if there is one
        ("since_n", "u2", (SLOTS,)),
        ("since_sum", "f4", (SLOTS,)),
        ("since_us", "i8", (SLOTS,)),
        ("spent_us", "i8", (SLOTS,)),
        # Of each group:
        ("fired", "u1", (len(GROUPS),)),  # the feature that was told, from 1 on
        ("fired_n", "u2", (len(GROUPS),)),
        ("calm", "u2", (len(GROUPS),)),  # for how many values on end the level has been back
        ("calm_needed", "u2", (len(GROUPS),)),
        ("fired_us", "i8", (len(GROUPS),)),
        ("fired_since", "i8", (len(GROUPS),)),
        ("classes", "u8", (CLASSES, CLASS_WORDS)),  # of the last failures, a ring
        ("class_at", "u1"),
    ]
)

TOLD: Final = np.dtype(
    [
        ("at", "i8"),
        ("state", "u1"),
        ("feature", "u1"),
        ("since_us", "i8"),
        ("before", "f8"),  # levels, as codes
        ("before_n", "i8"),
        ("now", "f8"),
        ("now_n", "i8"),
        ("since_n", "i8"),
        ("moved", "u1", (MOST_MOVED,)),  # features, from 1 on
        ("share", "f4", (MOST_MOVED,)),
        ("moved_before", "f8", (MOST_MOVED,)),
        ("moved_now", "f8", (MOST_MOVED,)),
        ("classes", "u8", (CLASSES, CLASS_WORDS)),
        ("class_at", "u1"),
    ]
)
