"""The stores of these tests: ClickHouse's engine in this process (chDB), and over HTTP."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.servers.clickhouse import ClickHouseServer
from windvane.storage.migrations import latest, migrate
from windvane.storage.retention import apply_retention
from windvane.storage.store import ClickHouseStore


@pytest.fixture(scope="session")
def embedded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ClickHouseStore]:
    store = ClickHouseStore(f"chdb://{tmp_path_factory.mktemp('chdb') / 'store'}")
    store.prepare()
    yield store
    store.close()


@pytest.fixture(scope="session")
def served(clickhouse: ClickHouseServer) -> Iterator[ClickHouseStore]:
    store = ClickHouseStore(clickhouse.url)
    # The engine behind the test's server has no users: the migrations of a real one stop before its roles.
    for _ in migrate(store.connections, latest()):
        pass
    apply_retention(store.connections)
    yield store
    store.close()


@pytest.fixture(params=["embedded", "served"])
def store(request: pytest.FixtureRequest) -> ClickHouseStore:
    found: ClickHouseStore = request.getfixturevalue(request.param)
    return found
