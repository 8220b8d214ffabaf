"""Bets on how a level may have moved: evidence that grows while they win, and is spent against the budget.

Each is a Shiryaev-Roberts sum (see `windvane.stream.budget`) of likelihood ratios: of a minute's mean under a normal
law around what was foretold; of a count under a negative binomial law, too, whichever is less favourable to the bet. A
minute counts for no more than such minutes have been rare in the series' own past (`tails.py`), and a move of a few
percent for nothing.

The laws are assumptions, so each side's ratios are tempered: raised to a power, at most 1, that is learned in practice.
A sum like the bets', but with a bar so low that it should be passed every 150 minutes, is kept; each time it is passed
the power goes down, and up a little in every minute in which it is not. So the series' own past says how much a win is
worth, whatever its law and however its minutes hang together: after Gibbs and Candes (2021), Adaptive conformal
inference, whose argument makes the practice's pace right in the long run. That the same power holds at the far higher
bar of the budget is an extrapolation: `benchmarks/incidents.py` measures it.
"""

from __future__ import annotations

import math
from typing import Any, Final

import numpy as np

from windvane.stream.anomaly.track import BETS, SIDES
from windvane.stream.compiled import compiled

__all__ = [
    "SIDE_OF",
    "begin_bets",
    "count_ratio",
    "evidence_of_all",
    "level_ratio",
    "play",
    "practise",
    "standing",
    "strongest",
]

SIZES: Final = np.array([math.log(ratio) for ratio in (1.5, 2.2, 4.0, 0.6, 0.3, 0.02)])
SIDE_OF: Final = np.array([0, 0, 0, 1, 1, 2])
"""The side of each bet: up, down, silent."""
SHARES: Final = np.array([[0.15, 0.15, 0.15, 0.15, 0.1, 0.0], [0.1, 0.1, 0.1, 0.1, 0.05, 0.25]])
"""What each may spend of the budget of a level, and of counts; spikes spend the rest."""
_FIRST: Final = np.array([0, 3, 5])
_LEAST: Final = -4.0
FOLLOWS: Final = 0.4
"""How fast the mean of the last minutes follows them."""
_ENOUGH: Final = 10.0
_BAR: Final = 100.0
_PACE: Final = 150.0
_STEP: Final = 0.04
_CAUTION: Final = 0.8
_MOST_POWER: Final = 1.0


@compiled
def begin_bets(track: Any) -> None:
    """Begin all bets anew, not what tempers them."""
    for bet in range(BETS):
        track.evidence[bet] = 0.0
        track.followed[bet] = 0.0
    for side in range(SIDES):
        track.practice[side] = 0.0
        if track.temper[side] == 0.0:
            track.temper[side] = _CAUTION


@compiled
def count_ratio(count: float, foretold: float, spread: float, ratio: float) -> float:
    """Return the log-likelihood ratio of a count: that its mean is `ratio` times what was foretold, to that it is not.

    Counts are negative binomial: their variance is mean + spread * mean squared.
    """
    size = 1.0 / spread
    return count * math.log(ratio) + (count + size) * math.log((size + foretold) / (size + ratio * foretold))


@compiled
def standing(count: float, mean: float, spread: float) -> float:
    """Return how far a count is from a mean, in spreads: on square roots below it, on logarithms above, where each has
    the shorter tail."""
    if count < mean:
        return 2.0 * (math.sqrt(count + 0.375) - math.sqrt(mean + 0.375)) / math.sqrt(1.0 + spread * mean)
    return math.log((count + 1.0) / (mean + 1.0)) / math.sqrt(1.0 / (mean + 1.0) + spread)


@compiled
def level_ratio(off: float, moved: float) -> float:
    """Return the log-likelihood ratio of a mean that is `off` what was foretold, in spreads: it has `moved`, or not."""
    return moved * (off - 0.5 * moved)


@compiled
def play(track: Any, bet: int, minute: int, first: float, on: float, most: float, stake: float) -> None:
    """Take a minute in: `first` and `on`, the log ratios if the level moved now, and if it had moved before."""
    power = track.temper[SIDE_OF[bet]]
    begun = stake * math.exp(power * max(min(first, most), _LEAST))
    held = track.evidence[bet] * math.exp(power * max(min(on, most), _LEAST))
    share = begun / max(held + begun, 1e-300)
    # The evidence's mean time of the move.
    track.since[bet] += share * (minute - track.since[bet])
    track.evidence[bet] = min(held + begun, _ENOUGH)
    track.followed[bet] = (1.0 - share) * _followed(track.followed[bet], bet) + share * FOLLOWS * SIZES[bet]


@compiled
def practise(track: Any, side: int, first: float, on: float, most: float) -> None:
    """Take a minute of a side's mildest bet in, and learn the power from how the sum fares."""
    power, bet = track.temper[side], _FIRST[side]
    begun = math.exp(power * max(min(first, most), _LEAST))
    held = track.practice[side] * math.exp(power * max(min(on, most), _LEAST))
    share = begun / (held + begun)
    track.practice[side] = held + begun
    track.practised[side] = (1.0 - share) * _followed(track.practised[side], bet) + share * FOLLOWS * SIZES[bet]
    track.temper[side] = min(power + _STEP / _PACE, _MOST_POWER)
    if track.practice[side] >= _BAR:
        track.practice[side] = 0.0
        track.temper[side] = max(power - _STEP, 0.1)


@compiled
def _followed(so_far: float, bet: int) -> float:
    """Return how much of a move the mean of the last minutes has followed after one more."""
    return float(so_far + FOLLOWS * (SIZES[bet] - so_far))


@compiled
def evidence_of_all(track: Any) -> float:
    """Return the evidence of all bets together: an alarm at 1."""
    total = 0.0
    for bet in range(BETS):
        total += track.evidence[bet]
    return total


@compiled
def strongest(track: Any) -> int:
    """Return the bet with the most evidence."""
    best = 0
    for bet in range(1, BETS):
        if track.evidence[bet] > track.evidence[best]:
            best = bet
    return best
