"""What the views say of the series: each feature of a signal has a state of its own, and the last change decides it."""

from __future__ import annotations

import time
from typing import Literal

import numpy as np

from windvane.collectors.block import Edge, Home
from windvane.storage.store import ClickHouseStore
from windvane.stream.detector import Change
from windvane.stream.pipeline import Scored
from windvane.stream.series import Series
from windvane.stream.tables import tables_of
from windvane.stream.testing import batch_of

CHANGES: tuple[tuple[int, str, Literal["fired", "recovered"]], ...] = (
    (0, "latency", "fired"),
    (1, "output_tokens", "fired"),
    (2, "latency", "recovered"),
    (3, "input_tokens", "fired"),
    (4, "input_tokens", "recovered"),
)


def test_a_signal_is_open_until_its_own_feature_has_recovered(store: ClickHouseStore) -> None:
    home = Home(f"views-{store.connections.embedded}", 0)
    batch = batch_of({"service": home.topic, "model": "m"} for _ in range(6))
    batch.logged_us[:], batch.positions[:] = time.time_ns() // 1000, np.arange(6)
    series = [Series(home.topic, "m", "", "")]
    for number, (row, feature, state) in enumerate(CHANGES):
        change = Change(row, 0, "level_shift", state, 1, {"feature": feature})
        made = tables_of(home, Scored(batch, {}, {}, [change], series), [])
        store.write_rows(Edge(home, number, number), {"series_signals": made["series_signals"]})
    where = f"WHERE service_name = '{home.topic}'"
    assert store.query(f"SELECT count() FROM signal_changes {where}")[1] == [(len(CHANGES),)]
    found = store.query(f"SELECT feature, event_id FROM open_signals {where} ORDER BY feature")[1]
    assert found == [("output_tokens", "1")]
