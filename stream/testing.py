"""Batches from plain events: for doctests, tests and detectors of the user's own."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from windvane.collectors.event import INDEX
from windvane.collectors.normalize import normalize
from windvane.stream.batch import Batch

__all__ = ["batch_of"]


def batch_of(events: Iterable[Mapping[str, Any]], *, start_us: int = 1_700_000_000_000_000,
             logged_us: int | None = None) -> Batch:  # fmt: skip
    """Return the batch of `events`; times, where absent, a second apart; ids, where absent, their numbers.

    Each came to the log at its own time, or all at `logged_us`."""
    rows = []
    for number, event in enumerate(events):
        row = list(normalize(event))
        row[INDEX["id"]] = row[INDEX["id"]] or str(number)
        row[INDEX["time"]] = row[INDEX["time"]] or start_us + number * 1_000_000
        rows.append(tuple(row))
    count = len(rows)
    logged = np.array([logged_us if logged_us is not None else row[INDEX["time"]] for row in rows], np.int64)
    return Batch(rows, np.zeros(count, np.int64), np.arange(count, dtype=np.int32), logged, [""] * count)
