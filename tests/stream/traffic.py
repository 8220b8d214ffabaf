"""Events to try the scoring with: a level shift, errors, gaps, and every value that a column can just about hold."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec
import numpy as np

from windvane.collectors.block import Page
from windvane.stream.pipeline import Pipeline
from windvane.stream.testing import batch_of

__all__ = ["EXTREME", "Event", "changes", "cut", "kept", "shifting"]

Event = dict[str, Any]

EXTREME: tuple[Event, ...] = (
    {},
    {"service": "", "model": "", "prompt": "", "response": ""},
    {"latency": 0, "ttft": 0, "input_tokens": 0, "output_tokens": 0},
    {"latency": 1e9, "ttft": 1e9, "input_tokens": 2**32 - 1, "output_tokens": 2**32 - 1, "cost": "999999999.999999999"},
    {"latency": 5e-324, "score": 1e300, "temperature": -1e300, "cost": "0"},
    {"time": "2000-01-01T00:00:00Z", "latency": 1, "ttft": 2, "output_tokens": 3},
    {"time": "2099-12-31T23:59:59.999999Z", "latency": 1},
    {"prompt": "\0\0", "response": "\x7f\ufeff\u202e \U0001f9ea\U0010ffff", "user": "'; DROP", "model": "m\n"},
    {"prompt": "a" * 100_000, "response": " " * 1000, "context": ["", "b" * 50_000]},
    {"response": ["not", {"a": "text"}], "context": [], "finish_reasons": [], "tags": {}, "logprobs": []},
    {"logprobs": [-1e30, 0.0, 3e38, 1e-45], "embedding": [0.0] * 3, "tags": {"": ""}, "anything": {"else": [1]}},
    {"operation": "feedback", "score": -1, "label": "no", "target_id": "unknown"},
)


def shifting(count: int = 1500, *, series: int = 3, seed: int = 0) -> list[Event]:
    """Return events whose latency and errors rise at two thirds; some lack values, times are out of order."""
    chance = np.random.default_rng(seed)
    made = []
    for number in range(count):
        late = number >= count * 2 // 3
        event: Event = {
            "id": f"e{number}",
            "time": 1_700_000_000 + number + round(float(chance.normal(0, 5)), 3),
            "service": f"s{chance.integers(series)}",
            "latency": float(chance.lognormal(late * 1.2, 0.3)),
            "response": "yes",
        }
        if chance.random() < 0.7:
            event["output_tokens"] = int(chance.integers(0, 500))
        if chance.random() < 0.01:
            event["latency"] = float(chance.choice([0.0, 30.0]))
        if chance.random() < (0.5 if late else 0.02):
            event["error"] = "timeout"
        made.append(event)
    return made


def cut(events: Sequence[Event], seed: int) -> list[Sequence[Event]]:
    """Return the events in batches of random sizes, many of a single event."""
    chance = np.random.default_rng(seed)
    parts, at = [], 0
    while at < len(events):
        size = int(chance.choice([1, 1, 2, 7, 40, 300]))
        parts.append(events[at : at + size])
        at += size
    return parts


def changes(pipeline: Pipeline, batches: Sequence[Sequence[Event]]) -> list[tuple[Any, ...]]:
    """Score the batches; return the changes with the names of what they are about, not their places in a batch."""
    found = []
    for events in batches:
        scored = pipeline.score(batch_of(events))
        for change in scored.changes:
            about = (events[change.row]["id"], scored.series[change.series])
            evidence = msgspec.json.encode(change.evidence)
            found.append((*about, change.signal, change.state, change.since_us, evidence))
    return found


def kept(snapshots: Sequence[Sequence[Page]]) -> list[Page]:
    """Return what a store holds after these snapshots: the last of each page."""
    return list({(page.kind, page.number): page for pages in snapshots for page in pages}.values())
