"""Random traffic for recounts: calls of every kind, feedback, signals; and what is counted of it beside the store."""

from __future__ import annotations

import random
import time
from collections import defaultdict
from collections.abc import Iterator
from typing import Any, Final

import numpy as np
import pyarrow as pa

from tests.storage.storing import rows
from windvane.collectors.block import Edge, Home
from windvane.storage.store import ClickHouseStore
from windvane.stream.pipeline import Scored
from windvane.stream.tables import tables_of
from windvane.stream.testing import batch_of

__all__ = ["by", "facts", "judges", "number", "reasons", "write_traffic"]

BEGIN: Final = 1_760_000_000
SIGNALS: Final = ("groundedness", "injection", "secrets_seen", "repeat", "json_valid", "agent_loop", "refusal")


def calls(chance: random.Random, topic: str, number: int) -> Iterator[dict[str, Any]]:
    """Yield calls of every kind over three days, and feedback about some of them, some of it said twice."""
    for each in range(chance.randrange(150, 250)):
        event: dict[str, Any] = {
            "id": f"{topic}-{number}-{each}",
            "time": BEGIN + chance.choice([0, 86_400, 172_800]) + chance.uniform(0, 7000),
            "service": f"{topic}-{chance.randrange(2)}", "model": chance.choice(["a", "b"]), "provider": "openai",
            "operation": chance.choice(["chat", "embeddings"]), "prompt_name": chance.choice(["p", None]),
            "prompt_version": chance.choice(["1", "2", None]), "version": chance.choice(["r1", "r2"]),
            "user": chance.choice(["ann", "bob", None]), "session": f"s{chance.randrange(20)}",
            "tags": {"team": chance.choice(["red", "blue"])},
        }  # fmt: skip
        maybe = {
            "input_tokens": chance.randrange(5000), "output_tokens": chance.randrange(1000),
            "latency": chance.lognormvariate(-3, 1), "ttft": chance.uniform(0.001, 0.1),
            "cost": f"{chance.randrange(3)}.{chance.randrange(10**9):09}", "error": chance.choice(["503", "400 bad"]),
        }  # fmt: skip
        yield event | {name: value for name, value in maybe.items() if chance.random() < 0.7}
        if chance.random() < 0.2:
            told = {
                "service": event["service"],
                "operation": "feedback",
                "target_id": event["id"],
                "evaluation": "thumbs",
            }
            for again in range(chance.randint(1, 2)):
                yield {
                    **told,
                    "id": f"{event['id']}-told{again}",
                    "time": BEGIN + 200_000,
                    "score": chance.choice([-1, 1]),
                }


def write_traffic(store: ClickHouseStore, topic: str) -> None:
    """Write blocks of random events, most of them more than once."""
    chance, draw, home = random.Random(5), np.random.default_rng(5), Home(topic, 0)
    for number in range(5):
        batch = batch_of(calls(chance, topic, number))
        shape = len(batch)
        batch.offsets[:], batch.positions[:] = number, np.arange(shape)
        batch.logged_us[:] = time.time_ns() // 1000
        values = {name: np.where(draw.random(shape) < 0.5, draw.integers(0, 9, shape) / 4, np.nan) for name in SIGNALS}
        priced = [chance.choice([None, "app", "unpriced: x"]) for _ in range(shape)]
        scored = Scored(batch, values, {"priced_by": pa.array(priced, pa.string())}, [], [])
        for _ in range(chance.randint(1, 3)):
            store.write_rows(Edge(home, number, number), tables_of(home, scored, []))


def facts(store: ClickHouseStore, topic: str) -> list[dict[str, Any]]:
    return rows(store, f"SELECT * FROM events WHERE startsWith(service_name, '{topic}')")


def number(value: Any) -> float:
    return float(value or 0)


def by(events: list[dict[str, Any]], *names: str) -> dict[tuple[Any, ...], list[dict[str, Any]]]:
    found: dict[tuple[Any, ...], list[dict[str, Any]]] = defaultdict(list)
    for event in events:
        found[tuple(event[name] for name in names)].append(event)
    return found


def judges(event: dict[str, Any]) -> bool:
    return bool(event["target_id"]) or event["gen_ai_operation_name"] == "feedback"


def reasons(event: dict[str, Any]) -> Iterator[str]:
    """Yield what a call is flagged for, by docs/reference/views.md."""
    said, score = event["signals"], event["gen_ai_evaluation_score_value"]
    found = {
        "error": event["error_type"] != "",
        "ungrounded": said.get("groundedness", 1) < 0.5,
        "injection": said.get("injection", 0) >= 0.5,
        "secret": said.get("secrets_seen", 0) > 0,
        "refusal": said.get("refusal", 0) >= 0.5,
        "invalid_json": said.get("json_valid", 1) < 0.5,
        "agent_loop": said.get("agent_loop", 0) >= 2,
        "bad_feedback": score is not None and score <= 0,
    }
    yield from (name for name, so in found.items() if so)
