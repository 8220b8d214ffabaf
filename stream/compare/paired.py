"""Two versions side by side: their events in pairs of the same time, and bets on which of the two has more."""

from __future__ import annotations

from typing import Any, Final

import numpy as np

from windvane.stream.budget import HOUR_US, clock
from windvane.stream.compiled import compiled

__all__ = ["BETS", "MEASURES", "PAIRED", "clear", "total", "take"]

MEASURES: Final = 6
"""Failures, latency, cost, output tokens, feedback, groundedness."""
BETS: Final = (0.1, -0.1, 0.35, -0.35, 0.8, -0.8)
"""Stakes that the new version has more than the old one, or less."""
_EPOCH: Final = 4096
"""Pairs after which means are taken anew: what comes later is not hidden by what was before."""
_USUAL: Final = 1024

PAIRED: Final = np.dtype(
    [
        ("old_sum", "f8"),  # of the pair that is open: values and events of either side
        ("new_sum", "f8"),
        ("old_open", "i4"),
        ("new_open", "i4"),
        ("low", "f4"),
        ("high", "f4"),
        ("opened", "i8"),
        ("pairs", "i4"),  # closed ones of this epoch, weighted by how sure each is
        ("old_count", "i4"),
        ("new_count", "i4"),
        ("weight", "f8"),
        ("old", "f8"),
        ("new", "f8"),
        ("squares", "f8"),  # of weights
        ("firsts", "f8"),  # the same times the difference
        ("seconds", "f8"),  # and times its square
        ("since", "i8"),
        ("scale", "f4"),  # the usual square of a difference times its weight
        ("scaled", "i4"),
        ("sure", "f4", (len(BETS),)),  # Shiryaev-Roberts sums
        ("spent", "i8"),
        ("state", "i4"),
        ("fired", "i8"),
        ("told", "f4"),  # the difference when it fired
        ("later", "i4"),  # pairs after that, their weights, their differences, and these squared
        ("later_weight", "f4"),
        ("later_first", "f4"),
        ("later_second", "f4"),
        ("began", "i8"),  # when `later` was begun
    ]
)
"""One measure of a version beside another."""


@compiled
def take(held: Any, new: bool, value: float, time: int, share: float) -> bool:
    """Take one value of the new version or of the old one in; return whether it has closed a pair.

    `share`: false alarms that may be spent per microsecond. A pair is one event of one version beside all of the other
    since the last pair: it is closed by the first event of its second side. If the versions do not differ, each of
    its events is as likely as any other to be the one that stands alone, whatever the traffic does: the difference,
    by the largest that any of them would lose, is a fair bet. No distribution is assumed, nor independence in time;
    `windvane.stream.budget` says what the sum of bets promises.
    """
    if held.old_open + held.new_open > 0 and time - held.opened > HOUR_US:
        held.old_open = held.new_open = 0
    if held.old_open + held.new_open == 0:
        held.old_sum = held.new_sum = 0.0
        held.low = held.high = value
        held.opened = time
    if new:
        held.new_open += 1
        held.new_sum += value
    else:
        held.old_open += 1
        held.old_sum += value
    held.low = min(held.low, value)
    held.high = max(held.high, value)
    if held.old_open == 0 or held.new_open == 0:
        return False
    _close(held, time, share)
    return True


@compiled
def _close(held: Any, time: int, share: float) -> None:
    old, new = held.old_sum / held.old_open, held.new_sum / held.new_open
    count = held.old_open + held.new_open
    weight = held.old_open * held.new_open / count
    # What the difference would be at the least and at the most, whichever of them stood alone.
    both = held.old_sum + held.new_sum
    least, most = (held.low * count - both) / (count - 1), (held.high * count - both) / (count - 1)
    if held.new_open > 1:
        least, most = -most, -least
    _bet(held, new - old, max(-least, old - new), max(most, new - old), weight, time, share)
    if held.pairs >= _EPOCH:
        held.pairs = held.old_count = held.new_count = 0
        held.weight = held.old = held.new = held.squares = held.firsts = held.seconds = 0.0
    if held.pairs == 0:
        held.since = held.opened
    held.pairs += 1
    held.old_count += held.old_open
    held.new_count += held.new_open
    held.weight += weight
    held.old += weight * old
    held.new += weight * new
    held.squares += weight**2
    held.firsts += weight**2 * (new - old)
    held.seconds += weight**2 * (new - old) ** 2
    held.scaled = min(held.scaled + 1, _USUAL)
    held.scale += (weight * (new - old) ** 2 - held.scale) / held.scaled
    held.later += 1
    held.later_weight += weight
    held.later_first += weight * (new - old)
    held.later_second += (weight * (new - old)) ** 2
    held.old_open = held.new_open = 0


@compiled
def _bet(held: Any, more: float, least: float, most: float, weight: float, time: int, share: float) -> None:
    """Bet on the new version's having `more`: stakes are lost at `least` less or, the other way round, `most` more."""
    if held.scaled == 0:
        held.spent = time
    before = held.spent
    held.spent = clock(before, time)
    passed = held.spent - before
    if held.state != 0 or least <= 0 or most <= 0:
        return
    if held.scaled >= 8:  # a difference that is small as they go counts little
        usual = 1.5 * np.sqrt(held.scale / weight)
        least, most = max(least, usual), max(most, usual)
    for bet in range(len(BETS)):
        stake = BETS[bet] / (least if BETS[bet] > 0 else most)
        held.sure[bet] = min((held.sure[bet] + share * passed) * max(1.0 + stake * more, 0.0), 1e9)


@compiled
def total(held: Any) -> float:
    """Return the sum of evidence: it is enough at 1."""
    found = 0.0
    for bet in range(len(BETS)):
        found += held.sure[bet] / len(BETS)
    return found


@compiled
def clear(held: Any) -> None:
    """Begin anew, with other versions."""
    held.old_open = held.new_open = held.pairs = held.old_count = held.new_count = held.scaled = held.state = 0
    held.weight = held.old = held.new = held.squares = held.firsts = held.seconds = held.scale = 0.0
    for bet in range(len(BETS)):
        held.sure[bet] = 0.0
