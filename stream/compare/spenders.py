"""Who spends most of a service's money in these minutes, and what the one who spends most usually does."""

from __future__ import annotations

from typing import Any, Final

import numpy as np

from windvane.stream.compiled import compiled

__all__ = ["BLOCK_US", "ENDED", "KINDS", "LEAST_BLOCKS", "NAME_BYTES", "SPENDERS", "add", "margin", "now", "slot_of"]

KINDS: Final = 3
"""Users, conversations, keys."""
ENDED: Final = 4
"""Spenders of one service and kind that can have fired at a time."""
NAME_BYTES: Final = 48
_SLOTS: Final = 32
_MEMORY_US: Final = 5 * 60 * 1_000_000
_FAR_US: Final = 3600 * 1_000_000
BLOCK_US: Final = 10 * 60 * 1_000_000
LEAST_BLOCKS: Final = 6
_MOST_BLOCKS: Final = 1008
_MANY_TIMES: Final = np.log(3.0)

SPENDERS: Final = np.dtype(
    [
        ("key", "u8"),
        ("landmark", "i8"),  # what is spent weighs e times as much every five minutes since then: nothing need fade
        ("last", "i8"),
        ("doubted", "i8"),  # a time far ahead, until another event says the like
        ("total", "f8"),
        ("who", "u8", (_SLOTS,)),
        ("value", "f8", (_SLOTS,)),
        ("error", "f8", (_SLOTS,)),  # what of it may be another's, who had the slot before
        ("began", "i8", (_SLOTS,)),  # of the last burst: when, how much since, in how many calls
        ("spent", "f4", (_SLOTS,)),
        ("calls", "i4", (_SLOTS,)),
        ("block", "i8"),
        ("top", "f8"),  # the most that one has had in this block
        ("blocks", "i4"),
        ("mean", "f8"),  # of the logarithms of the blocks' tops
        ("squares", "f8"),
        ("fired", "u8", (ENDED,)),
        ("peak", "f8", (ENDED,)),
        ("since", "i8", (ENDED,)),
        ("series", "i4", (ENDED,)),
        ("name", "u1", (ENDED, NAME_BYTES)),
    ]
)
"""Of one service, one kind and one unit. The slots are a space-saving table (Metwally, Agrawal, El Abbadi, 2005)."""


@compiled
def now(held: Any, time: int) -> float:
    """Take note of the time; return what weight an amount has that is spent now."""
    if held.landmark == 0:
        held.landmark = held.last = time
        held.block = time // BLOCK_US
    ahead = time - held.last > _FAR_US and abs(time - held.doubted) > _FAR_US
    held.doubted = time
    if not ahead:
        held.last = max(held.last, time)
    if held.last - held.landmark > 20 * _MEMORY_US:
        left = np.exp(-(held.last - held.landmark) / _MEMORY_US)
        held.total *= left
        for slot in range(_SLOTS):
            held.value[slot] *= left
            held.error[slot] *= left
        held.landmark = held.last
    if held.last // BLOCK_US != held.block:
        held.block = held.last // BLOCK_US
        if held.top > 0 and not _any(held):
            _learn(held, np.log(held.top))
        held.top = 0.0
    return float(np.exp((held.last - held.landmark) / _MEMORY_US))


@compiled
def _any(held: Any) -> bool:
    """Return whether somebody has fired, and not ended."""
    fired = False
    for at in range(ENDED):
        fired = fired or held.fired[at] != 0
    return fired


@compiled
def _learn(held: Any, top: float) -> None:
    if held.blocks >= LEAST_BLOCKS:  # one absurd amount must not hide what comes after it
        top = min(top, held.mean + 3.0 * max(np.sqrt(held.squares / (held.blocks - 1)), 0.2))
    if held.blocks == _MOST_BLOCKS:
        held.squares *= 1.0 - 1.0 / _MOST_BLOCKS
    held.blocks = min(held.blocks + 1, _MOST_BLOCKS)
    apart = top - held.mean
    held.mean += apart / held.blocks
    held.squares += apart * (top - held.mean)


@compiled
def slot_of(held: Any, who: int) -> int:
    """Return somebody's slot, -1 if there is none."""
    for slot in range(_SLOTS):
        if held.who[slot] == who:
            return slot
    return -1


@compiled
def add(held: Any, who: int, amount: float, weight: float, part: float) -> int:
    """Count what somebody has spent; return the slot. One call alone is never enough to fire."""
    slot = slot_of(held, who)
    begins = slot < 0
    if begins:
        slot += 1
        for at in range(_SLOTS):
            if held.value[at] < held.value[slot]:
                slot = at
        held.who[slot], held.error[slot] = who, held.value[slot]
    elif held.blocks:
        begins = (held.value[slot] - held.error[slot]) / weight < 0.3 * np.exp(held.mean)
    counted = amount
    if held.blocks >= LEAST_BLOCKS and amount > np.exp(held.mean):
        counted = min(amount, 0.6 * np.exp(held.mean + margin(held, part)))
    if begins:
        held.began[slot], held.spent[slot], held.calls[slot] = held.last, 0.0, 0
    held.value[slot] += counted * weight
    held.total += counted * weight
    held.spent[slot] += amount
    held.calls[slot] += 1
    held.top = max(held.top, (held.value[slot] - held.error[slot]) / weight)
    return slot


@compiled
def margin(held: Any, part: float) -> float:
    """Return what the logarithm of a block's top exceeds the mean by with a probability of `part`, log(3) at least.

    The prediction interval of a normal sample, Student's t by Wallace's approximation (1959).
    """
    twice = -2.0 * np.log(part)
    normal = np.sqrt(twice - np.log(2.0 * np.pi * max(twice - np.log(2.0 * np.pi * twice), 1.0)))
    freedom = held.blocks - 1.0
    normal *= (8.0 * freedom + 3.0) / (8.0 * freedom + 1.0)
    student = np.sqrt(freedom * np.expm1(normal**2 / freedom))
    deviation = max(np.sqrt(held.squares / freedom), 0.2)
    return float(max(student * deviation * np.sqrt(1.0 + 1.0 / held.blocks), _MANY_TIMES))
