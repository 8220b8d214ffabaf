"""Events of a service put into a store as the stream would, with what signals say of them."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from windvane.collectors.block import Edge, Home
from windvane.storage.store import ClickHouseStore
from windvane.stream.pipeline import Scored
from windvane.stream.tables import tables_of
from windvane.stream.testing import batch_of

__all__ = ["NOW", "rows", "stored"]

NOW: Final = datetime.now(UTC)


def stored(store: ClickHouseStore, name: str, events: list[dict[str, Any]], **signals: NDArray[np.float64]) -> str:
    """Store events of one service with what signals say of them; return the condition that finds them."""
    home = Home(f"{name}-{store.connections.embedded}", 0)
    batch = batch_of({"service": home.topic, "time": NOW - timedelta(hours=1), **event} for event in events)
    batch.logged_us[:], batch.positions[:] = time.time_ns() // 1000, np.arange(len(events))
    store.write_rows(Edge(home, 0, 0), tables_of(home, Scored(batch, signals, {}, [], []), []))
    return f"WHERE startsWith(service_name, '{home.topic}')"


def rows(store: ClickHouseStore, query: str) -> list[dict[str, Any]]:
    names, found = store.query(query)
    return [dict(zip(names, row, strict=True)) for row in found]
