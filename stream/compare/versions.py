"""Which versions of one thing are live at the same time, and which of them is the one to compare with."""

from __future__ import annotations

from typing import Any, ClassVar, Final

import numpy as np
from numpy.typing import NDArray

from windvane.stream.baseline import WARM_UP
from windvane.stream.budget import HOUR_US, WEEK_US
from windvane.stream.compare.judged import interval, judge
from windvane.stream.compare.paired import MEASURES, PAIRED, clear, take
from windvane.stream.compare.rated import recall, remember
from windvane.stream.compare.states import FIRED, GONE, NAMED, RECOVERED
from windvane.stream.compiled import compiled
from windvane.stream.state import ArrayState

__all__ = ["AXES", "GROUP", "LIVE", "NAME_BYTES", "ROOM", "TOLD", "Pairs", "follow"]

AXES: Final = 3
"""Prompt versions, models, releases."""
LIVE: Final = 4
"""Versions of one group that are followed at a time: one that has had no traffic for an hour makes room."""
NAME_BYTES: Final = 48
BLOCK: Final = LIVE * MEASURES
ROOM: Final = AXES * (BLOCK + 1)
"""What one event can give to tell, at most."""

_WHOLE: Final = ("row", "axis", "group", "slot", "main", "series", "measure", "state", "old_n", "new_n", "since")
TOLD: Final = np.dtype([(name, "i8") for name in _WHOLE] + [(name, "f8") for name in ("old", "new", "low", "high")])


GROUP: Final = np.dtype(
    [
        ("key", "u8"),
        ("seen", "i4"),  # counted until it is warm
        ("main", "i4"),  # the slot of the version that had most traffic
        ("block", "i4"),  # the first of its pairs, plus one
        ("version", "u8", (LIVE,)),
        ("last", "i8", (LIVE,)),
        ("count", "i4", (LIVE,)),
        ("series", "i4", (LIVE,)),
        ("name", "u1", (LIVE, NAME_BYTES)),
    ]
)
"""Versions of one thing, such as the prompt versions of a prompt that one service has one model answer."""


class Pairs(ArrayState):
    """Of each group with several versions a block of records: per slot and measure, that version and the main one."""

    name = "version pairs"
    dtype: ClassVar = PAIRED
    page_size: ClassVar = 4 * BLOCK

    def room(self, used: int) -> tuple[Any, NDArray[np.bool_]]:
        """Return the records with room for one more event beyond the `used` ones, and what marks the changed pages."""
        self._grow(used + AXES * BLOCK)
        self._count = used
        return self.state, self._dirty

    def __len__(self) -> int:
        return self._count


