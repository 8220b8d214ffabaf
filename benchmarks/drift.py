"""How soon a change of model is found in what it answers, how often it is said wrongly, and where prompts are to blame.

    python -m benchmarks.drift [--data PATH] [--json] [--shuffles N]

Pairs: the old model's answers, shuffled, then the new one's, 20 times each. LLMDrift: `llmdrift/*.jsonl`, where
`version` says which came first. alpaca_eval: every ordered pair of `alpaca_eval/*.jsonl`, of different families (the
leading letters of a name), of near versions (one name but for its date, the older first), and all others. `within_50`
and so on: the share of streams in which `model_drift` fires so soon after the change; `delay`: events until then, the
median, none where most have not found it; `since_error`: by how many events the change's stated time is off. `cold`:
after 200 old answers.

False alarms: what fires before the change, model and input drift together, per 1,000 events: every population is its
own control. `null`: the same on streams of 5,000 answers drawn with repeats. The detector may spend 1 in 25,000 events
on each of its two signals. `promised` is the sum.

Mix: one model, its prompts from one part of alpaca_eval and then from the others, or the other way round. `said_input`:
input drift is said, and model drift never; `said_model`: model drift is.

`page_hinkley`: river's, its own parameters, on the answer's length: the trivial baseline, on 5 of the same streams.

Chosen with these data in sight: which columns are followed, the bets' weights, stakes and half-lives, and when prompts
are suspect. Time is CPU time, features included, of answers of about 1,400 characters.
"""

from __future__ import annotations

import argparse
import time
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from benchmarks.common import report
from benchmarks.drift_baseline import page_hinkley
from benchmarks.drift_cost import cost_us
from benchmarks.drift_sets import Answers, Pair, pairs
from benchmarks.drift_streams import Alarm, changing, drawn, run
from windvane.stream.signals import Signal

DATA: Final = Path(__file__).parents[1].parent / "shared" / "data"
TOLERATED: Final = 1 / 25_000
AFTER: Final = 400
COLD: Final = 200
WITHIN: Final = (50, 100, 300)
NULL_STREAMS, NULL_EVENTS = 10, 5_000
MIX_STREAMS, MIX_BEFORE = 4, 800
BASELINE_STREAMS: Final = 5
GOALS: Final = {
    "llmdrift.delay_worst": 50, "families.delay_worst": 30, "families.cold_delay_worst": 30, "near.delay_worst": 60,
    "others.delay_worst": 300, "false_alarms_per_1000": 0.05, "false_alarms_worst": 0.1, "mix.said_input": 0.95,
    "us_per_event_500": 40, "us_per_event_5000": 40,
}  # fmt: skip


def delays(found: Sequence[Sequence[Alarm]], change: int, signal: Signal = Signal.MODEL_DRIFT) -> NDArray[np.float64]:
    """Return the events from the change until the signal has fired, one per stream, infinite where it has not."""
    fired = [[one.at for one in alarms if one.signal == signal and one.at >= change] for alarms in found]
    return np.array([times[0] - change + 1 if times else np.inf for times in fired])


def measured(pair: Pair, shuffles: int, chance: np.random.Generator, before: int | None = None) -> dict[str, Any]:
    """Return the figures of one pair, after at most `before` old answers."""
    change = min(before or len(pair.old.texts), len(pair.old.texts))
    streams = changing(pair.old, pair.new, shuffles, chance, before=change, after=AFTER)
    sets = [pair.old, pair.new]
    found = run(sets, streams, TOLERATED)
    waits = delays(found, change)
    errors = [abs(one.began - change) for alarms in found for one in alarms
              if one.at >= change and one.signal == Signal.MODEL_DRIFT]  # fmt: skip
    lengths = np.array([len(text) for one in sets for text in one.texts], float)
    trivial = [page_hinkley(lengths[stream], change) for stream in streams[:BASELINE_STREAMS]]
    return {
        **within(waits),
        "since_error": float(np.median(errors)) if errors else float("inf"),
        "false": sum(one.at < change for alarms in found for one in alarms),
        "events": change * shuffles,
        "trivial": within(np.array([wait for wait, _ in trivial])),
        "trivial_false": sum(false for _, false in trivial),
        "trivial_events": change * len(trivial),
    }


def within(waits: NDArray[np.float64]) -> dict[str, float]:
    """Return the shares found soon enough, and the median delay."""
    return {f"within_{most}": float((waits <= most).mean()) for most in WITHIN} | {"delay": float(np.median(waits))}


