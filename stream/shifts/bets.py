"""Bets on where the next value ranks among those before it, as tables of their cumulative distributions.

While nothing has changed the rank of a value among all before it, taken between 0 and 1, is uniform and independent
of the earlier ones: Vovk, Nouretdinov, Gammerman (2003), Testing exchangeability on-line. A bet is another
distribution F of ranks; a value whose rank lies between a and b multiplies the evidence by (F(b) - F(a)) / (b - a),
whose mean is 1. Values that are the same share an interval of ranks.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr, ndtri

from windvane.stream.compiled import compiled

__all__ = ["BETS", "FIRST_LEARNED", "FIRST_LOW", "LEARNED_STEP", "TABLES", "WEIGHTS", "gain", "usual_z"]

_CELLS: Final = 1024
_ROBUST: Final = 0.15
"""The part of a bet that expects nothing: one usual value in a run of unusual ones costs little, and one absurd value
does not end the evidence of many."""

LEARNED_STEP: Final = 0.5
_LEARNED: Final = np.arange(-3.0, 3.01, LEARNED_STEP)

BETS: Final = np.array([[0, 1, 2, 3], [4, 5, 6, 7], [1, 3, 5, 7]])
"""The tables of the fixed bets: of features of which up is bad, down, or both."""
FIRST_LOW, FIRST_LEARNED = 4, 8
WEIGHTS: Final = np.array([0.15, 0.2, 0.2, 0.2, 0.25], np.float32)
"""Of the fixed bets, and of the learned one: a shift by what the last values were off, between -3 and 3 deviations."""


def _tables() -> NDArray[np.float32]:
    """Return F of each bet at the ends of the cells, float32 (bets, _CELLS + 1)."""
    ranks = np.linspace(0.0, 1.0, _CELLS + 1)
    up = [_shift(ranks, 0.75), _shift(ranks, 1.5), _tail(ranks, 0.3), _tail(ranks, 0.12)]
    down = [1.0 - bet[::-1] for bet in up]
    return np.array(up + down + [_shift(ranks, by) for by in _LEARNED], np.float32)


def _shift(ranks: NDArray[np.float64], by: float) -> NDArray[np.float64]:
    """Return the ranks' distribution where normal values are shifted by `by` deviations."""
    return np.asarray(_ROBUST * ranks + (1.0 - _ROBUST) * ndtr(ndtri(ranks) - by))


def _tail(ranks: NDArray[np.float64], power: float) -> NDArray[np.float64]:
    """Return the distribution where high ranks are frequent, the highest most: Lehmann's alternatives."""
    return 1.0 - (1.0 - ranks) ** power


TABLES: Final = _tables()
_Z: Final = ndtri((np.arange(_CELLS) + 0.5) / _CELLS).astype(np.float32)


@compiled
def gain(tables: Any, bet: int, low: float, high: float) -> float:
    """Return what a bet makes of the evidence: its mean density between two ranks."""
    return float(max((_at(tables, bet, high) - _at(tables, bet, low)) / (high - low), 0.0))


@compiled
def _at(tables: Any, bet: int, rank: float) -> float:
    cell = min(int(rank * _CELLS), _CELLS - 1)
    part = rank * _CELLS - cell
    return float(tables[bet, cell] + part * (tables[bet, cell + 1] - tables[bet, cell]))


@compiled
def usual_z(rank: float) -> float:
    """Return how many deviations off a normal value of this rank would be."""
    return float(_Z[min(int(rank * _CELLS), _CELLS - 1)])