@compiled
def follow(
    first: int, groups: Any, pairs: Any, counts: NDArray[np.int64], touched: NDArray[np.bool_],
    series: NDArray[np.int64], places: NDArray[np.int64], versions: NDArray[np.uint64], values: NDArray[np.float64],
    times: NDArray[np.int64], ids: NDArray[np.uint64], about: NDArray[np.uint64], calls: Any, marked: NDArray[np.bool_],
    per_week: float, told: Any,
) -> int:  # fmt: skip
    """Take events from `first` on; return the first that was not taken, for want of room in `pairs` or `told`.

    `counts`: pairs in use, groups known, entries of `told`; `touched`: pages of pairs that have changed,
    `marked`: of `calls`. Feedback on one of them is its versions', whatever it says of itself.
    """
    tag = np.zeros(3, np.int64)
    for row in range(first, len(series)):
        if counts[0] + AXES * BLOCK > len(pairs) or counts[2] + ROOM > len(told):
            return row
        call = recall(calls, about[row]) if about[row] != 0 else -1
        some = False
        for axis in range(AXES):
            place = places[row, axis] if call < 0 else calls[call].group[axis]
            version = versions[row, axis] if call < 0 else calls[call].version[axis]
            if place < 0:
                continue
            counts[1] = max(counts[1], place + 1)
            held = groups[place]
            slot = _slot(held, version, times[row])
            if slot < 0 or (call >= 0 and held.version[slot] != version):
                continue
            tag[0], tag[1], tag[2] = row, axis, place
            if held.version[slot] != version:
                _leave(held, pairs, slot, counts, tag, told)
                held.version[slot] = version
                held.last[slot], held.count[slot], held.series[slot] = times[row], 0, series[row]
                _tell(counts, tag, told, held, slot, NAMED)
            compared = held.block > 0 if call >= 0 else _live(held, pairs, slot, times[row], counts, tag, told)
            if held.block:
                touched[(held.block - 1) // (4 * BLOCK)] = True
            if compared:
                some = True
                share = per_week / (WEEK_US * MEASURES * counts[1])
                _compare(held, pairs, slot, values[row], times[row], share, counts, tag, told)
        if some and call < 0:
            remember(calls, marked, ids[row], places[row], versions[row])
    return len(series)


@compiled
def _slot(held: Any, version: int, time: int) -> int:
    """Return the slot of a version, or one that it may take; -1 if there is none."""
    free = -1
    for slot in range(LIVE):
        if held.version[slot] == version:
            return slot
        if held.version[slot] == 0 or (slot != held.main and time - held.last[slot] > HOUR_US):
            free = slot
    return free


@compiled
def _live(held: Any, pairs: Any, slot: int, time: int, counts: NDArray[np.int64], tag: NDArray[np.int64],
          told: Any) -> bool:  # fmt: skip
    """Take note of an event of this version; return whether it is to be compared with others."""
    held.last[slot] = time
    held.count[slot] = min(held.count[slot] + 1, 1 << 30)
    if held.seen < WARM_UP:
        held.seen += 1
        held.main = _busiest(held)
        return False
    if slot != held.main and time - held.last[held.main] > HOUR_US:
        for other in range(LIVE):
            _leave(held, pairs, other, counts, tag, told)
        held.version[held.main], held.count[held.main] = 0, 0
        held.main = _busiest(held)
    others = 0
    for other in range(LIVE):
        if other != held.main and held.version[other] != 0:
            if time - held.last[other] > HOUR_US:
                _leave(held, pairs, other, counts, tag, told)
                held.version[other], held.count[other] = 0, 0
            else:
                others += 1
    if others and held.block == 0:
        held.block = counts[0] + 1
        counts[0] += BLOCK
    return others > 0


@compiled
def _compare(
    held: Any, pairs: Any, slot: int, values: NDArray[np.float64], time: int, share: float, counts: NDArray[np.int64],
    tag: NDArray[np.int64], told: Any,
) -> None:  # fmt: skip
    """Take the event in, in the pair of its version; of the main one, in all pairs."""
    others = -1
    for other in range(LIVE):
        others += 1 if held.version[other] != 0 else 0
    for other in range(LIVE):
        if other == held.main or held.version[other] == 0 or (slot != held.main and other != slot):
            continue
        for measure in range(MEASURES):
            if np.isnan(values[measure]):
                continue
            one = pairs[held.block - 1 + other * MEASURES + measure]
            if take(one, slot != held.main, values[measure], time, share / others):
                state = judge(one, measure, time)
                if state:
                    _tell_pair(one, counts, tag, told, held, other, measure, state)


@compiled
def _busiest(held: Any) -> int:
    most = 0
    for slot in range(LIVE):
        if held.count[slot] > held.count[most]:
            most = slot
    return most


@compiled
def _leave(held: Any, pairs: Any, slot: int, counts: NDArray[np.int64], tag: NDArray[np.int64], told: Any) -> None:
    """End what has fired of a version that goes, and begin its record anew."""
    if held.block == 0 or slot == held.main:
        return
    for measure in range(MEASURES):
        one = pairs[held.block - 1 + slot * MEASURES + measure]
        if one.state == FIRED:
            _tell_pair(one, counts, tag, told, held, slot, measure, GONE)
        clear(one)


@compiled
def _tell(counts: NDArray[np.int64], tag: NDArray[np.int64], told: Any, held: Any, slot: int, state: int) -> None:
    entry = told[counts[2]]
    entry.row, entry.axis, entry.group = tag[0], tag[1], tag[2]
    entry.slot, entry.main, entry.series, entry.state = slot, held.main, held.series[slot], state
    counts[2] += 1


@compiled
def _tell_pair(one: Any, counts: NDArray[np.int64], tag: NDArray[np.int64], told: Any, held: Any, slot: int,
               measure: int, state: int) -> None:  # fmt: skip
    _tell(counts, tag, told, held, slot, state)
    entry = told[counts[2] - 1]
    entry.measure = measure
    entry.since = one.since if state == FIRED else one.began
    entry.old_n, entry.new_n = one.old_count, one.new_count
    if state == RECOVERED:
        entry.new, entry.new_n = one.later_first / one.later_weight, one.later
    elif one.pairs > 0:
        entry.old, entry.new = one.old / one.weight, one.new / one.weight
        entry.low, entry.high = interval(one)
