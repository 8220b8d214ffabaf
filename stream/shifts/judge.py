"""Whether a group of features has shifted, and whether that is over: what is told of it."""

from __future__ import annotations

from typing import Any, Final

import numpy as np

from windvane.stream.baseline import WARM_UP
from windvane.stream.compiled import compiled
from windvane.stream.shifts.evidence import FEWEST, bad, forget, lower, now_since, refine, shifted
from windvane.stream.shifts.record import CLASS_WORDS, CLASSES, LAST, MOST_MOVED
from windvane.stream.shifts.scales import CODES
from windvane.stream.shifts.usual import learn, level_before, level_now, slot_of, uncount, whole
from windvane.stream.shifts.watched import LATENCY, LENGTH

__all__ = ["ACCEPTED", "ALARM", "ANNOUNCED", "FIRED", "RECOVERED", "announced", "end", "fire"]

FIRED, RECOVERED, ACCEPTED, ANNOUNCED = 1, 2, 3, 4
ALARM: Final = 0.25
"""The evidence at which a group fires.

At 1 the false alarms are at most those that are spent (`stream/budget.py`). Evidence jumps past the threshold, and
what is sure but small or short is held back, so that fewer are seen than that: a tenth to a third, measured on requests
and answers drawn at random (`benchmarks/null_streams.py`); 0.25 brings that to between 0.3 and 1.0. No theorem gives
this factor: the nulls support it.
"""
_LASTS_US: Final = 30 * 1_000_000
"""A change that does not last so long is no alarm: requests of one kind come in bursts."""
_STAYS_N: Final = 200
_STAYS_US: Final = 24 * 3600 * 1_000_000
_RARE, _MOST_PATIENCE = 3.0, 150.0
_CLEAR: Final = 3.0
"""By how much the evidence of a feature has grown for it to be named beside the one that is told."""
_LONGER: Final = 1.5


@compiled
def fire(held: Any, group: int, at: int, now: int, spec: Any, sets: Any, told: Any) -> int:
    """Fire a group if its evidence suffices and something in it has moved by enough. Return 1 if it has fired."""
    total, most, best = 0.0, 0.0, whole(-1)
    for feature in sets[group]:
        slot = slot_of(held, feature)
        if slot < 0:
            continue
        total += held.total[slot]
        own = spec[feature]
        if held.total[slot] > most and shifted(held, slot, own.way, own.mean, own.material):
            most, best = held.total[slot], feature
    if total < ALARM:
        return 0
    if best < 0 or not _lasting(held, best, now, spec) or _explained(held, best, spec):
        for feature in sets[group]:
            slot = slot_of(held, feature)
            if slot >= 0:
                lower(held, slot, ALARM / total)
        return 0
    slot = slot_of(held, best)
    held.fired[group], held.fired_n[group] = best + 1, held.since_n[slot]
    held.fired_us[group], held.fired_since[group] = now, held.since_us[slot]
    held.calm[group], held.calm_needed[group] = 0, _patience(held, slot, spec[best].mean)
    _tell(held, whole(FIRED), best, at, held.since_us[slot], spec, told)
    _tell_moved(held, best, now, spec, sets[group], told)
    return 1


@compiled
def _lasting(held: Any, feature: int, now: int, spec: Any) -> bool:
    """Return whether a change is not just a burst; say better when it began."""
    slot, own = slot_of(held, feature), spec[feature]
    refine(held, slot, own.way, own.mean, own.material, now)
    return bool(held.since_n[slot] >= FEWEST and now - held.since_us[slot] >= _LASTS_US)


@compiled
def _explained(held: Any, feature: int, spec: Any) -> bool:
    """Return whether answers take longer because they are longer: that is told of the tokens."""
    if feature != LATENCY:
        return False
    among = min(whole(held.since_n[slot_of(held, LATENCY)]), whole(LAST))
    longer = _rise(held, whole(LENGTH), among, spec)
    return bool(longer >= 1.0 and _rise(held, whole(LATENCY), among, spec) <= _LONGER * longer)


