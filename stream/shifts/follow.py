"""The loop over the events: each number that is there is evidence of its feature, each group is judged as one."""

from __future__ import annotations

from typing import Any, Final

from windvane.stream.baseline import WARM_UP
from windvane.stream.budget import clock, spend
from windvane.stream.compiled import compiled
from windvane.stream.shifts.evidence import bet, forget
from windvane.stream.shifts.judge import ALARM, announced, end, fire
from windvane.stream.shifts.record import CLASS_WORDS, CLASSES, LAST, SLOTS
from windvane.stream.shifts.usual import count, learn, place, push, slot_of, whole

__all__ = ["follow"]

_WORTH_A_LOOK: Final = ALARM / 8
"""A group whose features have less each has less in all."""
_ZERO: Final = 1
_MOST_ZEROS: Final = 8192


@compiled
def follow(
    state: Any, start: int, members: Any, times: Any, codes: Any, present: Any, classes: Any, spec: Any, sets: Any,
    tables: Any, bets: Any, per_week: float, told: Any,
) -> Any:  # fmt: skip
    """Take in the memberships from `start` on; return where to go on, and how many changes were written to `told`.

    It stops early where `told` might not take the changes of another event.
    """
    rows, series, known, begins = members
    found = whole(0)
    for at in range(start, len(rows)):
        if found + 2 * len(sets) > len(told):
            return at, found
        held, row = state[series[at]], rows[at]
        now = times[row]
        if begins[at]:
            found = announced(held, at, spec, sets, told, found)
        if classes[row, 0]:
            for word in range(CLASS_WORDS):
                held.classes[held.class_at, word] = classes[row, word]
            held.class_at = (held.class_at + 1) % CLASSES
        look = 0
        for number in range(len(present)):
            code = whole(codes[row, number])
            if code:
                look |= _take(held, present[number], code, now, known[at], spec, tables, bets, per_week)
        held.last_us = clock(held.last_us, now) if held.last_us else now
        for group in range(len(sets) if look else 0):
            if look >> group & 1:
                if held.fired[group]:
                    found += end(held, group, at, now, spec, sets, told[found])
                else:
                    found += fire(held, group, at, now, spec, sets, told[found])
    return len(rows), found


@compiled
def _take(held: Any, feature: int, code: int, now: int, known: int, spec: Any, tables: Any, bets: Any,
          per_week: float) -> int:  # fmt: skip
    """Take in one number. Return its group's bit if the group is worth a look now."""
    slot = slot_of(held, feature)
    if slot < 0:
        if code == _ZERO or held.used == SLOTS:
            held.zeros[feature] = min(held.zeros[feature] + 1, _MOST_ZEROS)
            return 0
        slot = _begin(held, feature, spec[feature].grain, now)
    own, last_us = spec[feature], held.spent_us[slot]
    held.spent_us[slot] = clock(last_us, now)
    group = own.group
    if held.fired[group] or held.seen[slot] < LAST:
        push(held, slot, code)
        if held.fired[group]:
            held.fired_n[group] = min(held.fired_n[group] + (held.fired[group] - 1 == feature), 65_000)
            return 1 << group if held.fired[group] - 1 == feature else 0
        held.seen[slot] += 1
        if held.seen[slot] == LAST:
            learn(held, slot, own.grain, whole(0))
        return 0
    bin_ = place(held, slot, code)
    if held.seen[slot] >= WARM_UP:
        spends = own.spends * spend(per_week, known * whole(held.used), last_us, now)
        bet(held, slot, code, bin_, spends, now, own.way, own.tolerated, tables, bets)
    count(held, slot, code, bin_)
    push(held, slot, code)
    return 1 << group if held.total[slot] >= _WORTH_A_LOOK else 0


@compiled
def _begin(held: Any, feature: int, grain: int, now: int) -> int:
    """Give a feature a slot, and what is known of it: that it was always 0."""
    slot = whole(held.used)
    held.used += 1
    held.slot[feature] = held.used
    zeros = whole(held.zeros[feature])
    for number in range(LAST):
        held.last[slot, number] = _ZERO
    held.at[slot] = zeros % LAST
    held.seen[slot] = zeros
    held.spent_us[slot] = held.last_us if held.last_us else now
    forget(held, slot)
    if zeros >= LAST:
        learn(held, slot, grain, zeros)
    return slot
