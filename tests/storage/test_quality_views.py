"""What the views of 0006 say: money by day and model, the unpriced counted; answers beside what was expected later."""

from __future__ import annotations

import time
from decimal import Decimal
from typing import Any

import numpy as np

from tests.stream.test_accuracy import ANSWERS
from windvane.collectors.block import Edge, Home
from windvane.storage.store import ClickHouseStore
from windvane.stream.registry import make_pipeline
from windvane.stream.tables import tables_of
from windvane.stream.testing import batch_of


def stored(store: ClickHouseStore, name: str, events: list[dict[str, Any]]) -> str:
    """Score and store the events as one block; return the condition that finds them."""
    service = f"{name}-{store.connections.embedded}"
    home = Home(service, 0)
    batch = batch_of({**event, "service": service} for event in events)
    batch.logged_us[:], batch.positions[:] = time.time_ns() // 1000, np.arange(len(events))
    store.write_rows(Edge(home, 0, 0), tables_of(home, make_pipeline().score(batch), []))
    return f"WHERE service_name = '{service}'"


def test_costs_are_by_day_and_model_and_the_unpriced_are_counted_with_their_reason(store: ClickHouseStore) -> None:
    call = {"provider": "openai", "model": "gpt-4o-mini", "input_tokens": 2000, "output_tokens": 100, "prompt": "p"}
    own = {**call, "model": "our-own"}
    where = stored(store, "costs", [call, call, call, own, own, {**call, "cost": 1}, {"latency": 1}])
    query = f"SELECT gen_ai_request_model, priced_by, calls, cost, repeats, repeat_cost FROM costs {where} ORDER BY ALL"
    rows = [(row[0], str(row[1]).split(" 0.")[0], *row[2:]) for row in store.query(query)[1]]
    assert rows == [
        ("gpt-4o-mini", "app", 1, Decimal(1), 1, Decimal(1)),
        ("gpt-4o-mini", "genai-prices", 3, Decimal("0.00108"), 2, Decimal("0.00072")),
        ("our-own", "unpriced: openai, our-own is not listed", 2, None, 1, None),
    ]
    minutes = f"SELECT sum(cost), sum(calls), sum(priced_calls) FROM minutes {where}"
    assert store.query(minutes)[1] == [(Decimal("1.00108"), 7, 4)]


def test_an_expected_answer_that_comes_later_is_compared_as_one_that_came_with_the_event(
    store: ClickHouseStore,
) -> None:
    asked = [{"id": f"a{number}", "response": answer} for number, (answer, *_) in enumerate(ANSWERS)]
    later = [
        {"operation": "feedback", "target_id": f"a{number}", "evaluation": "expected", "label": expected}
        for number, (_, expected, *_) in enumerate(ANSWERS)
    ]
    messages: dict[str, Any] = {"id": "m", "response": [{"role": "assistant", "content": "It is 42."}]}
    others: list[dict[str, Any]] = [
        {"operation": "feedback", "target_id": "a0", "evaluation": "thumbs", "label": "down"},
        {"operation": "feedback", "target_id": "unknown", "evaluation": "expected", "label": "x"},
        {"operation": "feedback", "target_id": "m", "expected": 42},
        {"id": "at once", "response": "Paris", "expected": "paris"},
    ]
    where = stored(store, "accuracy", [*asked, messages, *later, *others])
    columns = "id, exact_match, normalized_match, numeric_match"
    found = {row[0]: row[1:] for row in store.query(f"SELECT {columns} FROM accuracy {where}")[1]}
    expected = {f"a{number}": row[2:] for number, row in enumerate(ANSWERS)}
    assert found == {**expected, "m": (0, 0, 1), "at once": (0, 1, None)}
