"""A store to try rules on: real, empty, and gone afterwards."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from windvane.storage.migrations import migrate
from windvane.storage.reader import Reader
from windvane.storage.store import ClickHouseStore

__all__ = ["emptied", "throwaway"]

_HELD: Final = (
    "SELECT name FROM system.tables"
    " WHERE database = currentDatabase() AND total_rows > 0 AND name != 'schema_migrations'"
)


@contextmanager
def throwaway() -> Iterator[tuple[ClickHouseStore, Reader]]:
    """Lend a migrated chDB store of this process in a directory of its own, and a reader of it."""
    with tempfile.TemporaryDirectory(prefix="windvane-rules-") as directory:
        store = ClickHouseStore(f"chdb://{directory}/store")
        for _ in migrate(store.connections):  # without retention: what tests put in is of another year
            pass
        reader = Reader(store.connections)
        try:
            yield store, reader
        finally:
            reader.close()
            store.close()


def emptied(store: ClickHouseStore) -> None:
    """Forget every row of a throwaway store."""
    with store.connections.client() as client:
        for (name,) in client.query(_HELD).result_rows:
            client.command(f"TRUNCATE TABLE `{name}`")
