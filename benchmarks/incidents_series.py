"""Minutes of LLM services for `benchmarks.incidents`, made from the traces, and the incidents that befall them."""

from __future__ import annotations

import csv
import json
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

__all__ = ["DAYS", "INCIDENTS", "MINUTES", "Minutes", "Trace", "befall", "series_of", "traces"]

DAYS: Final = 8
MINUTES: Final = DAYS * 1440
_MOST_NOISE: Final = 0.6
_WEEKEND: Final = 0.7
_THURSDAY: Final = 3
_SWING: Final = 0.5
_LATENCY_RATE: Final = 20.0
_LATENCIES: Final = 3
_LEAST: Final = 100

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Trace:
    """What is taken from a trace: calls a minute, their noise on logarithms, and the logarithms of what a call has."""

    name: str
    rate: float
    noise: float
    lag: float
    values: Floats


@dataclass(frozen=True)
class Minutes:
    """A series by the minute: calls, and the sum and squares of a measure's logarithms; `counted`: of calls alone."""

    kind: str
    trace: str
    counted: bool
    first: int
    count: Floats
    total: Floats
    squares: Floats


INCIDENTS: Final[dict[str, tuple[float, int]]] = {
    "x1.5 60 min": (1.5, 60),
    "x3 60 min": (3.0, 60),
    "x0.5 60 min": (0.5, 60),
    "x5 3 min": (5.0, 3),
    "x3 1 min": (3.0, 1),
    "ramp to x2 in 3 h": (2.0, 180),
    "silence 20 min": (0.0, 20),
}
"""How many times the usual, and for how many minutes."""


def traces(data: Path) -> Iterator[Trace]:
    """Yield what the traces in a folder say of calls and their tokens."""
    for path in sorted(data.glob("azure_llm_trace*/*.csv")):
        with path.open() as file:
            lines = list(csv.DictReader(file))
        times = [datetime.fromisoformat(line["TIMESTAMP"][:26]).timestamp() for line in lines]
        tokens = [float(line["ContextTokens"]) + float(line["GeneratedTokens"]) for line in lines]
        yield _trace(f"azure {path.stem}", np.array(times), np.array(tokens))
    for path in sorted(data.glob("mooncake_trace*/*.jsonl")):
        found = [json.loads(line) for line in path.read_text().splitlines()]
        times = [line["timestamp"] / 1000 for line in found]
        tokens = [line["input_length"] + line["output_length"] for line in found]
        yield _trace(f"mooncake {path.stem}", np.array(times), np.array(tokens))


def _trace(name: str, times: Floats, tokens: Floats) -> Trace:
    counts = np.bincount(((times - times.min()) // 60).astype(int))[:-1].astype(float)
    logs = np.log1p(counts)
    # What chance alone gives to counts is not the trace's own noise.
    noise = np.sqrt(max(logs.var() - 1 / counts.mean(), 0.0))
    lag = np.corrcoef(logs[:-1], logs[1:])[0, 1] * logs.var() / max(noise**2, 1e-9)
    return Trace(
        name, counts.mean(), min(noise, _MOST_NOISE), float(np.clip(lag, 0, 0.95)), np.log(np.maximum(tokens, 1))
    )


def latencies(data: Path, chance: np.random.Generator) -> Iterator[Trace]:
    """Yield a few of the providers' models of the LLMPerf results with the logarithms of their latencies."""
    found = defaultdict(list)
    for path in sorted(data.glob("llmperf*/*.jsonl")):
        for line in path.read_text().splitlines():
            one = json.loads(line)
            if not one.get("error_code") and (one.get("end_to_end_latency_s") or 0) > 0:
                found[f"{one['provider']} {one['model']}"].append(one["end_to_end_latency_s"])
    names = [name for name in sorted(found) if len(found[name]) >= _LEAST]
    for place in sorted(chance.permutation(len(names))[:_LATENCIES]):
        yield Trace("llmperf", _LATENCY_RATE, 0.2, 0.5, np.log(found[names[place]]))


def series_of(data: Path, seed: int) -> Iterator[Minutes]:
    """Yield the series of one seed: of each trace its calls and its tokens, and three of latency."""
    chance = np.random.default_rng(seed)
    for trace in traces(data):
        yield _made(trace, "calls", chance)
        yield _made(trace, "tokens", chance)
    for trace in latencies(data, chance):
        yield _made(trace, "latency", chance)


def _made(trace: Trace, kind: str, chance: np.random.Generator) -> Minutes:
    hours = np.arange(MINUTES) / 60
    day = 1 + _SWING * np.sin(2 * np.pi * (hours / 24 - chance.random()))
    first = int(chance.integers(7)) * 1440
    weekend = np.where(((first + np.arange(MINUTES)) // 1440 + _THURSDAY) % 7 >= 5, _WEEKEND, 1.0)
    noise = np.zeros(MINUTES)
    steps = chance.normal(0, trace.noise * np.sqrt(1 - trace.lag**2), MINUTES)
    for minute in range(1, MINUTES):
        noise[minute] = trace.lag * noise[minute - 1] + steps[minute]
    count = chance.poisson(trace.rate * day * weekend * np.exp(noise - trace.noise**2 / 2)).astype(float)
    if kind == "calls":
        return Minutes(kind, trace.name, True, first, count, np.zeros(MINUTES), np.zeros(MINUTES))
    ends = np.cumsum(count).astype(int)
    sums = np.concatenate([[0.0], np.cumsum(values := chance.choice(trace.values, ends[-1]))])
    squares = np.concatenate([[0.0], np.cumsum(values * values)])
    starts = np.concatenate([[0], ends[:-1]])
    return Minutes(kind, trace.name, False, first, count, sums[ends] - sums[starts], squares[ends] - squares[starts])


def befall(one: Minutes, incident: str, start: int, chance: np.random.Generator) -> Minutes | None:
    """Return the series with an incident from a minute on, or None where it has no meaning."""
    times, length = INCIDENTS[incident]
    during = slice(start, start + length)
    factor = np.ones(MINUTES)
    factor[during] = np.linspace(1, times, length) if incident.startswith("ramp") else times
    if one.counted:
        count = one.count.copy()
        more = np.maximum(factor - 1, 0)
        count[during] = np.where(
            factor[during] < 1,
            chance.binomial(one.count[during].astype(int), np.minimum(factor[during], 1)),
            one.count[during] + chance.poisson(one.count[during] * more[during]),
        )
        return replace(one, count=count)
    if times == 0:
        return None
    moved = np.log(factor)
    return replace(
        one,
        total=one.total + one.count * moved,
        squares=one.squares + 2 * moved * one.total + one.count * moved**2,
    )
