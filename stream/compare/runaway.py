"""Whether somebody's spend runs away, and when it is over."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from windvane.stream.budget import WEEK_US
from windvane.stream.compare.spenders import BLOCK_US, ENDED, KINDS, LEAST_BLOCKS, add, margin, now, slot_of
from windvane.stream.compare.states import ACCEPTED, FIRED, RECOVERED
from windvane.stream.compiled import compiled

__all__ = ["FOUND", "follow"]

_LEAST_SHARE: Final = 0.1
_DAY_US: Final = 24 * 3600 * 1_000_000
_LEAST_A_DAY: Final = (5.0, 5e6)
"""US dollars, or tokens: nobody is woken for less."""

FOUND: Final = np.dtype(
    [(name, "i8") for name in ("row", "place", "kind", "state", "at", "series", "since", "calls", "blocks")]
    + [(name, "f8") for name in ("spent", "recent", "usual", "share", "per_day")]
)
"""A change of state."""


@compiled
def follow(
    first: int, state: Any, known: NDArray[np.int64], series: NDArray[np.int64], places: NDArray[np.int64],
    whose: NDArray[np.uint64], spend: NDArray[np.float64], units: NDArray[np.int64], times: NDArray[np.int64],
    per_week: float, found: Any,
) -> int:  # fmt: skip
    """Take events from `first` on; return the first that was not taken, for want of room in `found`.

    `known`: records known so far, entries of `found`.
    """
    for row in range(first, len(series)):
        if known[1] + KINDS * (ENDED + 1) > len(found):
            return row
        for kind in range(KINDS):
            place = places[row, kind]
            if place < 0:
                continue
            known[0] = max(known[0], place + 1)
            held = state[place]
            weight = now(held, times[row])
            # Every ten minutes spend their part of the budget.
            part = per_week * BLOCK_US / (WEEK_US * known[0])
            slot = add(held, whose[row, kind], spend[row], weight, part)
            for at in range(ENDED):
                if held.fired[at] != 0:
                    _end(held, at, weight, row, place, kind, known, found)
            if _runs_away(held, slot, weight, part, units[row]):
                _fire(held, slot, weight, row, place, kind, series[row], known, found)
    return len(series)


@compiled
def _runs_away(held: Any, slot: int, weight: float, part: float, unit: int) -> bool:
    """Return whether this is far more than anyone of this service has in a short time: in that of all, and at all."""
    if held.blocks < LEAST_BLOCKS or held.calls[slot] < 2:
        return False
    recent = (held.value[slot] - held.error[slot]) / weight
    if recent * weight < _LEAST_SHARE * held.total or _per_day(held, slot) < _LEAST_A_DAY[unit]:
        return False
    if recent <= 0 or np.log(recent) < held.mean + margin(held, part):
        return False
    free = False
    for at in range(ENDED):
        if held.fired[at] == held.who[slot]:
            return False
        free = free or held.fired[at] == 0
    return free


@compiled
def _per_day(held: Any, slot: int) -> float:
    return float(held.spent[slot] * _DAY_US / max(held.last - held.began[slot], 60 * 1_000_000))


@compiled
def _fire(held: Any, slot: int, weight: float, row: int, place: int, kind: int, series: int,
          known: NDArray[np.int64], found: Any) -> None:  # fmt: skip
    free = slot * 0
    for at in range(ENDED):
        if held.fired[at] == 0:
            free = at
    held.fired[free], held.since[free], held.series[free] = held.who[slot], held.last, series
    held.peak[free] = 0.0
    _tell(held, free, slot, weight, FIRED, row, place, kind, known, found)


@compiled
def _end(held: Any, at: int, weight: float, row: int, place: int, kind: int, known: NDArray[np.int64],
         found: Any) -> None:  # fmt: skip
    """End what has fired: it spends as others do, or has gone on for a day."""
    slot = slot_of(held, held.fired[at])
    recent = (held.value[slot] - held.error[slot]) / weight if slot >= 0 else 0.0
    held.peak[at] = max(held.peak[at], recent)
    if recent < max(2.0 * np.exp(held.mean), 0.2 * held.peak[at]):
        _tell(held, at, slot, weight, RECOVERED, row, place, kind, known, found)
        held.fired[at] = 0
        if slot >= 0:  # what is left of it is not spent again
            held.error[slot] = held.value[slot]
    elif held.last - held.since[at] > _DAY_US:
        _tell(held, at, slot, weight, ACCEPTED, row, place, kind, known, found)
        held.mean = np.log(recent)
        held.fired[at] = 0


@compiled
def _tell(held: Any, at: int, slot: int, weight: float, state: int, row: int, place: int, kind: int,
          known: NDArray[np.int64], found: Any) -> None:  # fmt: skip
    entry = found[known[1]]
    known[1] += 1
    entry.row, entry.place, entry.kind, entry.state, entry.at = row, place, kind, state, at
    entry.series, entry.blocks, entry.usual = held.series[at], held.blocks, np.exp(held.mean)
    entry.since, entry.calls = held.since[at], 0
    entry.spent = entry.recent = entry.share = entry.per_day = 0.0
    if slot >= 0:
        entry.since, entry.calls, entry.spent = held.began[slot], held.calls[slot], held.spent[slot]
        entry.recent = (held.value[slot] - held.error[slot]) / weight
        entry.share, entry.per_day = entry.recent * weight / held.total, _per_day(held, slot)
