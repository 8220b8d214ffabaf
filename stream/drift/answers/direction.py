"""A bet on the direction in which all columns together have moved lately, learned as events come.

A change of model moves many columns a little. The mean of the recent scores, whitened by what usually goes together,
says where to; the next event is bet to lie on that side. What the prompts say of an answer is taken out: the scores of
prompts come first, and the Cholesky factor of all products whitens the answers' scores given the prompts'.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr

from windvane.stream.baseline import WARM_UP
from windvane.stream.compiled import compiled
from windvane.stream.drift.answers.layout import (
    ANSWERS,
    ASKED,
    DIRECTION_PART,
    ENDS,
    HORIZONS,
    PROMPTS,
    QUANTUM,
    SIZES,
    STAKES,
)  # fmt: skip

__all__ = ["bet_on", "follow_scores", "learn_products", "refresh", "side_of"]

_COUNT: Final = len(HORIZONS)
_ALL: Final = ENDS[ANSWERS]
_RATES: Final = (1 - 0.5 ** (1 / np.array(HORIZONS))).astype(np.float32)
_EVENTS: Final = ((2 - _RATES) / _RATES).astype(np.float32)
"""How many events a recent mean is worth."""

# An event far on the other side would cost more than there is: it is cut off where nearly all is lost. That raises the
# mean of what is bet on, by how much is followed and taken off. Where it is much more than it is of normal numbers, as
# of answers that are nearly always the same, there is no bet of this stake.
_STAKES: Final = np.array([0.2, 0.35, 0.6], np.float32)
_LOWEST: Final = -0.95 / _STAKES
_NORMAL_CUT: Final = (np.exp(-(_LOWEST**2) / 2) / np.sqrt(2 * np.pi) + _LOWEST * ndtr(_LOWEST)).astype(np.float32)
_MOST_CUT: Final = 2 * _NORMAL_CUT + np.float32(0.01)
_CUT_DOUBT: Final = 64
_CUT_REMEMBERED: Final = 2048
_HIGHEST: Final = np.float32(4)
_WEIGHT: Final = np.float32(DIRECTION_PART / (_COUNT * STAKES))
_MOST: Final = np.float32(1e6)

_OWN: Final = np.float32(0.3)
"""So much of every column is taken as its own, not shared with others."""
_LEAST_OWN: Final = np.float32(0.1)
_DOUBT: Final = 20
"""Products of fewer events are believed half."""
_MOST_LEARNED: Final = 512
_QUANTUM: Final = np.float32(QUANTUM)
_ONE: Final = np.float32(1)
_SCATTER: Final = np.float32(1 / 65536)
_TURN: Final = np.uint32(2654435769)
_OTHER_TURN: Final = np.uint32(2246822519)
"""What is rounded up goes round by the golden ratio: even over time, and another for each product."""


@compiled
def bet_on(held: Any, part: int, scores: NDArray[np.float32], spent: np.float32) -> np.float32:
    """Bet on the side of each direction that an event lies on; return the evidence that the part has moved there."""
    total = np.float32(0)
    rate = _ONE / np.float32(min(held.heard[part] - WARM_UP + _CUT_DOUBT, _CUT_REMEMBERED))
    for horizon in range(_COUNT):
        side = side_of(held, part, horizon, scores)
        sums, cut = held.direction_sums[part, horizon], held.cut[part, horizon]
        for stake in range(STAKES):
            taken_off = cut[stake] + _NORMAL_CUT[stake]
            pays = _ONE + _STAKES[stake] * (min(max(side, _LOWEST[stake]), _HIGHEST) - taken_off)
            sums[stake] = min((sums[stake] + spent) * (pays if taken_off < _MOST_CUT[stake] else _ONE), _MOST)
            cut[stake] += rate * (max(_LOWEST[stake] - side, np.float32(0)) - _NORMAL_CUT[stake] - cut[stake])
            total += sums[stake]
    return total * _WEIGHT


@compiled
def side_of(held: Any, part: int, horizon: int, scores: NDArray[np.float32]) -> np.float32:
    """Return how far an event lies in a direction, in standard deviations."""
    direction = held.direction_prompts[horizon] if part == PROMPTS else held.direction[horizon]
    total = np.float32(0)
    for at in range(len(direction)):
        total += direction[at] * scores[at]
    return total


@compiled
def follow_scores(held: Any, scores: NDArray[np.float32]) -> None:
    """Take the scores into the recent means."""
    for horizon in range(_COUNT):
        recent, rate = held.recent[horizon], _RATES[horizon]
        for at in range(_ALL):
            recent[at] += rate * (scores[at] - recent[at])


@compiled
def learn_products(held: Any, scores: NDArray[np.float32], count: int) -> None:
    """Take the scores into the means of their products; `count` events were taken in so far.

    They are rounded up or down by turns: rounded to the nearest, small steps would be none.
    """
    rate = _ONE / np.float32(min(count + 1, _MOST_LEARNED))
    products = held.products
    place = 0
    turn = np.uint32(count) * _TURN
    for row in range(_ALL):
        own = scores[row] * _QUANTUM
        for at in range(_ALL - row):
            was = np.float32(products[place + at])
            turned = (turn + np.uint32(place + at) * _OTHER_TURN) >> np.uint32(16) & np.uint32(65535)
            products[place + at] = np.int16(
                np.floor(was + rate * (own * scores[row + at] - was) + np.float32(turned) * _SCATTER)
            )
        place += _ALL - row


@compiled
def refresh(
    held: Any, count: int, white: NDArray[np.float32], factor: NDArray[np.float32], sides: NDArray[np.float32]
) -> None:
    """Learn the directions anew from the recent means.

    `white` (all), `factor` (all, all) and `sides` (all, 2 horizons) are scratch space.
    """
    _factorise(held, count, factor)
    for horizon in range(_COUNT):
        for at in range(_ALL):
            white[at] = held.recent[horizon, at]
        for row in range(_ALL):
            white[row] /= factor[row, row]
            for at in range(row + 1, _ALL):
                white[at] -= white[row] * factor[row, at]
        for at in range(_ALL):
            sides[at, 2 * horizon + PROMPTS] = white[at] if at < ASKED else np.float32(0)
            sides[at, 2 * horizon + ANSWERS] = white[at] if at >= ASKED else np.float32(0)
        for part in range(2):
            squares = np.float32(1e-9)
            for at in range(_ALL):
                squares += sides[at, 2 * horizon + part] ** 2
            held.distance[part, horizon] = np.sqrt(squares)
            for at in range(_ALL):
                sides[at, 2 * horizon + part] /= held.distance[part, horizon]
    _solve(factor, sides)
    for horizon in range(_COUNT):
        if not held.fired[PROMPTS]:
            for at in range(ASKED):
                held.direction_prompts[horizon, at] = sides[at, 2 * horizon + PROMPTS]
        if not held.fired[ANSWERS]:
            for at in range(_ALL):
                held.direction[horizon, at] = sides[at, 2 * horizon + ANSWERS]
    size = np.float32(SIZES[PROMPTS])
    held.unusual = np.float32(0)
    for horizon in range(_COUNT):
        squares = held.distance[PROMPTS, horizon] ** 2 * _EVENTS[horizon]
        held.unusual = max(held.unusual, (squares - size) / np.sqrt(2 * size))


@compiled
def _factorise(held: Any, count: int, factor: NDArray[np.float32]) -> None:
    """Write the upper Cholesky factor of the products, shrunk towards columns that have nothing in common."""
    believed = np.float32(count) / np.float32(count + _DOUBT)
    trace, place = np.float32(0), 0
    for row in range(_ALL):
        trace += np.float32(held.products[place]) / _QUANTUM
        place += _ALL - row
    usual = believed * trace / np.float32(_ALL) + (_ONE - believed)
    place = 0
    for row in range(_ALL):
        for at in range(_ALL - row):
            factor[row, row + at] = np.float32(held.products[place + at]) * (believed * (_ONE - _OWN) / _QUANTUM)
        factor[row, row] += (_ONE - believed) * (_ONE - _OWN) + max(_OWN * usual, _LEAST_OWN)
        place += _ALL - row
    for row in range(_ALL):
        scale = _ONE / np.sqrt(max(factor[row, row], np.float32(1e-6)))
        for at in range(row, _ALL):
            factor[row, at] *= scale
        for other in range(row + 1, _ALL):
            share = factor[row, other]
            for at in range(other, _ALL):
                factor[other, at] -= share * factor[row, at]


@compiled
def _solve(factor: NDArray[np.float32], sides: NDArray[np.float32]) -> None:
    """Solve the triangular system for all sides at once, in place."""
    for row in range(_ALL - 1, -1, -1):
        for other in range(row + 1, _ALL):
            share = factor[row, other]
            for one in range(2 * _COUNT):
                sides[row, one] -= share * sides[other, one]
        scale = _ONE / factor[row, row]
        for one in range(2 * _COUNT):
            sides[row, one] *= scale
