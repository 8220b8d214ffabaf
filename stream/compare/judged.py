"""Whether two versions differ: surely, and in a way that somebody would act on."""

from __future__ import annotations

from typing import Any, Final

import numpy as np

from windvane.stream.baseline import WARM_UP
from windvane.stream.budget import HOUR_US
from windvane.stream.compare.paired import BETS, total
from windvane.stream.compare.states import ACCEPTED, FIRED, RECOVERED
from windvane.stream.compiled import compiled

__all__ = ["interval", "judge"]

ERRORS, SCORE, GROUNDEDNESS = 0, 4, 5
_LEAST_PAIRS: Final = 32
_STAYS_US: Final = 7 * 24 * HOUR_US
_ALPHA: Final = 0.05
_NARROW: Final = 0.0343
"""Makes the interval narrowest at 256 pairs."""


@compiled
def judge(held: Any, measure: int, time: int) -> int:
    """Return the state that a record changes to after a pair was closed, 0 for none: see `paired.PAIRED`."""
    if held.state == 0:
        if not _differs(held, measure):
            return 0
        held.state, held.fired, held.told = FIRED, time, (held.new - held.old) / held.weight
        for bet in range(len(BETS)):
            held.sure[bet] = 0.0
        _begin(held, time)
        return FIRED
    if held.state == ACCEPTED:
        return 0
    if time - held.fired > _STAYS_US:
        held.state = ACCEPTED
        return ACCEPTED
    if held.later < WARM_UP:
        return 0
    left = held.later_first / held.later_weight * np.sign(held.told)
    # As if a few more of the usual size had been seen: 64 calls without a failure are not yet proof of none.
    error = np.sqrt(held.later_second + 4.0 * held.scale) / held.later_weight
    if left + 2.5 * error < 0.5 * abs(held.told):
        held.state = 0
        return RECOVERED
    if held.later >= 2 * WARM_UP and left > 0.5 * abs(held.told):
        _begin(held, time)
    return 0


@compiled
def _begin(held: Any, time: int) -> None:
    held.later, held.began = 0, time
    held.later_weight = held.later_first = held.later_second = 0.0


@compiled
def _differs(held: Any, measure: int) -> bool:
    if held.pairs < _LEAST_PAIRS or min(held.old_count, held.new_count) < WARM_UP or total(held) < 1.0:
        return False
    low, high = interval(held)
    return bool(low > 0 or high < 0) and _material(held, measure)


@compiled
def _material(held: Any, measure: int) -> bool:
    old, new = held.old / held.weight, held.new / held.weight
    least = np.log(1.1)
    if measure == ERRORS:
        least = max(0.01, 0.33 * max(old, new))
    elif measure == SCORE:
        least = 0.2 * np.sqrt(held.scale)
    elif measure == GROUNDEDNESS:
        least = 0.03
    return bool(abs(new - old) >= least)


@compiled
def interval(held: Any) -> tuple[float, float]:
    """Return where the difference of the means lies, new less old: 95 %, at whatever time one looks.

    Waudby-Smith, Arbour, Sinha, Kennedy, Ramdas (2024), Time-uniform central limit theory and asymptotic confidence
    sequences, theorem 2.2, of the pairs' weighted differences.
    """
    count, mean = held.pairs, (held.new - held.old) / held.weight
    variance = max(held.seconds - 2 * mean * held.firsts + mean**2 * held.squares, 0.0) / count
    spread = count * _NARROW + 1.0
    radius = np.sqrt(variance * spread / _NARROW * np.log(spread / _ALPHA**2)) / held.weight
    return mean - radius, mean + radius