def mixed(model: Answers, chance: np.random.Generator) -> tuple[int, int, int]:
    """Return how many streams of other prompts there were, in how many it was said so, and in how many of the model."""
    said_input, said_model, count = 0, 0, 0
    for source in np.unique(model.sources):
        inside, outside = np.flatnonzero(model.sources == source), np.flatnonzero(model.sources != source)
        if not len(inside) or not len(outside):
            continue
        for parts in ((inside, outside), (outside, inside)):
            found = run([model], drawn(parts, (MIX_BEFORE, AFTER), MIX_STREAMS, chance), TOLERATED)
            moved = np.isfinite(delays(found, MIX_BEFORE))
            said_model += int(moved.sum())
            said_input += int((np.isfinite(delays(found, MIX_BEFORE, Signal.INPUT_DRIFT)) & ~moved).sum())
            count += len(found)
    return count, said_input, said_model


def grouped(results: dict[str, list[dict[str, Any]]]) -> dict[str, Any]:
    """Return each kind's shares over all its streams, its median delay over pairs, and that of its slowest pair."""
    figures: dict[str, Any] = {}
    for kind, measures in results.items():
        for name in [f"within_{most}" for most in WITHIN]:
            figures[f"{kind}.{name}"] = float(np.mean([one[name] for one in measures]))
            figures[f"{kind}.page_hinkley_{name}"] = float(np.mean([one["trivial"][name] for one in measures]))
        waits = [one["delay"] for one in measures]
        figures[f"{kind}.delay"], figures[f"{kind}.delay_worst"] = float(np.median(waits)), float(max(waits))
        figures[f"{kind}.page_hinkley_delay"] = float(np.median([one["trivial"]["delay"] for one in measures]))
        figures[f"{kind}.since_error"] = float(np.median([one["since_error"] for one in measures]))
    return figures


def false_alarms(results: dict[str, list[dict[str, Any]]], populations: Sequence[Answers],
                 chance: np.random.Generator) -> dict[str, Any]:  # fmt: skip
    """Return false alarms per 1,000 events: in the controls of the pairs, by population on null streams, and worst."""
    measures = [one for kind in results.values() for one in kind]
    null = {}
    for one in populations:
        places = [np.arange(len(one.texts))]
        found = run([one], drawn(places, [NULL_EVENTS], NULL_STREAMS, chance), TOLERATED)
        null[one.model] = 1000 * sum(map(len, found)) / (NULL_EVENTS * NULL_STREAMS)
    return {
        "false_alarms_per_1000": 1000 * sum(one["false"] for one in measures) / sum(one["events"] for one in measures),
        "false_alarms_null": float(np.mean(list(null.values()))),
        "false_alarms_worst": max(null.values()),
        "false_alarms_promised": 2000 * TOLERATED,
        "false_alarms_page_hinkley": 1000
        * sum(one["trivial_false"] for one in measures)
        / sum(one["trivial_events"] for one in measures),
        **{f"null.{model}": rate for model, rate in null.items()},
    }


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=DATA, help="the folder that holds llmdrift and alpaca_eval")
    parser.add_argument("--json", action="store_true", help="print one JSON line")
    parser.add_argument("--shuffles", type=int, default=20)
    options = parser.parse_args()
    chance = np.random.default_rng(1)
    results: dict[str, list[dict[str, Any]]] = defaultdict(list)
    cold: list[float] = []
    populations: dict[str, Answers] = {}
    figures: dict[str, Any] = {}
    begun = time.monotonic()
    for pair in pairs(options.data):
        populations |= {pair.old.model: pair.old, pair.new.model: pair.new}
        found = measured(pair, options.shuffles, chance)
        results[pair.kind].append(found)
        figures[f"pair.{pair.name}"] = "/".join(
            f"{found[name]:.4g}" for name in ("within_50", "within_100", "within_300", "delay")
        )
        if pair.kind == "families":
            cold.append(measured(pair, options.shuffles, chance, COLD)["delay"])
    figures |= grouped(results)
    if cold:
        figures |= {"families.cold_delay": float(np.median(cold)), "families.cold_delay_worst": max(cold)}
    figures |= false_alarms(results, list(populations.values()), chance)
    mixes = np.array([mixed(one, chance) for one in populations.values() if len(np.unique(one.sources)) > 1])
    if len(mixes):
        count, said_input, said_model = mixes.sum(axis=0)
        figures |= {"mix.said_input": said_input / count, "mix.said_model": said_model / count}
    figures |= {f"us_per_event_{series}": cost_us(list(populations.values()), series) for series in (500, 5_000)}
    figures["seconds"] = round(time.monotonic() - begun, 1)
    found_never = {name: None for name, value in figures.items() if value == np.inf}
    report(figures | found_never | {f"goal.{name}": goal for name, goal in GOALS.items()}, options.json)


if __name__ == "__main__":
    main()
