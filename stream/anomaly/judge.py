"""One minute of one measure of a series: foretold from what is usual and from the last minutes, judged, learned."""

from __future__ import annotations

import math
from typing import Any, Final

from windvane.stream.anomaly.bets import (
    FOLLOWS,
    SHARES,
    SIDE_OF,
    SIZES,
    begin_bets,
    count_ratio,
    evidence_of_all,
    level_ratio,
    play,
    practise,
    standing,
    strongest,
)
from windvane.stream.anomaly.fired import SHIFTS, SILENT, SPIKES, fire, follow_fired, recent
from windvane.stream.anomaly.foretelling import (
    FORETOLD,
    MEMORY,
    learn_weights,
    usual_deviation,
    weights,
    within,
)
from windvane.stream.anomaly.tails import rarity, remember
from windvane.stream.anomaly.track import BETS, RING
from windvane.stream.anomaly.usual import drift, follow_level, turn, usual
from windvane.stream.baseline import WARM_UP
from windvane.stream.compiled import compiled

__all__ = ["judge"]

_JUDGED: Final = 30
"""Minutes after which the next ones are judged."""
_SPIKE_SHARE: Final = 0.15
"""What a single minute, up or down, may spend of the budget."""
_COMPANY: Final = 3
"""Calls, at least, whose mean may be a spike."""
_SPIKE: Final = math.log(1.6)
_NEGLIGIBLE: Final = 0.08
_UNSURE: Final = 0.2
_UNHEARD: Final = 0.12
_STRANGE: Final = 0.4
_SHIFT: Final = 0.22
"""A spike or a shift of less than this, on logarithms, is nobody's business, however sure."""
_BOUND: Final = 1.5
_WIDE: Final = 9.0
_NOISE: Final = 0.001


@compiled
def judge(track: Any, counted: bool, minute: int, count: float, value: float, unit: float, stake: float) -> int:
    """Take a minute in and return what is to be said of it: one of the codes of `fired.py`, mostly 0.

    `count`: its events; `value`: the count once more if `counted`, else the mean of the logarithms, of which `unit` is
    the variance that the events' own spread gives it. `stake`: the false alarms that this measure may expect to raise
    by this minute.
    """
    turn(track, counted, minute)
    track.values[minute % RING] = value if counted else math.exp(value)
    track.counts[minute % RING] = count
    if track.minutes == 0:
        track.level = track.anchor = math.log(value + 0.5) if counted else value
        track.spread = 0.1 if counted else 1.0
        begin_bets(track)
    base = usual(track, minute)
    off_usual = math.log((value + 1.0) / (math.exp(base) + 1.0)) if counted else value - base
    if track.fired:
        if track.fired != SILENT:
            drift(track, 2, within(off_usual, usual_deviation(track)))
        return follow_fired(track, minute, count, off_usual)
    said = 0
    own, lately = weights(track)
    foretold = base + within(own * track.last + lately * track.mean, _BOUND) + track.bias
    off = _off(track, counted, value, foretold, unit)
    if track.minutes >= FORETOLD:
        judged = track.minutes >= _JUDGED and track.events >= WARM_UP and track.quiet == 0
        _bet(track, counted, minute, base, foretold, own, lately, value, off, unit, stake if judged else 0.0)
        if judged:
            said = _alarm(track, counted, minute, count, base, off, value, foretold, stake)
            if said:
                single = said < SHIFTS[0] or evidence_of_all(track) < 1.0
                since = minute if single else round(track.since[strongest(track)])
                fire(track, said, minute, since, off_usual)
                return said
        remember(track, off)
    _learn(track, counted, minute, base, foretold, off_usual, value, unit)
    track.events += count
    track.quiet = max(track.quiet - 1, 0)
    return said


@compiled
def _off(track: Any, counted: bool, value: float, foretold: float, unit: float) -> float:
    """Return how far a minute is from what was foretold, in spreads."""
    if counted:
        return standing(value, math.exp(foretold), track.spread)
    return (value - foretold) / math.sqrt(track.spread * unit)


