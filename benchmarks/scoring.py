"""Events per second and core with every event signal on, then with every detector too; and what each costs.

    python -m benchmarks.scoring [--data PATH] [--json]

Three kinds of events: with 250 words of context and an answer of 120; without context; metrics only. The words are
those of RAGTruth where PATH has it (`ragtruth_qa/dev.jsonl`), else random ones. A signal's cost is the time it takes
in its turn: what it is the first to ask for, such as the answers' words, is counted to it. Time is CPU time.
`…_all_…`: with the detectors, over eight services that have been learned.
"""

from __future__ import annotations

import argparse
import json
import random
import time
from collections import defaultdict
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from statistics import median
from typing import Any, Final

import numpy as np

from benchmarks.common import events, report
from windvane.cli.memory import keep_memory
from windvane.stream.batch import Batch
from windvane.stream.pipeline import Pipeline
from windvane.stream.registry import make_pipeline
from windvane.stream.testing import batch_of

COUNT: Final = 4_096
ROUNDS: Final = 7
CONTEXT_WORDS, ANSWER_WORDS = 250, 120
GOALS: Final = {"context": 15_000, "no_context": 30_000, "metrics": 60_000}
GOALS_OF_ALL: Final = {"context": 10_000, "no_context": 20_000}
WARM_UP_ROUNDS: Final = 2


def texts(data: Path | None) -> tuple[list[str], list[str], list[str]]:
    """Return contexts, questions and answers."""
    found = data / "ragtruth_qa" / "dev.jsonl" if data else None
    if found and found.exists():
        rows = [json.loads(line) for line in found.read_text().splitlines()]
        return [row["d1"] for row in rows], [row["query"] for row in rows], [row["d2"] for row in rows]
    chance = random.Random(0)
    words = ["".join(chance.choices("abcdefghijklmnopqrstuvwxyz", k=chance.randint(2, 10))) for _ in range(3000)]
    made = [
        " ".join(f"{word}." if chance.random() < 0.06 else word for word in chance.choices(words, k=400))
        for _ in range(300)
    ]
    return made, [text[:60] for text in made], made[::-1]


def cut(text: str, more: list[str], count: int) -> str:
    """Return `count` words of `text`, and of `more` if it has not as many."""
    words = text.split(" ")
    for extra in more:
        if len(words) >= count:
            break
        words += extra.split(" ")
    return " ".join(words[:count])


def kinds(data: Path | None) -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """Yield each kind of events with its name."""
    contexts, questions, answers = texts(data)
    whole = []
    for number, event in enumerate(events(COUNT)):
        at = number % len(contexts)
        event["prompt"] = questions[at]
        event["response"] = cut(answers[at], answers[at + 1 :] + answers, ANSWER_WORDS)
        event["context"] = [cut(contexts[at], contexts[at + 1 :] + contexts, CONTEXT_WORDS)]
        whole.append(event)
    yield "context", whole
    yield "no_context", [{key: value for key, value in event.items() if key != "context"} for event in whole]
    bodies = ("context", "prompt", "response")
    yield "metrics", [{key: value for key, value in event.items() if key not in bodies} for event in whole]


def rate(pipeline: Pipeline, batch: Batch) -> float:
    """Return CPU microseconds per event of one pass."""
    start = time.process_time()
    pipeline.score(batch)
    return (time.process_time() - start) / len(batch) * 1e6


def shares(pipeline: Pipeline, batch: Batch) -> dict[str, float]:
    """Return CPU microseconds per event of each signal, in its turn."""
    _, series = pipeline.index.assign(batch)
    spent: dict[str, float] = defaultdict(float)
    for at, part in batch.parts():
        numbers = series[at : at + len(part)]
        turns = [(signal.name, partial(signal.score, part)) for signal in pipeline.signals]
        turns += [(one.name, partial(one.score, part, numbers, len(pipeline.index.keys))) for one in pipeline.learned]
        for name, score in turns:
            start = time.process_time()
            score()
            spent[name] += time.process_time() - start
    return {name: seconds / len(batch) * 1e6 for name, seconds in spent.items()}


def everything(made: list[dict[str, Any]]) -> tuple[list[float], dict[str, float]]:
    """Return CPU microseconds per event of each round with detectors, and of each detector by itself, as medians."""
    pipeline, times, costs = make_pipeline(), [], defaultdict(list)
    span = made[-1]["time"] - made[0]["time"] + 1.0
    for number in range(WARM_UP_ROUNDS + ROUNDS):
        batch = batch_of([{**event, "time": event["time"] + number * span} for event in made])
        took = rate(pipeline, batch)
        if number >= WARM_UP_ROUNDS:
            times.append(took)
    assert not pipeline.failures, pipeline.failures
    for number in range(WARM_UP_ROUNDS + ROUNDS, WARM_UP_ROUNDS + 2 * ROUNDS):
        batch = batch_of([{**event, "time": event["time"] + number * span} for event in made])
        members = pipeline.members(batch)
        for detector in pipeline.detectors:
            start = time.process_time()
            detector.update(batch, members)
            costs[detector.name].append((time.process_time() - start) / len(batch) * 1e6)
    return times, {name: median(took) for name, took in costs.items()}


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, help="the folder that holds ragtruth_qa")
    parser.add_argument("--json", action="store_true", help="print one JSON line")
    parser.add_argument("--signals", action="store_true", help="print what each signal costs, by kind of event")
    options = parser.parse_args()
    keep_memory()  # as every command that scores does
    figures: dict[str, Any] = {}
    for kind, made in kinds(options.data):
        pipeline = make_pipeline([])
        times, costs = [], []
        for _ in range(ROUNDS):
            times.append(rate(pipeline, batch_of(made)))
            costs.append(shares(pipeline, batch_of(made)))
        figures[f"{kind}_us"] = round(median(times), 2)
        figures[f"{kind}_events_per_s"] = round(1e6 / median(times))
        figures[f"{kind}_best_events_per_s"] = round(1e6 / min(times))
        figures[f"{kind}_goal"] = GOALS[kind]
        if options.signals:
            for name in costs[0]:
                figures[f"{kind}.{name}_us"] = round(float(np.median([cost[name] for cost in costs])), 2)
        assert not pipeline.failures, pipeline.failures
        times, detectors = everything(made)
        figures[f"{kind}_all_us"] = round(median(times), 2)
        figures[f"{kind}_all_events_per_s"] = round(1e6 / median(times))
        figures[f"{kind}_all_best_events_per_s"] = round(1e6 / min(times))
        if kind in GOALS_OF_ALL:
            figures[f"{kind}_all_goal"] = GOALS_OF_ALL[kind]
        if options.signals:
            figures |= {f"{kind}.{name}_us": round(took, 2) for name, took in detectors.items()}
    report(figures, options.json)


if __name__ == "__main__":
    main()
