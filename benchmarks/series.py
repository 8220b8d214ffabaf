"""Events per second through all detectors, beside river's loop in the same run, from 10 to 10,000 series.

    python -m benchmarks.series [--json]

Each event has latency, time to first chunk, tokens and a short answer, and is of a series at random; each has ten a
minute. What the event signals say is known beforehand, so that detectors alone are measured, what they need of the
texts included, in batches of 4,096 events, by CPU time, once 80 events of each series are learned. Ours: every
registered detector, all that it watches. River's: one object per series and feature, of each of ADWIN, PageHinkley and
KSWIN, on four features; what a user would write, without evidence or recovery.

`us_per_event`: ours, by number of series (goal: flat within 2 times), and of each detector. `updates_per_s`: an update
is one event of one series. `faster`: ours at 1,000 series than river's loop (goal: 50 times); most of that is KSWIN, so
each of the three is beside it. `shifts_us_per_value` is to be set beside `river_us_per_value`: one number of one event.
`state_bytes`: per series, of the detectors with arrays.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Sequence
from typing import Any, Final

import numpy as np
from river import drift

from benchmarks.common import report
from windvane.cli.memory import keep_memory
from windvane.collectors.event import INDEX, Row
from windvane.collectors.normalize import normalize
from windvane.stream.batch import Batch
from windvane.stream.detector import ArrayDetector
from windvane.stream.registry import make_pipeline
from windvane.stream.shifts.watched import WATCHED
from windvane.stream.testing import batch_of

SIZES: Final = (10, 100, 1_000, 10_000)
BATCH: Final = 4_096
BLOCKS: Final = 4
"""Different batches; they come again and again, each time later."""
LEARNED: Final = 80
"""Events of a series before it is measured what it costs: all is learned then."""
MEASURED: Final = 24
PACE_US: Final = 6_000_000
"""Between two events of a series: ten a minute."""
RIVER_SERIES, RIVER_FILL, RIVER_EVENTS = 20, 120, 1_000
"""River's cost does not depend on the number of series, but on whether its windows, of 100 values, are full."""
FEATURES: Final = ("latency", "ttft", "input_tokens", "output_tokens")
GOALS: Final = {"faster": 50.0, "flat_within": 2.0}
TIME: Final = INDEX["time"]
Event = dict[str, Any]


def made(series: int, count: int, seed: int = 0) -> list[Event]:
    """Return events of so many series, in no order, ten a minute each."""
    chance = np.random.default_rng(seed)
    own = chance.integers(series, size=count)
    latency, ttft = chance.lognormal(0, 0.4, count), chance.lognormal(-1.6, 0.3, count)
    tokens = chance.lognormal(5, 0.7, (2, count)).astype(int)
    failed = chance.random(count) < 0.01
    return [
        {
            "time": 1_700_000_000 + number * PACE_US / series / 1e6, "service": f"s{own[number]}",
            "model": "gpt-4o-mini",
            "provider": "openai", "operation": "chat", "prompt": "Where is my parcel?",
            "response": "It left the depot this morning and should arrive tomorrow.", "latency": float(latency[number]),
            "ttft": float(ttft[number]), "input_tokens": int(tokens[0, number]),
            "output_tokens": int(tokens[1, number]), "user": f"u{number % 500}",
            **({"error": "timeout"} if failed[number] else {}),
        }
        for number in range(count)
    ]  # fmt: skip


def rows_of(events: Sequence[Event]) -> list[Row]:
    """Return the rows of events."""
    return [normalize({"id": str(number), **event}) for number, event in enumerate(events)]


def later(rows: Sequence[Row], by_us: int) -> Batch:
    """Return a batch of the rows, so much later."""
    moved = [(*row[:TIME], row[TIME] + by_us, *row[TIME + 1 :]) for row in rows]
    count = len(moved)
    return Batch(moved, np.zeros(count, np.int64), np.arange(count, dtype=np.int32), np.zeros(count, np.int64),
                 [""] * count)  # fmt: skip


def ours(series: int) -> tuple[dict[str, float], int]:
    """Return CPU microseconds per event of each detector, and the bytes of state per series."""
    pipeline = make_pipeline()
    signals = make_pipeline(["baseline"])
    blocks = [rows_of(made(series, BATCH, seed)) for seed in range(BLOCKS)]
    said = [signals.score(later(rows, 0)).values for rows in blocks]
    spent: dict[str, list[float]] = {one.name: [] for one in pipeline.detectors}
    learned = LEARNED * series // BATCH + 1
    for number in range(learned + MEASURED):
        batch = later(blocks[number % BLOCKS], number * BATCH * PACE_US // series)
        batch.tell(said[number % BLOCKS])
        members = signals.members(batch)
        for one in pipeline.detectors:
            begun = time.process_time()
            one.update(batch, members)
            if number >= learned:
                spent[one.name].append((time.process_time() - begun) / len(batch) * 1e6)
    state = sum(one.state.dtype.itemsize for one in pipeline.detectors if isinstance(one, ArrayDetector))
    return {name: float(np.median(costs)) for name, costs in spent.items()}, state


def values_per_event(series: int) -> float:
    """Return how many numbers of an event `shifts` watches."""
    batch = batch_of(made(series, BATCH))
    make_pipeline(["baseline"]).score(batch)
    return round(float(sum((~np.isnan(one.values(batch))).mean() for one in WATCHED)), 1)


def rivers() -> dict[str, float]:
    """Return CPU microseconds per event of each of river's detectors, on all features."""
    fill = RIVER_SERIES * RIVER_FILL
    events = made(RIVER_SERIES, fill + RIVER_EVENTS)
    found = {}
    for kind in (drift.ADWIN, drift.PageHinkley, drift.KSWIN):
        models: dict[tuple[str, str], Any] = {}
        begun = 0.0
        for number, event in enumerate(events):
            if number == fill:
                begun = time.process_time()
            for feature in FEATURES:
                model = models.get((event["service"], feature))
                if model is None:
                    model = models[event["service"], feature] = kind()
                model.update(event[feature])
        found[kind.__name__] = (time.process_time() - begun) / RIVER_EVENTS * 1e6
    return found


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", help="not needed: the events are made")
    parser.add_argument("--json", action="store_true", help="print one JSON line")
    options = parser.parse_args()
    keep_memory()  # as every command that scores does
    figures: dict[str, Any] = {}
    totals = {}
    for series in SIZES:
        costs, state = ours(series)
        totals[series] = sum(costs.values())
        figures[f"us_per_event_{series}"] = round(totals[series], 2)
        figures[f"updates_per_s_{series}"] = round(1e6 / totals[series])
        figures |= {f"us_{name}_{series}": round(cost, 2) for name, cost in costs.items()}
    figures |= {"state_bytes": state, "shifts_values_per_event": values_per_event(1_000)}
    figures["flat_within"] = round(max(totals.values()) / min(totals.values()), 2)
    figures["flat_within_goal"] = GOALS["flat_within"]
    river = rivers()
    figures |= {f"river_us_{name}": round(cost, 2) for name, cost in river.items()}
    figures["faster"] = round(sum(river.values()) / totals[1_000], 1)
    figures |= {f"faster_than_{name}": round(cost / totals[1_000], 1) for name, cost in river.items()}
    figures["shifts_us_per_value"] = round(figures["us_shifts_1000"] / figures["shifts_values_per_event"], 3)
    figures |= {f"river_us_per_value_{name}": round(cost / len(FEATURES), 3) for name, cost in river.items()}
    figures["faster_goal"] = GOALS["faster"]
    report(figures, options.json)


if __name__ == "__main__":
    main()
