"""Version against version while peeking at every event: false alarms where nothing differs, events until it is found.

    python -m benchmarks.versions [--data PATH] [--runs 100] [--json]

Streams of 2,000 calls are made of real ones, each pool by itself: PATH/llmperf (latency, tokens and errors of one
provider's model) and PATH/alpaca_eval (lengths of one model's answers), drawn at random and, every second one, in the
order in which they were made. Every call is given to version a or b by lot, half or a fifth of them to b: an A/A test.

- `aa_alarms_per_run`: what `version_difference` raises, over all its measures, where `aa_promised` is promised.
- `aa_bets_ratio`: alarms of the sums of bets alone, whatever the size of the difference, by those promised: one a run.
- `aa_naive`: share of runs in which a t-test of one measure (5 %, peeked at after every event) says that they differ;
  `aa_fixed`: the same test asked once, at the end.
- `<case>_events`: median events until a known difference is found, errors 1 % against 5 %, latency + 20 %,
  groundedness - 0.05 (of PATH/ragtruth_qa, else made up), within 10,000; `<case>_found`: share of runs that find it.
  Beside it the peeked t-test, whose false alarms are above, and the events after which a fixed test has to look to
  find it in four of five runs: who knew the difference beforehand could plan so. The level is 5 % a run for all.
- `us_per_event`: of two versions side by side.

Goals: `aa_alarms_per_run` <= `aa_promised`; every difference found in every run.
"""

from __future__ import annotations

import argparse
import json
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from benchmarks.common import report
from windvane.stream.batch import Batch
from windvane.stream.budget import WEEK_US
from windvane.stream.compare.paired import PAIRED, take, total
from windvane.stream.compare.version_difference import VersionDifference
from windvane.stream.compiled import compiled
from windvane.stream.features.groundedness.grounded import Groundedness
from windvane.stream.pipeline import Pipeline
from windvane.stream.testing import batch_of

LEVEL: Final = 0.05
LENGTH, MOST = 2_000, 10_000
_COLUMNS: Final[dict[str, Callable[[float], float]]] = {"latency": float, "output_tokens": int}
Values = dict[str, NDArray[np.float64]]


def lines(data: Path | None, folder: str) -> Iterator[dict[str, Any]]:
    """Yield the rows of a data set."""
    for path in sorted((data / folder).glob("*.jsonl")) if data else ():
        yield from map(json.loads, path.read_text().splitlines())