@compiled
def _rise(held: Any, feature: int, among: int, spec: Any) -> float:
    """Return by how many times what is material the last values are above what is usual."""
    slot, own = slot_of(held, feature), spec[feature]
    if slot < 0 or held.seen[slot] < WARM_UP:
        return 0.0
    return float((level_now(held, slot, among, own.mean) - level_before(held, slot, own.mean)) / own.material)


@compiled
def _tell_moved(held: Any, best: int, now: int, spec: Any, group: Any, told: Any) -> None:
    """Write what moved in a group; what came since is taken out of what is usual, and its evidence is used up."""
    number = 0
    for feature in group:
        slot = slot_of(held, feature)
        if slot < 0:
            continue
        own = spec[feature]
        moved = feature == best
        if not moved and held.climb[slot] >= _CLEAR and shifted(held, slot, own.way, own.mean, own.material):
            refine(held, slot, own.way, own.mean, own.material, now)
            moved = True
        if moved:
            told.moved[number], told.share[number] = feature + 1, np.log(held.climb[slot])
            told.moved_now[number] = now_since(held, slot, own.mean)
            uncount(held, slot)
            told.moved_before[number] = level_before(held, slot, own.mean)
            if feature == best:
                told.before, told.before_n = told.moved_before[number], held.seen[slot]
            number += 1
        forget(held, slot)
    told.class_at = held.class_at
    for number in range(CLASSES):
        for word in range(CLASS_WORDS):
            told.classes[number, word] = held.classes[number, word]


@compiled
def _patience(held: Any, slot: int, mean: bool) -> int:
    """Return for how many values on end the last ones must be as usual before it is over: the rarer, the more."""
    if not mean:
        return LAST
    change = abs(now_since(held, slot, mean) - level_before(held, slot, mean))
    return int(min(_RARE * CODES / max(change, 1.0), _MOST_PATIENCE))


@compiled
def end(held: Any, group: int, at: int, now: int, spec: Any, sets: Any, told: Any) -> int:
    """End what has fired if the level is back, or has stayed for long. Return 1 if it has ended."""
    feature = whole(held.fired[group]) - 1
    slot, own = slot_of(held, feature), spec[feature]
    if held.fired_n[group] < LAST:
        return 0
    before, level = level_before(held, slot, own.mean), level_now(held, slot, whole(LAST), own.mean)
    calm = 2 * bad(level - before, own.way) <= own.material
    held.calm[group] = held.calm[group] + 1 if calm else 0
    back = held.calm[group] > held.calm_needed[group]
    stayed = held.fired_n[group] >= _STAYS_N and now - held.fired_us[group] >= _STAYS_US
    if not back and not stayed:
        return 0
    held.since_n[slot] = LAST
    _tell(held, whole(RECOVERED if back else ACCEPTED), feature, at, held.fired_since[group], spec, told)
    held.fired[group] = 0
    for other in sets[group]:
        slot = slot_of(held, other)
        if slot >= 0:
            forget(held, slot)
            if stayed and not back and held.seen[slot] >= LAST:
                learn(held, slot, spec[other].grain, whole(0))
    return 1


@compiled
def announced(held: Any, at: int, spec: Any, sets: Any, told: Any, found: int) -> int:
    """Begin a series anew; what has fired ends. Return how many changes have been told."""
    for group in range(len(sets)):
        if held.fired[group]:
            feature = whole(held.fired[group]) - 1
            _tell(held, whole(ANNOUNCED), feature, at, held.fired_since[group], spec, told[found])
            found += 1
        held.fired[group] = 0
    for feature in range(len(spec)):
        held.slot[feature] = 0
        held.zeros[feature] = 0
    held.used = 0
    return found


@compiled
def _tell(held: Any, state: int, feature: int, at: int, since_us: int, spec: Any, told: Any) -> None:
    slot, own = slot_of(held, feature), spec[feature]
    told.at, told.state, told.feature, told.since_us = at, state, feature, since_us
    told.since_n = held.since_n[slot]
    told.before, told.before_n = level_before(held, slot, own.mean), held.seen[slot]
    told.now_n = held.since_n[slot] if own.mean else min(held.since_n[slot], LAST)
    told.now = now_since(held, slot, own.mean) if held.since_n[slot] else told.before
    for number in range(MOST_MOVED):
        told.moved[number] = 0
