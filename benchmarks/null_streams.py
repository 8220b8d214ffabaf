"""False alarms where nothing changes: measured beside what the budget promises, by detector, from 10 to 10,000 series.

    python -m benchmarks.null_streams [--data PATH] [--json] [--detectors a,b]

Real requests and answers, drawn at random from one population per series, so that nothing changes but by chance:
`llmperf` by provider and model, `azure_llm_trace` and `mooncake_trace` by file (numbers), `alpaca_eval` by model and
`llmdrift` by task and version (texts, through every event signal). Every `fired` is a false alarm.

`promised` is the budget times the weeks in which series are watched, that is after their 64th event, for all
detectors and for the share of each; `ratio` is measured by promised, `low` and `high` its 95 % interval (Poisson).
Goal: 0.3 to 1.2 at every size. The budget is raised until 30 alarms are promised for each detector, so that few events
tell; one run is at the default of 1 a week for all. Events come at random times (Poisson). A detector that has
nothing to look at here, such as versions, stays at 0: `speaking` leaves out those that were silent. The trivial
baseline beside it: three deviations from the mean of the first 64 values of the latency, or of the answer's length.

`ordered`: traces in their real order, one series each, at the default budget. There the hour changes, and the load:
what fires is not all false, and nothing is promised.
"""

from __future__ import annotations

import argparse
import csv
import json
import time
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from scipy.stats import chi2

from benchmarks.common import report
from windvane.collectors.event import INDEX, Row
from windvane.collectors.normalize import normalize
from windvane.stream.batch import Batch
from windvane.stream.budget import WEEK_US
from windvane.stream.pipeline import Pipeline
from windvane.stream.registry import CALIBRATED, make_pipeline

DATA: Final = Path(__file__).parents[1].parent / "shared" / "data"
Event = dict[str, Any]
WATCHED_FROM: Final = 64
START_US: Final = 1_700_000_000_000_000
BLOCK: Final = 4096
PROMISED: Final = 30
"""By each detector."""
GOAL: Final = (0.3, 1.2)
_S: Final = 1_000_000
SIZES: Final = {
    "numbers": {10: (20_000, 30 * _S), 100: (3_000, 120 * _S), 1_000: (400, 600 * _S), 10_000: (200, 1200 * _S)},
    "texts": {10: (4_000, 30 * _S), 100: (500, 120 * _S), 1_000: (150, 600 * _S)},
}
"""Series; of each its events, and the mean time between two, at random."""
PLAIN: Final = ("cost", "output_tokens_per_second")
"""The event signals of numbers."""


def lines(path: Path) -> list[Event]:
    return [json.loads(line) for line in path.read_text().splitlines() if line.strip()]


def numbers(data: Path) -> Iterator[tuple[str, list[Event]]]:
    """Yield the populations of requests that are numbers alone, each with its name, in their real order."""
    for path in sorted(data.glob("llmperf/*.jsonl")):
        kinds = defaultdict(list)
        for row in lines(path):
            event = {
                "latency": row["end_to_end_latency_s"], "ttft": row["ttft_s"],
                "input_tokens": row["number_input_tokens"], "output_tokens": row["number_output_tokens"],
            }  # fmt: skip
            failed = row.get("error_code") is not None
            kinds[row["provider"], row["model"]].append({"error": str(row["error_code"])} if failed else event)
        for (provider, model), found in kinds.items():
            yield f"{provider}/{model}", [{**event, "provider": provider} for event in found]
    for path in sorted(data.glob("azure_llm_trace/*.csv")):
        with path.open() as file:
            yield path.stem, [
                {"input_tokens": int(row["ContextTokens"]), "output_tokens": int(row["GeneratedTokens"]),
                 "time": datetime.fromisoformat(row["TIMESTAMP"][:26]).replace(tzinfo=UTC).timestamp()}
                for row in csv.DictReader(file)
            ]  # fmt: skip
    for path in sorted(data.glob("mooncake_trace/*.jsonl")):
        yield path.stem, [
            {"input_tokens": row["input_length"], "output_tokens": row["output_length"],
             "time": START_US / 1e6 + row["timestamp"] / 1e3}
            for row in lines(path)
        ]  # fmt: skip


