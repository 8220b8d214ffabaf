"""The traces of which events are known: a bounded table, by hash, that forgets."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import pyarrow.compute as pc
from numpy.typing import NDArray

from windvane.stream.batch import Batch
from windvane.stream.compiled import compiled
from windvane.stream.text.hashes import column_hashes, mixed, text_hashes

__all__ = ["COLUMNS", "FORGOTTEN_S", "TRACES", "seconds", "slot", "trace_keys"]

COLUMNS: Final = ("time", "service_name", "trace_id", "gen_ai_conversation_id", "gen_ai_operation_name")
"""What says which trace an event is of, and when."""
FORGOTTEN_S: Final = 3600
"""Without an event for so long, by the events' time, a trace begins anew."""
_WAYS: Final = 8
TRACES: Final = 4096 * _WAYS
"""Traces that are remembered at once, in sets of eight: of a set the one that has been still the longest makes room."""


def trace_keys(batch: Batch) -> NDArray[np.uint64]:
    """Return whose trace each event is, uint64 (n,): by its trace id, else its conversation, of its service.

    0 of an event that names neither, and of feedback, which is no step. Asked through `Batch.derived`.
    """
    trace, conversation = batch.arrow("trace_id"), batch.arrow("gen_ai_conversation_id")
    if trace.null_count + conversation.null_count == 2 * len(batch):
        return np.zeros(len(batch), np.uint64)
    named = pc.coalesce(trace, conversation)
    found = mixed(text_hashes(named) ^ column_hashes(batch, "service_name")) | np.uint64(1)
    feedback = pc.fill_null(pc.equal(batch.arrow("gen_ai_operation_name"), "feedback"), False)
    nobody = pc.or_(pc.fill_null(pc.equal(named, ""), True), feedback)
    found[nobody.to_numpy(zero_copy_only=False)] = 0
    return found


def seconds(batch: Batch) -> NDArray[np.int64]:
    """Return when each call ended, int64 (n,), seconds since 1970. Asked through `Batch.derived`."""
    return np.asarray(batch.times_us() // 1_000_000, np.int64)


@compiled
def slot(table: Any, key: np.uint64, now: int) -> tuple[int, bool]:
    """Return the place in `table` of a trace that has an event `now`, and whether it begins.

    Records have `key` and `last`, both set here; where a trace begins the rest is what another has left.
    """
    first = int(key % np.uint64(len(table) // _WAYS)) * _WAYS
    oldest = first
    for place in range(first, first + _WAYS):
        if table[place].key == key:
            last = int(table[place].last)
            table[place].last = max(now, last)
            return place, now - last > FORGOTTEN_S
        if table[place].last < table[oldest].last:
            oldest = place
    table[oldest].key = key
    table[oldest].last = now
    return oldest, True