def pools(data: Path | None) -> list[Values]:
    """Return calls to draw from, by column, one pool per source; made-up ones where there is no data."""
    found: dict[str, list[tuple[float, float, float]]] = defaultdict(list)
    for row in lines(data, "llmperf"):
        key = f"{row['provider']} {row['model']}"
        failed = row["error_code"] is not None
        found[key].append((row["end_to_end_latency_s"] or np.nan, row["number_output_tokens"] or np.nan, failed))
    for row in lines(data, "alpaca_eval"):
        found[row["generator"]].append((np.nan, len(row["output"]) // 4, 0.0))
    made = np.random.default_rng(0)
    rows = [np.array(one) for one in found.values() if len(one) >= 50] or [
        np.stack([made.lognormal(0, 0.5, 500), made.lognormal(5, 0.6, 500), made.random(500) < 0.02], axis=1)
    ]
    return [{"latency": one[:, 0], "output_tokens": one[:, 1], "error": one[:, 2]} for one in rows]


def groundedness(data: Path | None) -> NDArray[np.float64]:
    """Return the groundedness of real answers."""
    rows = list(lines(data, "ragtruth_qa"))
    if not rows:
        return np.random.default_rng(0).beta(5, 2, 500)
    events = ({"prompt": row["query"], "context": [row["d1"]], "response": row["d2"]} for row in rows)
    said = Groundedness().score(batch_of(events))
    return said[~np.isnan(said)]


def drawn(pool: Values, count: int, chance: np.random.Generator, *, ordered: bool = False) -> Values:
    """Return `count` calls of a pool, with replacement; or in their order, over and over."""
    size = len(pool["error"])
    at = np.arange(count) % size if ordered else chance.integers(size, size=count)
    return {name: values[at] for name, values in pool.items()}


def batch(values: Values, new: NDArray[np.bool_]) -> Batch:
    """Return the calls as a batch, a second apart."""
    made = batch_of(
        {"model": "m", "prompt_version": "ab"[int(one)], "error": "500" if values["error"][at] else None}
        | {name: kind(values[name][at]) for name, kind in _COLUMNS.items() if values[name][at] > 0}
        for at, one in enumerate(new)
    )
    made.tell({name: values[name] for name in ("groundedness",) if name in values})
    return made


def alarms(made: Batch) -> tuple[list[int], float]:
    """Return where `version_difference` fires, at 5 % a run, and the CPU seconds that it took."""
    detector = VersionDifference()
    # Two groups, the versions of the prompt and of the model, of which one has more than one version.
    detector.alarms_per_week = 2 * LEVEL * WEEK_US / (len(made) * 1e6)
    members = Pipeline([]).members(made)
    start = time.process_time()
    found = [change.row for change in detector.update(made, members) if change.state == "fired"]
    return found, time.process_time() - start


@compiled
def bets(held: Any, values: NDArray[np.float64], new: NDArray[np.bool_], share: float) -> int:
    """Return how often the bets on one measure alarm, a second between two events."""
    found = 0
    for at in range(len(values)):
        if (
            not np.isnan(values[at])
            and take(held[0], new[at], values[at], at * 1_000_000, share)
            and total(held[0]) >= 1
        ):
            found += 1
            for bet in range(len(held[0].sure)):
                held[0].sure[bet] = 0.0
    return found


def t_test(values: NDArray[np.float64], new: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Return after each event whether Welch's test rejects at 5 %; never before 32 events of each."""
    moments = []
    for side in (new, ~new):
        own = np.where(side & ~np.isnan(values), values, 0.0)
        count = np.maximum(np.cumsum(side & ~np.isnan(values)), 1)
        mean = np.cumsum(own) / count
        moments.append((count, mean, np.maximum(np.cumsum(own**2) / count - mean**2, 0.0)))
    (count, mean, variance), (others, other_mean, other_variance) = moments
    error = np.sqrt(variance / count + other_variance / others)
    ready = (count >= 32) & (others >= 32) & (error > 0)
    return ready & (np.abs(mean - other_mean) > 1.96 * error)


def null(data: Path | None, runs: int, figures: dict[str, Any]) -> None:
    """Measure false alarms."""
    chance, sources = np.random.default_rng(1), pools(data)
    raised, lost, naive, fixed = 0, 0, 0, 0
    for run in range(runs):
        values = drawn(sources[run // 2 % len(sources)], LENGTH, chance, ordered=run % 2 == 1)
        new = chance.random(LENGTH) < (0.5, 0.2)[run // 2 % 2]
        raised += len(alarms(batch(values, new))[0])
        column = next(values[name] for name in _COLUMNS if (values[name] > 0).any())
        lost += bets(np.zeros(1, PAIRED), np.log(np.where(column > 0, column, np.nan)), new, 1 / (LENGTH * 1e6))
        rejects = t_test(column, new)
        naive, fixed = naive + bool(rejects.any()), fixed + bool(rejects[-1])
    figures |= {"aa_runs": runs, "aa_promised": LEVEL, "aa_alarms_per_run": raised / runs}
    figures |= {"aa_bets_ratio": lost / runs, "aa_naive": naive / runs, "aa_fixed": fixed / runs}


def planned(old: NDArray[np.float64], new: NDArray[np.float64], share: float) -> int:
    """Return the events that a test planned for this difference needs, 5 % and four of five runs."""
    spread = np.nanvar(new) / share + np.nanvar(old) / (1 - share)
    return max(int((1.96 + 0.84) ** 2 * spread / (np.nanmean(new) - np.nanmean(old)) ** 2), 64)


def known(name: str, column: str, make: Callable[[np.random.Generator], tuple[Values, NDArray[np.bool_]]],
          runs: int, figures: dict[str, Any]) -> None:  # fmt: skip
    """Measure how long a known difference takes to be found."""
    chance = np.random.default_rng(2)
    delays, naive, plans, spent = [], [], [], []
    for _ in range(runs):
        values, new = make(chance)
        found, seconds = alarms(batch(values, new))
        spent.append(seconds / MOST * 1e6)
        delays.append(found[0] + 1 if found else np.inf)
        measured = np.log(values[column]) if column == "latency" else values[column]
        rejects = t_test(measured, new)
        naive.append(int(rejects.argmax()) + 1 if rejects.any() else np.inf)
        plans.append(planned(measured[~new], measured[new], float(new.mean())))
    figures |= {
        f"{name}_events": float(np.median(delays)), f"{name}_found": float(np.isfinite(delays).mean()),
        f"{name}_naive_events": float(np.median(naive)), f"{name}_planned_events": float(np.median(plans)),
        "us_per_event": round(float(np.median(spent)), 2),
    }  # fmt: skip


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, help="the folder that holds llmperf, alpaca_eval and ragtruth_qa")
    parser.add_argument("--runs", type=int, default=100, help="A/A streams; a fifth as many of each difference")
    parser.add_argument("--json", action="store_true", help="print one JSON line")
    options = parser.parse_args()
    figures: dict[str, Any] = {}
    null(options.data, options.runs, figures)
    timed = [pool for pool in pools(options.data) if not np.isnan(pool["latency"]).all()]
    scores = groundedness(options.data)

    def calls(chance: np.random.Generator) -> tuple[Values, NDArray[np.bool_]]:
        values = drawn(timed[chance.integers(len(timed))], MOST, chance)
        return values | {"error": np.zeros(MOST)}, chance.random(MOST) < chance.choice([0.5, 0.2])

    def errors(chance: np.random.Generator) -> tuple[Values, NDArray[np.bool_]]:
        values, new = calls(chance)
        return values | {"error": (chance.random(MOST) < np.where(new, 0.05, 0.01)).astype(float)}, new

    def slower(chance: np.random.Generator) -> tuple[Values, NDArray[np.bool_]]:
        values, new = calls(chance)
        return values | {"latency": values["latency"] * np.where(new, 1.2, 1.0)}, new

    def less(chance: np.random.Generator) -> tuple[Values, NDArray[np.bool_]]:
        values, new = calls(chance)
        return values | {"groundedness": scores[chance.integers(len(scores), size=MOST)] - 0.05 * new}, new

    runs = max(options.runs // 5, 1)
    known("errors_1_5", "error", errors, runs, figures)
    known("latency_20", "latency", slower, runs, figures)
    known("groundedness_05", "groundedness", less, runs, figures)
    report(figures, options.json)


if __name__ == "__main__":
    main()