def texts(data: Path) -> Iterator[tuple[str, list[Event]]]:
    """Yield the populations of answers."""
    for path in sorted(data.glob("alpaca_eval/*.jsonl")):
        yield path.stem, [{"prompt": row["instruction"], "response": row["output"]} for row in lines(path)]
    for path in sorted(data.glob("llmdrift/*.jsonl")):
        kinds = defaultdict(list)
        for row in lines(path):
            kinds[row["version"]].append({"prompt": row["prompt"], "response": row["response"]})
        for version, found in kinds.items():
            yield f"{path.stem}/{version}", found


class Replay:
    """Populations as rows, to be drawn from."""

    def __init__(self, populations: Sequence[list[Event]]) -> None:
        self.rows = [[list(_row(event)) for event in found] for found in populations]
        self.plain = [np.array([_size(event) for event in found]) for found in populations]

    def draw(self, series: int, seed: int, kind: str) -> Iterator[tuple[Batch, NDArray[np.int64], NDArray[np.float64]]]:
        """Yield batches, whose series each event is, and its size."""
        chance = np.random.default_rng(seed)
        events, apart_us = SIZES[kind][series]
        counts = np.array([len(rows) for rows in self.rows])
        names = [f"s{number}" for number in range(series)]
        now, total = float(START_US), events * series
        for begin in range(0, total, BLOCK):
            own = chance.integers(series, size=min(BLOCK, total - begin))
            picked = (chance.random(len(own)) * counts[own % len(counts)]).astype(int)
            times = now + np.cumsum(chance.exponential(apart_us / series, len(own)))
            now = times[-1]
            cells = []
            for at, (number, place, time_us) in enumerate(zip(own.tolist(), picked.tolist(), times, strict=True)):
                row = self.rows[number % len(counts)][place]
                row[ID], row[SERVICE], row[TIME] = str(begin + at), names[number], int(time_us)
                cells.append(tuple(row))
            sizes = [self.plain[number % len(counts)][place] for number, place in zip(own, picked, strict=True)]
            yield _batch(cells), own, np.array(sizes)


ID, SERVICE, TIME = (INDEX[name] for name in ("id", "service_name", "time"))


def _row(event: Event) -> Row:
    return normalize({"operation": "chat", "model": "m", **event})


def _size(event: Event) -> float:
    """Return what the trivial baseline looks at."""
    return float(len(event.get("response", "")) or event.get("latency") or event.get("output_tokens") or 0)


def _batch(cells: Sequence[Row]) -> Batch:
    count = len(cells)
    return Batch(cells, np.zeros(count, np.int64), np.arange(count, dtype=np.int32), np.zeros(count, np.int64),
                 [""] * count)  # fmt: skip


class Trivial:
    """Three deviations from the mean of the first 64 values of a series."""

    def __init__(self, series: int) -> None:
        self.fired = 0
        self._first: list[list[float]] = [[] for _ in range(series)]
        self._band = [(0.0, 0.0)] * series

    def take(self, own: NDArray[np.int64], sizes: NDArray[np.float64]) -> None:
        """Take a batch in."""
        for number, size in zip(own.tolist(), sizes.tolist(), strict=True):
            first = self._first[number]
            if len(first) < WATCHED_FROM:
                first.append(size)
                mean, width = float(np.mean(first)), 3 * float(np.std(first))
                self._band[number] = mean - width, mean + width
            else:
                low, high = self._band[number]
                self.fired += not low <= size <= high


def with_budget(names: Sequence[str] | None, per_week: float, *, each: bool, plain: bool) -> Pipeline:
    """Return the pipeline with a budget, of all or of `each` detector; `plain`: without the signals that read texts."""
    pipeline = make_pipeline(names)
    total = sum(one.alarms_per_week for one in pipeline.detectors) / CALIBRATED
    for one in pipeline.detectors:
        one.alarms_per_week = per_week * bool(one.share) if each else one.alarms_per_week * per_week / total
    if plain:
        pipeline.signals = [one for one in pipeline.signals if one.name in PLAIN]
        pipeline.learned = []
    return pipeline


