"""Stores that boards are looked at over: six simulated hours with incidents, and one in which nothing has happened."""

from __future__ import annotations

import shutil
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.conftest import Played
from tests.servers.clickhouse import ClickHouseServer
from windvane.dashboards.macros import Span
from windvane.storage.migrations import latest, migrate
from windvane.storage.reader import Reader
from windvane.storage.store import ClickHouseStore


class Looked(NamedTuple):
    """A store to look at, and the six hours that are looked at."""

    store: ClickHouseStore
    reader: Reader
    span: Span


@pytest.fixture(scope="session")
def demo_directory(demo_played: Played, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What `windvane demo` leaves; copy it to run something over it. A store is open in one process at a time."""
    return Path(shutil.copytree(demo_played.directory, tmp_path_factory.mktemp("demo") / "data", symlinks=True))


@pytest.fixture(scope="module")
def demo_store(demo_directory: Path) -> Iterator[Looked]:
    """Given up after each module: chDB opens one directory in a process, and other tests have theirs."""
    yield from looked(ClickHouseStore(f"chdb://{demo_directory / 'store'}"))


@pytest.fixture(scope="session")
def empty_store(clickhouse: ClickHouseServer) -> Iterator[Looked]:
    """Over ClickHouse's protocol: the demo's store has this process's chDB."""
    store = ClickHouseStore(clickhouse.url, "nothing_yet")
    for _ in migrate(store.connections, latest()):
        pass
    yield from looked(store)


def looked(store: ClickHouseStore) -> Iterator[Looked]:
    reader = Reader(store.connections)
    now = time.time_ns() // 1_000_000
    yield Looked(store, reader, Span(now - 6 * 3_600_000, now, 120_000))
    reader.close()
    store.close()