@compiled
def _bet(
    track: Any, counted: bool, minute: int, base: float, foretold: float, own: float, lately: float,
    value: float, off: float, unit: float, stake: float,
) -> None:  # fmt: skip
    """Let all bets play, and those of practice. What a move had been before is partly foretold by now."""
    heard = track.hours_heard[minute % 1440 // 60]
    unsure = _UNHEARD if heard == 0 else _UNSURE * usual_deviation(track) / math.sqrt(heard)
    negligible = _STRANGE if track.strange else _NEGLIGIBLE + unsure
    # A minute counts for as much as such minutes have been rare.
    most = -math.log(max(rarity(track, off), 1e-12))
    for bet in range(BETS if counted else BETS - 1):
        side, size = SIDE_OF[bet], SIZES[bet]
        mild = bet == 0 or SIDE_OF[bet - 1] != side
        least = min(negligible / abs(size), 1.0)
        first = _ratio(track, counted, base, foretold, value, off, unit, size, side, least)
        moved = size * (1.0 - own) - lately * track.followed[bet]
        if stake > 0.0:
            on = _ratio(track, counted, base, foretold, value, off, unit, moved, side, least)
            play(track, bet, minute, first, on, most, stake * SHARES[int(counted), bet])
        if mild:
            moved = size * (1.0 - own) - lately * track.practised[side]
            on = _ratio(track, counted, base, foretold, value, off, unit, moved, side, least)
            practise(track, side, first, on, most)


@compiled
def _ratio(
    track: Any, counted: bool, base: float, foretold: float, value: float, off: float, unit: float,
    moved: float, side: int, least: float,
) -> float:  # fmt: skip
    """Return the log ratio of a minute if the level has `moved`, to if it has moved by the `least` part of that."""
    if not counted:
        spread = math.sqrt(track.spread * unit)
        return level_ratio(off, moved / spread) - level_ratio(off, least * moved / spread)
    mean = math.exp(foretold)
    if side == 2:
        return count_ratio(value, mean, track.spread, (math.exp(base + SIZES[5]) + _NOISE) / mean)
    # The less favourable of two laws: counts have tails that a negative binomial has not.
    more = standing(mean * math.exp(moved), mean, track.spread)
    counts = count_ratio(value, mean, track.spread, math.exp(moved))
    counts -= count_ratio(value, mean, track.spread, math.exp(least * moved))
    return min(counts, level_ratio(off, more) - level_ratio(off, least * more))


@compiled
def _alarm(
    track: Any, counted: bool, minute: int, count: float, base: float, off: float, value: float, foretold: float,
    stake: float,
) -> int:  # fmt: skip
    """Return the code of what fires at this minute, or 0. Of a call's measures a spike is told rather than a shift:
    shifts are told by those who watch every call."""
    ratio = math.log((value + 1.0) / (math.exp(foretold) + 1.0)) if counted else value - foretold
    spike = (counted or count >= _COMPANY) and abs(ratio) >= _SPIKE and rarity(track, off) <= stake * _SPIKE_SHARE
    if evidence_of_all(track) >= 1.0 and (counted or not spike):
        bet = strongest(track)
        side = SIDE_OF[bet]
        mean, _ = recent(track, counted, minute, round(track.since[bet]))
        ratio = math.log((mean + 0.5) / (math.exp(base) + 0.5)) if counted else math.log(mean) - base
        if (ratio if side == 0 else -ratio) >= _SHIFT:
            return SILENT if counted and mean == 0 else int(SHIFTS[side])
    if spike:
        return SILENT if counted and value == 0 else int(SPIKES[0 if off > 0 else 1])
    return 0


@compiled
def _learn(
    track: Any, counted: bool, minute: int, base: float, foretold: float, off_usual: float, value: float, unit: float
) -> None:
    rate = max(1.0 / (track.minutes + 10.0), 1.0 / MEMORY)
    wide = usual_deviation(track)
    if counted:
        mean, expected = math.exp(foretold), math.exp(base)
        error = ((value - mean) ** 2 - mean) / (mean * mean)
        weight = mean * mean / (1.0 + mean) ** 2
        most = _WIDE * (track.spread + 1.0 / mean)
        track.spread = max(track.spread + rate * weight * (min(error, most) - track.spread), 0.0005)
        track.bias += rate * (min((value - mean) / (mean + 1.0), 4.0))
        bounded = within((value - expected) / (expected + 1.0), wide)
        follow_level(track, minute, bounded, min(value, 3.0 * expected + 3.0))
    else:
        error = (value - foretold) ** 2 / unit
        track.spread = max(track.spread + rate * (min(error, _WIDE * track.spread) - track.spread), 1e-6)
        bounded = within(off_usual, wide)
        follow_level(track, minute, bounded, base + bounded)
    learn_weights(track, off_usual - track.centre, wide)
    track.centre += rate * within(off_usual - track.centre, wide)
    track.last = within(off_usual - track.centre, _BOUND)
    track.mean += FOLLOWS * (track.last - track.mean)
    track.minutes += 1