def owners(pipeline: Pipeline) -> dict[str, str]:
    """Return whose each signal is."""
    return {signal: one.name for one in pipeline.detectors for signal in getattr(one, "infos", {})}


def shuffled(replay: Replay, kind: str, series: int, names: Sequence[str] | None, seed: int,
             per_week: float | None) -> dict[str, Any]:  # fmt: skip
    """Return what fired in `series` series drawn at random; the budget is raised unless `per_week` is given."""
    events, apart_us = SIZES[kind][series]
    weeks = (events - WATCHED_FROM) * apart_us / WEEK_US
    pipeline = with_budget(names, per_week or PROMISED / weeks, each=per_week is None, plain=kind == "numbers")
    own, found, trivial = owners(pipeline), Counter[str](), Trivial(series)
    begun = time.process_time()
    for batch, whose, sizes in replay.draw(series, seed, kind):
        found.update(own.get(one.signal, one.signal) for one in pipeline.score(batch).changes if one.state == "fired")
        trivial.take(whose, sizes)
    told = {one.name: _ratio(found[one.name], one.alarms_per_week * weeks) for one in pipeline.detectors if one.share}
    promised = sum(one.alarms_per_week for one in pipeline.detectors) / CALIBRATED * weeks
    speaking = sum(one.alarms_per_week * bool(found[one.name]) for one in pipeline.detectors) * weeks or promised
    return {
        "all": _ratio(found.total(), promised), "speaking": _ratio(found.total(), speaking), **told,
        "trivial": _ratio(trivial.fired, promised),
        "series": series, "events": events * series, "weeks": round(weeks, 2),
        "failures": pipeline.failures,
        "seconds": round(time.process_time() - begun, 1),
    }  # fmt: skip


def _ratio(measured: int, promised: float) -> dict[str, float]:
    """Return measured by promised with its 95 % interval."""
    low = chi2.ppf(0.025, 2 * measured) / 2 if measured else 0.0
    high = chi2.ppf(0.975, 2 * measured + 2) / 2
    found = {"measured": measured, "promised": promised, "ratio": measured / promised}
    return {name: round(float(value), 2) for name, value in
            {**found, "low": low / promised, "high": high / promised}.items()}  # fmt: skip


def ordered(populations: Sequence[tuple[str, list[Event]]], names: Sequence[str] | None) -> dict[str, Any]:
    """Return what fired in the traces in their real order, at the default budget."""
    told: dict[str, Any] = {}
    for name, events in populations:
        timed = [list(_row(event)) for event in events if "time" in event]
        if not timed:
            continue
        for number, row in enumerate(timed):
            row[ID], row[SERVICE] = str(number), name
        pipeline = with_budget(names, 1.0, each=False, plain=True)
        own = owners(pipeline)
        found: Counter[str] = Counter()
        for at in range(0, len(timed), BLOCK):
            changes = pipeline.score(_batch([tuple(row) for row in timed[at : at + BLOCK]])).changes
            found.update(own.get(one.signal, one.signal) for one in changes if one.state == "fired")
        hours = (timed[-1][TIME] - timed[0][TIME]) / 3600e6
        told[name] = {"events": len(timed), "hours": round(hours, 2), "fired": dict(found)}
    return told


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=DATA)
    parser.add_argument("--json", action="store_true", help="print one JSON line")
    parser.add_argument("--detectors", help="their names, by commas; default: all that there are")
    parser.add_argument("--most", type=int, default=10_000, help="series at most")
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    names = options.detectors.split(",") if options.detectors else None
    figures: dict[str, Any] = {"goal": GOAL}
    kinds = {"numbers": list(numbers(options.data)), "texts": list(texts(options.data))}
    for kind, populations in kinds.items():
        replay = Replay([events for _, events in populations])
        for series in SIZES[kind]:
            if series <= options.most:
                figures[f"{kind}_{series}"] = shuffled(replay, kind, series, names, options.seed, None)
        if kind == "numbers":
            figures["numbers_100_default"] = shuffled(replay, kind, 100, names, options.seed, 1.0)
    figures["ordered"] = ordered(kinds["numbers"], names)
    report(figures, options.json)


if __name__ == "__main__":
    main()
