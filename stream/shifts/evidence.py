"""The evidence that one feature of one series has shifted, value by value."""

from __future__ import annotations

from typing import Any, Final

from windvane.stream.compiled import compiled
from windvane.stream.shifts.bets import FIRST_LEARNED, FIRST_LOW, LEARNED_STEP, WEIGHTS, gain, usual_z
from windvane.stream.shifts.record import LAST
from windvane.stream.shifts.usual import level_before, level_now, place, whole

__all__ = ["FEWEST", "bad", "bet", "forget", "lower", "now_since", "refine", "shifted"]

_LEARN: Final = 0.25
_MOST_OFF: Final = 3.0
_BOLD: Final = 1.5
FEWEST: Final = 4
"""Values since the change, at least, before it is an alarm."""

_NEAR, _NEAR_OF_SOME = 0.3, 0.1
"""A value that is further than this from the usual level to the new one speaks for the change. Half the way would do
if all calls had moved; often some have, and of failures, say, a mean tells only how many."""


@compiled
def forget(held: Any, slot: int) -> None:
    """Begin without evidence."""
    for number in range(len(WEIGHTS)):
        held.evidence[slot, number] = 0.0
    held.total[slot] = 0.0
    held.off[slot] = 0.0
    held.climb[slot] = 1.0
    held.since_n[slot] = 0
    held.since_sum[slot] = 0.0


@compiled
def lower(held: Any, slot: int, by: float) -> None:
    """Leave a part of the evidence."""
    for number in range(len(WEIGHTS)):
        held.evidence[slot, number] *= by
    held.total[slot] *= by


@compiled
def bet(held: Any, slot: int, code: int, at: int, spends: float, now_us: int, way: int, tolerated: int,
        tables: Any, bets: Any) -> None:  # fmt: skip
    """Take a value, of bin `at`, as evidence. To be called before it is counted.

    It is ranked as if it were less off by what is `tolerated`: evidence is then for a shift of more than that.
    """
    # The ranks of bets on higher values, and of those on lower ones.
    low_of_high, high_of_high = _ranks(held, slot, place(held, slot, code - tolerated) if tolerated else at)
    low_of_low, high_of_low = low_of_high, high_of_high
    if tolerated:
        low_of_low, high_of_low = _ranks(held, slot, place(held, slot, code + tolerated))
    off = _bad_part(held.off[slot], way)
    learned = FIRST_LEARNED + int(round((off + _MOST_OFF) / LEARNED_STEP))
    before, after = held.total[slot] + spends, 0.0
    for number in range(len(WEIGHTS)):
        is_learned = number == len(WEIGHTS) - 1
        table = learned if is_learned else bets[way, number]
        if (off < 0) if is_learned else (table >= FIRST_LOW):
            grown = gain(tables, table, low_of_low, high_of_low)
        else:
            grown = gain(tables, table, low_of_high, high_of_high)
        held.evidence[slot, number] = (held.evidence[slot, number] + WEIGHTS[number] * spends) * grown
        after += held.evidence[slot, number]
    held.total[slot] = after
    higher = max(usual_z(0.5 * (low_of_high + high_of_high)), 0.0)
    lower_ = min(usual_z(0.5 * (low_of_low + high_of_low)), 0.0)
    held.off[slot] += _LEARN * (min(max(_BOLD * (higher + lower_), -_MOST_OFF), _MOST_OFF) - held.off[slot])
    _since(held, slot, code, after / before if before > 0 else 1.0, now_us)


@compiled
def _ranks(held: Any, slot: int, at: int) -> tuple[float, float]:
    """Return between which ranks a value of bin `at` is among all before it and itself."""
    below = 0
    for number in range(at):
        below += held.bins[slot, number]
    seen = held.seen[slot] + 1
    return below / seen, (below + held.bins[slot, at] + 1) / seen


@compiled
def _since(held: Any, slot: int, code: int, grown: float, now_us: int) -> None:
    """Follow where the change began, if there is one: where the evidence was last at its lowest."""
    if held.since_n[slot] == 0:
        held.since_us[slot] = now_us
    held.climb[slot] = min(held.climb[slot] * grown, 1e30)
    if held.climb[slot] <= 1.0:
        held.climb[slot] = 1.0
        held.since_n[slot] = 0
        held.since_sum[slot] = 0.0
    else:
        held.since_n[slot] = min(held.since_n[slot] + 1, 65_000)
        held.since_sum[slot] += code


@compiled
def refine(held: Any, slot: int, way: int, mean: bool, material: int, now_us: int) -> None:
    """Put the change where the last values split best, if those between where the evidence began to grow and there
    are as usual. Times in between are by the pace since.

    Hinkley (1970), Inference about the change-point in a sequence of random variables.
    """
    since, usual, level = whole(held.since_n[slot]), _usual(held, slot, mean), now_since(held, slot, mean)
    begin, end = place(held, slot, int(usual)), place(held, slot, int(level))
    middle = begin + (_NEAR_OF_SOME if mean else _NEAR) * (end - begin)
    total, most, keep, summed, kept = 0.0, 0.0, since, 0.0, 0.0
    for number in range(min(since, LAST)):
        code = whole(held.last[slot, (held.at[slot] + LAST - 1 - number) % LAST])
        total += (place(held, slot, code) - middle) * (1.0 if level > usual else -1.0)
        summed += code
        if total > most:
            most, keep, kept = total, number + 1, summed
    if keep < since and 2 * bad((held.since_sum[slot] - kept) / (since - keep) - usual, way) < material:
        held.since_us[slot] += (now_us - held.since_us[slot]) * (since - keep) // (since - 1)
        held.since_n[slot] = keep
        held.since_sum[slot] = kept


@compiled
def shifted(held: Any, slot: int, way: int, mean: bool, material: int) -> bool:
    """Return whether the level has moved in a way that is bad, by as much as is worth an alarm."""
    since = held.since_n[slot]
    if since < FEWEST:
        return False
    return bad(now_since(held, slot, mean) - _usual(held, slot, mean), way) >= material


@compiled
def _usual(held: Any, slot: int, mean: bool) -> float:
    """Return the level before the change, as a code; a mean without what came since."""
    before, since = level_before(held, slot, mean), held.since_n[slot]
    if mean and 0 < since < held.seen[slot]:
        before -= (held.since_sum[slot] / since - before) * since / (held.seen[slot] - since)
    return before


@compiled
def now_since(held: Any, slot: int, mean: bool) -> float:
    """Return the level since the change, as a code; a median is of the last values."""
    since = held.since_n[slot]
    if since > LAST and mean:
        return float(held.since_sum[slot] / since)
    return level_now(held, slot, whole(min(since, LAST)), mean)


@compiled
def _bad_part(off: float, way: int) -> float:
    """Return how far off the last values were, nothing if it was the good way."""
    return max(off, 0.0) if way == 0 else min(off, 0.0) if way == 1 else off


@compiled
def bad(change: float, way: int) -> float:
    """Return how bad a change is, given which way is bad: up, down, or both."""
    return change if way == 0 else -change if way == 1 else abs(change)
