"""The loop over events: ranks, bets, and when they say that answers or prompts have changed, or are as before."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from windvane.stream.baseline import WARM_UP
from windvane.stream.budget import clock, spend
from windvane.stream.compiled import compiled
from windvane.stream.drift.answers.bets import bet
from windvane.stream.drift.answers.blocks import append
from windvane.stream.drift.answers.columns import CATEGORY_COUNTS, NUMBER_COUNTS, SHARES
from windvane.stream.drift.answers.direction import bet_on, follow_scores, learn_products, refresh
from windvane.stream.drift.answers.layout import ANSWERS, ENDS, HORIZONS, LATELY, PROMPTS, SCALED_BY, SIZES
from windvane.stream.drift.answers.lifecycle import ends, fires
from windvane.stream.drift.answers.ranks import bin_of, kind_rank, number_rank, score

__all__ = ["follow", "workspace"]

_ALL: Final = ENDS[ANSWERS]
_REFRESHED: Final = 5
_THINNED: Final = 128
"""Events after which every fourth is enough to learn products by."""
_NOW_RATE: Final = np.float32(1 / 16)
_REMEMBERED: Final = 2048
_LEAST_DEVIATION: Final = np.float32(0.02)
_MORE: Final = np.float32(100)
_USUAL_DISTANCE: Final = np.float32(2)
_STEEP: Final = np.float32(2)
"""The evidence of a change of model must be so many times that of other prompts; and the more, e to so many times, the
further the prompts' recent means lie from 0 than chance has it, in standard deviations."""


@compiled
def follow(
    state: Any, blank: Any, rows: NDArray[np.int64], series: NDArray[np.int64], known: NDArray[np.int64],
    begins: NDArray[np.bool_], times: NDArray[np.int64], present: NDArray[np.bool_], numbers: NDArray[np.float32],
    kinds: NDArray[np.uint8], per_week: float, start: int, evidence: NDArray[np.float32], scores: NDArray[np.float32],
    white: NDArray[np.float32], factor: NDArray[np.float32], sides: NDArray[np.float32],
) -> int:  # fmt: skip
    """Take memberships in from `start` on; return the first at which something is to be told, or how many there are.

    What it is stands in `said` of the series' record; `lifecycle.settle` goes before the next call. `blank`: a record
    of zeros. `present` bool (2, n); `numbers` and `kinds` as `columns.side_by_side` returns them. The last five are
    scratch space.
    """
    for at in range(start, len(rows)):
        held = state[series[at]]
        if begins[at]:
            state[series[at]] = blank[0]
        row = rows[at]
        if not present[ANSWERS, row]:
            continue
        spent = np.float32(0)
        if held.heard[ANSWERS] > 0:
            spent = np.float32(spend(per_week, 2 * known[at], held.last_us, times[row]))
        held.last_us = times[row] if held.heard[ANSWERS] == 0 else clock(held.last_us, times[row])
        asked = present[PROMPTS, row]
        _step(held, asked, numbers[row], kinds[row], spent, times[row], evidence, scores, white, factor, sides)
        if held.said[PROMPTS] or held.said[ANSWERS]:
            return at
    return len(rows)


