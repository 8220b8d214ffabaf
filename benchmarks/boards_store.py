"""A store of a week for `benchmarks.boards`: twelve services, eight models, signals, feedback, alerts, a ledger.

Made by SQL into the tables that the stream writes, so that every rollup fills as it does in service; blocks come in the
order of their time. The same seed and end give the same rows.

    python -m benchmarks.boards_store --dir FOLDER [--events 10000000] [--seed 0]
"""

from __future__ import annotations

import argparse
import shutil
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Final

from benchmarks.boards_rows import ALERTS, BODIES, EVENTS
from windvane.storage.migrations import migrate
from windvane.storage.retention import apply_retention
from windvane.storage.store import ClickHouseStore, store_url

if TYPE_CHECKING:
    from clickhouse_connect.driver.client import Client

__all__ = ["WEEK_US", "make"]

WEEK_US: Final = 7 * 86_400_000_000
_BLOCK: Final = 200_000
_SETTINGS: Final = {
    "max_insert_block_size": 10_000_000,
    "min_insert_block_size_rows": 10_000_000,
    "min_insert_block_size_bytes": 4 << 30,
    "max_insert_threads": 1,
    "max_partitions_per_insert_block": 0,
}


def make(directory: Path, count: int, seed: int = 0, *, to: int | None = None, end_us: int | None = None) -> float:
    """Make the store in `directory`/store, with the schema as of migration `to`; return the seconds that it took."""
    began = time.perf_counter()
    store = ClickHouseStore(store_url(directory=directory))
    for _ in migrate(store.connections, to):
        pass
    if to is None:
        apply_retention(store.connections)
    end = end_us or time.time_ns() // 1000
    words = {"seed": seed, "start": end - WEEK_US, "end": end, "total": count, "gap_us": WEEK_US / count}
    with store.connections.client() as client:
        for first in range(0, count, _BLOCK):
            block = {"first": first, "count": min(_BLOCK, count - first), **words}
            for statement in (BODIES, EVENTS):
                client.command(statement.format(**block), settings=_SETTINGS)
            done = (first + block["count"]) / count
            print(f"\r{done:.0%} in {time.perf_counter() - began:.0f} s", end="", file=sys.stderr, flush=True)
        print(file=sys.stderr)
        for statement in ALERTS:
            client.command(statement.format(**words), settings=_SETTINGS)
        _settle(client)
    store.close()
    return time.perf_counter() - began


def _settle(client: Client) -> None:
    """Wait until parts are merged, as they are in a store that grew over a week."""
    quiet = 0
    while quiet < 3:
        merging = client.query("SELECT count() FROM system.merges").result_rows[0][0]
        quiet = 0 if merging else quiet + 1
        time.sleep(1)


def main() -> None:
    """Make one, from the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--dir", type=Path, required=True, help="a folder for the store; one that is there is replaced")
    parser.add_argument("--events", type=int, default=10_000_000, help="events in it; ten million take some 4 GB")
    parser.add_argument("--seed", type=int, default=0, help="another seed is another week")
    parser.add_argument("--to", type=int, help="the schema as of this migration, to compare with")
    given = parser.parse_args()
    shutil.rmtree(given.dir / "store", ignore_errors=True)
    given.dir.mkdir(parents=True, exist_ok=True)
    print(f"made in {make(given.dir, given.events, given.seed, to=given.to):.0f} s")


if __name__ == "__main__":
    main()
