"""One-minute rollups say what a recount of the facts says, whatever was stored, and however often it was tried."""

from __future__ import annotations

import random
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from tests.running import rollup_mismatches
from windvane.collectors.block import Edge, Home
from windvane.storage.store import ClickHouseStore
from windvane.stream.pipeline import Pipeline
from windvane.stream.tables import tables_of
from windvane.stream.testing import batch_of


def load(chance: random.Random, topic: str, count: int) -> list[dict[str, Any]]:
    """Events of every kind: with and without tokens, latency, cost, error; late ones and ones of other days."""
    events = []
    for _ in range(count):
        event: dict[str, Any] = {
            "time": 1_700_000_000 + chance.choice([0, 86_400, 40 * 86_400]) + chance.uniform(0, 180),
            "service": f"{topic}-{chance.randrange(3)}",
            "model": chance.choice(["a", "b", None]),
            "provider": chance.choice(["openai", None]),
            "operation": chance.choice(["chat", "embeddings"]),
            "prompt_version": chance.choice(["1", None]),
        }
        maybe = {
            "input_tokens": chance.choice([0, 1, 4_000_000_000]),
            "output_tokens": chance.randrange(1000),
            "cached_tokens": chance.randrange(10),
            "latency": chance.randrange(1, 4096) / 64,
            "cost": f"{chance.randrange(10**6)}.{chance.randrange(10**9):09}",
            "error": "timeout",
        }
        events.append(event | {name: value for name, value in maybe.items() if chance.random() < 0.6})
    return events


@pytest.mark.parametrize("seed", range(3))
def test_rollups_equal_a_recount(store: ClickHouseStore, seed: int) -> None:
    chance = random.Random(seed)
    home = Home(f"rollups-{store.connections.embedded}-{seed}", 0)
    pipeline = Pipeline([])
    for number in range(6):
        batch = batch_of(load(chance, home.topic, chance.randrange(1, 400)))
        batch.offsets[:], batch.logged_us[:] = number, time.time_ns() // 1000
        tables = tables_of(home, pipeline.score(batch), [])
        for _ in range(chance.randint(1, 3)):
            store.write_rows(Edge(home, number, number), tables)

    def query(sql: str) -> list[dict[str, Any]]:
        names, rows = store.query(sql)
        return [dict(zip(names, row, strict=True)) for row in rows]

    minutes = query(f"SELECT latency_max FROM minutes WHERE startsWith(service_name, '{home.topic}')")
    assert sum(minute["latency_max"] for minute in minutes) > 300
    assert rollup_mismatches(query, home.topic) == 0
    store.connections.get().command("OPTIMIZE TABLE rollup_1m FINAL")
    assert rollup_mismatches(query, home.topic) == 0
    store.connections.get().command(
        f"ALTER TABLE rollup_1m DELETE WHERE service_name = '{home.topic}-1'", settings={"mutations_sync": 1}
    )
    assert rollup_mismatches(query, home.topic) > 0


def test_a_block_that_the_stores_maker_wrote_counts_once_when_a_later_process_sends_it_again(tmp_path: Path) -> None:
    program = (
        "import sys\n"
        "from tests.storage.storing import stored\n"
        "from windvane.storage.store import ClickHouseStore\n"
        "store = ClickHouseStore(sys.argv[1])\n"
        "store.prepare()\n"
        "stored(store, 'again', [{'latency': 0.5, 'error': '503', 'evaluation': 'check', 'score': 1}] * 3)\n"
        "sums = [f'sum(calls) FROM {table}' for table in ('rollup_1m', 'rollup_5m', 'rollup_1h', 'calls_1d')]\n"
        "counts = [f'count() FROM {table}' for table in ('flags', 'scores')]\n"
        "print(*(store.query(f'SELECT {told}')[1][0][0] for told in sums + counts))\n"
    )
    command = [sys.executable, "-c", program, f"chdb://{tmp_path / 'store'}"]
    for _ in range(2):
        done = subprocess.run(command, cwd=Path(__file__).parents[2], capture_output=True, text=True, timeout=120)
        assert done.stdout.split() == ["3"] * 6, done.stderr