@compiled
def _step(
    held: Any, asked: bool, numbers: NDArray[np.float32], kinds: NDArray[np.uint8], spent: np.float32, now_us: int,
    evidence: NDArray[np.float32], scores: NDArray[np.float32], white: NDArray[np.float32],
    factor: NDArray[np.float32], sides: NDArray[np.float32],
) -> None:  # fmt: skip
    for part in range(2):
        evidence[part] = np.float32(0)
        if part == ANSWERS or asked:
            evidence[part] = _part(held, part, numbers, kinds, spent, scores)
            if _quiet(held, part):
                evidence[part] += bet_on(held, part, scores, spent)
        else:
            for at in range(SIZES[PROMPTS]):
                scores[at] = np.float32(0)
    count = held.heard[ANSWERS] - SCALED_BY
    if count <= 0:
        return
    follow_scores(held, scores)
    append(held, scores, now_us)
    if not (held.fired[PROMPTS] or held.fired[ANSWERS]):
        if count < _THINNED:
            learn_products(held, scores, count)
        elif count % 4 == 0:
            learn_products(held, scores, _THINNED + (count - _THINNED) // 4)
    if count % _REFRESHED == 0:
        refresh(held, count, white, factor, sides)
    for part in range(2):
        if held.fired[part]:
            ends(held, part, scores)
    if held.said[PROMPTS] or held.said[ANSWERS]:
        return
    explained = max(1, _MORE * evidence[PROMPTS], np.exp(_STEEP * (held.unusual - _USUAL_DISTANCE)))
    if evidence[PROMPTS] >= 1:
        fires(held, PROMPTS)
    elif evidence[ANSWERS] >= explained:
        fires(held, ANSWERS)


@compiled
def _quiet(held: Any, part: int) -> bool:
    """Say whether a part is judged: not before it is learned; nor answers while the prompts are not as usual."""
    return held.heard[part] > WARM_UP and not held.fired[part] and not held.fired[PROMPTS]


@compiled
def _part(held: Any, part: int, numbers: NDArray[np.float32], kinds: NDArray[np.uint8], spent: np.float32,
          scores: NDArray[np.float32]) -> np.float32:  # fmt: skip
    """Score the columns of one part, bet on each, and take them into what is usual; return the bets' evidence."""
    held.heard[part] += 1
    heard = held.heard[part]
    # Those that are judged go on learning: against a reference that stands still, chance adds up.
    learn = not (held.fired[PROMPTS] or held.fired[part])
    bets = _quiet(held, part)
    first = 0 if part == PROMPTS else NUMBER_COUNTS[PROMPTS]
    first_kind = 0 if part == PROMPTS else CATEGORY_COUNTS[PROMPTS]
    at = 0 if part == PROMPTS else SIZES[PROMPTS]
    evidence = np.float32(0)
    for step in range(SIZES[part]):
        if step < NUMBER_COUNTS[part]:
            low, high = _number(held, first + step, numbers[first + step], heard, learn)
        else:
            place = first_kind + step - NUMBER_COUNTS[part]
            held.lately[heard % LATELY, place] = kinds[place]
            low, high = kind_rank(held.kinds[place], int(kinds[place]), learn)
        scores[at + step] = score(low, high)
        if bets:
            evidence += SHARES[at + step] * bet(held, at + step, low, high, spent)
    return evidence


@compiled
def _number(held: Any, place: int, value: np.float32, heard: int, learn: bool) -> tuple[np.float32, np.float32]:
    """Take in a number and return the interval that its rank lies in: all there is, while its scale is learned."""
    held.now[place] += (value - held.now[place]) * max(_NOW_RATE, np.float32(1 / heard))
    if learn:
        held.usual[place] += (value - held.usual[place]) / np.float32(min(heard, _REMEMBERED))
    if heard <= SCALED_BY:
        away = value - held.mean[place]
        held.mean[place] += away / np.float32(heard)
        held.squares[place] += away * (value - held.mean[place])
        return np.float32(0), np.float32(1)
    deviation = max(np.sqrt(held.squares[place] / np.float32(SCALED_BY)), _LEAST_DEVIATION)
    return number_rank(held.counts[place], bin_of(value, held.mean[place], deviation), learn)


def workspace() -> tuple[NDArray[np.float32], ...]:
    """Return the scratch space that `follow` wants: float32, its last five arguments."""
    return (
        np.zeros(2, np.float32),
        np.zeros(_ALL, np.float32),
        np.zeros(_ALL, np.float32),
        np.zeros((_ALL, _ALL), np.float32),
        np.zeros((_ALL, 2 * len(HORIZONS)), np.float32),
    )
