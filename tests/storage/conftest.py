"""The stores of these tests: ClickHouse's engine in this process (chDB), and over HTTP."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.servers.clickhouse import ClickHouseServer
from windvane.storage.migrations import latest, migrate
from windvane.storage.retention import apply_retention
from windvane.storage.store import ClickHouseStore


@pytest.fixture(scope="session")
def embedded_directory(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("chdb") / "store"


@pytest.fixture(scope="module")
def embedded(embedded_directory: Path) -> Iterator[ClickHouseStore]:
    """Given up after each module: chDB opens one directory in a process, and other tests have theirs."""
    store = ClickHouseStore(f"chdb://{embedded_directory}")
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
