"""The store behind its door: blocks written once in effect, owners fenced, over clickhouse-connect."""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from windvane.collectors.block import BlockStore, Edge, Home, Page
from windvane.errors import Fenced, MigrationError
from windvane.settings import setting
from windvane.storage.connect import Connections
from windvane.storage.migrations import applied, latest, migrate
from windvane.storage.retention import apply_retention
from windvane.storage.state import SavedPages, load

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["ClickHouseStore", "store_url"]

_HOME: Final = "topic = {topic:String} AND partition = {partition:UInt32}"
_COUNTS: Final = ["sources", "accepted", "duplicates", "refused", "emitted", "dropped"]
_EDGE_COLUMNS: Final = ["topic", "partition", "first", "last", "epoch", *_COUNTS, "logged_at"]


def _home(home: Home) -> dict[str, Any]:
    return {"topic": home.topic, "partition": home.partition}


def store_url(url: str | None = None, directory: Path | None = None) -> str:
    """Return the store's URL: the one given, else the settings', else that of chDB in the directory (the settings')."""
    return setting("store", url) or f"chdb://{Path(setting('dir', directory)).resolve() / 'store'}"


class ClickHouseStore(BlockStore):
    """A ClickHouse server, or chDB in this process: the same statements on both."""

    def __init__(self, url: str | None = None, database: str | None = None) -> None:
        """Connect to `url` (default: the settings').

        Raises:
            ConfigError, DirectoryInUse: see `Connections`.
        """
        self.connections = Connections(store_url(url), setting("database", database))
        self._saved: dict[tuple[Home, int], SavedPages] = {}

    def prepare(self) -> None:
        """Bring an embedded store's schema up to date; check that a server's is.

        Raises:
            MigrationError: a server's schema is older than this windvane; who may change it runs `windvane migrate`.
        """
        if self.connections.embedded:
            for _ in migrate(self.connections):
                pass
            apply_retention(self.connections)
        elif (have := max(applied(self.connections), default=0)) < latest():
            raise MigrationError(f"the store is at migration {have} of {latest()}. Run: windvane migrate")

    def claim(self, home: Home) -> int:
        """See `BlockStore.claim`. Chance in the low bits tells two owners apart that claim at the same moment."""
        with self.connections.client() as client:
            query = f"SELECT max(epoch) FROM claims WHERE {_HOME}"
            highest = int(client.query(query, parameters=_home(home)).result_rows[0][0])
            epoch = ((highest >> 20) + 1 << 20) + secrets.randbits(20)
            client.insert("claims", [[home.topic, home.partition, epoch]], ["topic", "partition", "epoch"])
        return epoch

    def edges(self, home: Home, after: int) -> list[Edge]:
        """See `BlockStore.edges`. Of two that begin alike the later owner's counts: it fenced the other off."""
        query = (
            f"SELECT first, argMax(last, epoch) AS end FROM block_edges WHERE {_HOME}"
            " GROUP BY first HAVING end > {after:Int64} ORDER BY first"
        )
        with self.connections.client() as client:
            rows = client.query(query, parameters={**_home(home), "after": after}).result_rows
        return [Edge(home, int(first), int(last)) for first, last in rows]

    def write_edge(self, edge: Edge, epoch: int) -> None:
        """See `BlockStore.write_edge`.

        Writes first and looks at the claims after: an owner that claims now either sees these edges, and finishes the
        block itself, or is seen here. Both may happen; the token then makes the rows one.
        """
        counts = edge.sources.values()
        row = [
            edge.home.topic, edge.home.partition, edge.first, edge.last, epoch, list(edge.sources),
            [c.accepted for c in counts], [c.duplicates for c in counts], [c.refused for c in counts],
            [c.emitted for c in counts], [dict(c.dropped) for c in counts], edge.logged_us // 1_000_000,
        ]  # fmt: skip
        with self.connections.client() as client:
            client.insert("block_edges", [row], _EDGE_COLUMNS)
            query = f"SELECT max(epoch) FROM claims WHERE {_HOME}"
            highest = int(client.query(query, parameters=_home(edge.home)).result_rows[0][0])
        if highest > epoch:
            raise Fenced(
                f"another worker owns {edge.home.topic}/{edge.home.partition} now; this one stops writing to it"
            )

    def write_rows(self, edge: Edge, tables: Mapping[str, pa.Table]) -> None:
        """See `BlockStore.write_rows`."""
        settings = {
            "insert_deduplication_token": edge.token,
            "deduplicate_blocks_in_dependent_materialized_views": 1,
            "max_partitions_per_insert_block": 0,
            "throw_on_max_partitions_per_insert_block": 0,
            # One part per day and block: pieces of their own tokens would not be recognized when cut elsewhere.
            "max_insert_block_size": 10_000_000,
            "min_insert_block_size_rows": 10_000_000,
            "min_insert_block_size_bytes": 1 << 30,
            "max_insert_threads": 1,
        }
        with self.connections.client() as client:
            for name, table in tables.items():
                if table.num_rows:
                    client.insert_arrow(name, table, settings=settings)

    def load_pages(self, home: Home) -> tuple[int, list[Page]]:
        """See `BlockStore.load_pages`."""
        with self.connections.client() as client:
            return load(client, home)

    def save_pages(self, home: Home, epoch: int, offset: int, pages: Iterable[Page], *, whole: bool) -> None:
        """See `BlockStore.save_pages`."""
        saved = self._saved.setdefault((home, epoch), SavedPages(home, epoch))
        with self.connections.client() as client:
            saved.save(client, offset, pages, whole=whole)

    def query(self, sql: str, parameters: Mapping[str, Any] | None = None) -> tuple[Sequence[str], list[Sequence[Any]]]:
        """Return the names and the rows of one query of ours. Not for the text of others: see `reader`."""
        with self.connections.client() as client:
            result = client.query(sql, parameters=dict(parameters or {}))
        return result.column_names, list(result.result_rows)

    def close(self) -> None:
        """Close all connections; give a chDB directory up."""
        self.connections.close()
