"""A store in which rules are judged over series that the tests give."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.alerts.judged import Judged
from tests.servers.clickhouse import ClickHouseServer
from windvane.storage.migrations import latest, migrate
from windvane.storage.reader import Reader
from windvane.storage.store import ClickHouseStore


@pytest.fixture(scope="session")
def alert_store(clickhouse: ClickHouseServer) -> Iterator[ClickHouseStore]:
    store = ClickHouseStore(clickhouse.url, "alerting")
    for _ in migrate(store.connections, latest()):
        pass
    yield store
    store.close()


@pytest.fixture
def judged(alert_store: ClickHouseStore) -> Iterator[Judged]:
    reader = Reader(alert_store.connections)
    judged = Judged(alert_store, reader)
    judged.begin()
    yield judged
    reader.close()
