"""Incidents in minutes of LLM services: how many are found, how soon, at how many false alarms.

    python -m benchmarks.incidents [--data PATH] [--json] [--full]

Series of eight days by the minute, made from the traces (`azure_llm_trace/*.csv`, `mooncake_trace/*.jsonl`,
`llmperf/*.jsonl`): of each trace of calls their number (Poisson, with the trace's level and first-order autoregressive
noise, its spread cut at 0.6, a day that swings by 50 %, weekends at 0.7 of it) and their tokens (drawn from the
trace's); of LLMPerf the latencies of three of its models at 20 calls a minute. Six seeds of each. Into a copy of each
comes one incident, at a random time from the third day on: the usual times 1.5, 3 or 0.5 for an hour, times 5 for three
minutes, times 3 for one, a ramp to twice the usual in three hours, and 20 minutes without calls (of calls alone).

Found: the share of incidents in which there is an alarm from their start until five minutes after their end that the
same series without it does not have. `delay`: the median minutes until then. `since`: the median of the minutes by
which the alarm's estimate of the beginning is off. `false`: alarms a series and week after the first day, without
incidents. By kind and trace, too: calls, tokens, latency.

Ours is asked for 20 false alarms a series and week: it raises far fewer. Beside it, on the same minutes: deviations
from running means (three of them, the best of each incident is told), their threshold chosen so that they raise 3; and
river's detectors, of each the setting that comes closest to 3 from below (of all, the one with the fewest where none
does), on the series of one seed (of two with `--full`).

`events_*`: through the pipeline from events: seconds from a silence and from three times the calls until the alarm, and
alarms without reason. `us_*`: what it costs an event, all four measures and the closing of minutes included, and a
closed minute of one measure.
"""

from __future__ import annotations

import argparse
import time
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from benchmarks.common import report
from benchmarks.incidents_cost import costs, end_to_end
from benchmarks.incidents_rivals import DEVIATIONS, RIVER, deviations, levels, noticed
from benchmarks.incidents_series import DAYS, INCIDENTS, MINUTES, Minutes, befall, series_of
from windvane.stream.anomaly.closing import judge_minute
from windvane.stream.anomaly.fired import RECOVERED
from windvane.stream.anomaly.track import TRACK
from windvane.stream.compiled import compiled

DATA: Final = Path(__file__).parents[1].parent / "shared" / "data"
ASKED: Final = 20.0
ALLOWED: Final = 3.0
SEEDS: Final = 6
GOALS: Final = {"x3_60_min": 0.95, "x1.5_60_min": 0.70, "ramp_to_x2_in_3_h": 0.85, "silence_20_min": 0.95}
_DAY: Final = 1440
_AFTER: Final = 5

Places = NDArray[np.int64]


@dataclass(frozen=True)
class Case:
    """A series, and copies of it with an incident each: its name, its first minute and the copy."""

    clean: Minutes
    hits: list[tuple[str, int, Minutes]]


def cases(data: Path) -> list[list[Case]]:
    """Return the cases of each seed."""
    made = []
    for seed in range(SEEDS):
        of_seed = []
        for number, one in enumerate(series_of(data, seed)):
            hits = []
            for place, incident in enumerate(INCIDENTS):
                chance = np.random.default_rng([seed, number, place])
                start = int(chance.integers(2 * _DAY, MINUTES - 4 * 60))
                if hit := befall(one, incident, start, chance):
                    hits.append((incident, start, hit))
            of_seed.append(Case(one, hits))
        made.append(of_seed)
    return made


def ours(one: Minutes) -> tuple[Places, Places]:
    """Return the minutes in which the detector fires, and since when it says that it was so."""
    track = np.zeros(1, TRACK)
    codes, since = np.zeros(MINUTES, np.int64), np.zeros(MINUTES, np.int64)
    stake = ASKED / (7 * _DAY)
    _judge(track[0], one.counted, one.first, one.count, one.total, one.squares, stake, codes, since)
    fired = np.flatnonzero((codes > 0) & (codes < RECOVERED))
    return fired, since[fired]


@compiled
def _judge(track: Any, counted: bool, first: int, count: Any, total: Any, squares: Any, stake: float, codes: Any,
           since: Any) -> None:  # fmt: skip
    for at in range(len(count)):
        if count[at] > 0 or counted:
            codes[at] = judge_minute(track, counted, first + at, count[at], total[at], squares[at], stake)
            since[at] = track.fired_since - first


def new_alarms(fired: Places, clean: Places, incident: str, start: int) -> Places:
    """Return the places in `fired` of alarms that belong to the incident."""
    end = start + INCIDENTS[incident][1] + _AFTER
    return np.flatnonzero((fired >= start) & (fired < end) & ~np.isin(fired, clean))


def figures_of_ours(made: Sequence[Sequence[Case]]) -> dict[str, Any]:
    found, delays, errors, false = defaultdict(list), defaultdict(list), defaultdict(list), defaultdict(list)
    ours(made[0][0].clean)  # compiled
    spent, judged = 0.0, 0
    for case in (case for of_seed in made for case in of_seed):
        began = time.process_time()
        clean, _ = ours(case.clean)
        spent, judged = spent + time.process_time() - began, judged + MINUTES
        kind = f"{case.clean.kind} {case.clean.trace}"
        for name in ("", kind):
            false[name].append(float((clean >= _DAY).sum()) / (DAYS - 1) * 7)
        for incident, start, hit in case.hits:
            fired, since = ours(hit)
            new = new_alarms(fired, clean, incident, start)
            for name in (incident, f"{incident} {kind}"):
                found[name].append(len(new) > 0)
            if len(new):
                delays[incident].append(fired[new[0]] - start)
                errors[incident].append(abs(since[new[0]] - start))
    told: dict[str, Any] = {"false": np.mean(false[""]), "us_per_closed_minute": spent / judged * 1e6}
    for incident in INCIDENTS:
        told |= {
            f"found {incident}": np.mean(found[incident]),
            f"delay {incident}": np.median(delays[incident]) if delays[incident] else np.nan,
            f"since {incident}": np.median(errors[incident]) if errors[incident] else np.nan,
        }
    told |= {f"found {name}": np.mean(hits) for name, hits in found.items() if name not in INCIDENTS}
    return told | {f"false {name}": np.mean(counts) for name, counts in false.items() if name}


def figures_of_deviations(all_cases: Iterable[Case]) -> dict[str, Any]:
    made = list(all_cases)
    weeks = len(made) * (DAYS - 1) / 7
    best: dict[str, float] = {}
    for weight, differences in DEVIATIONS.values():
        clean = [deviations(levels(case.clean), weight, differences) for case in made]
        ranked = np.sort(np.concatenate([scores[_DAY:] for scores in clean]))[::-1]
        bar = ranked[int(ALLOWED * weeks)]
        found = defaultdict(list)
        for case, scores in zip(made, clean, strict=True):
            for incident, start, hit in case.hits:
                fired = np.flatnonzero(deviations(levels(hit), weight, differences) > bar)
                found[incident].append(len(new_alarms(fired, np.flatnonzero(scores > bar), incident, start)) > 0)
        for incident, hits in found.items():
            best[incident] = max(best.get(incident, 0.0), float(np.mean(hits)))
    return {f"best of three ewma, found {incident}": share for incident, share in best.items()}


def figures_of_river(made: Sequence[Case]) -> dict[str, Any]:
    told: dict[str, Any] = {}
    for name, settings in RIVER.items():
        tried = []
        for make in settings:
            false, found = 0, defaultdict(list)
            for case in made:
                hits = [
                    (start, levels(hit)[start : start + INCIDENTS[incident][1] + _AFTER])
                    for incident, start, hit in case.hits
                ]
                clean, *noticed_of = noticed(make, levels(case.clean), hits)
                false += int((clean >= _DAY).sum())
                for (incident, start, _), fired in zip(case.hits, noticed_of, strict=True):
                    found[incident].append(len(new_alarms(fired, clean, incident, start)) > 0)
            tried.append((false / len(made) / (DAYS - 1) * 7, {key: np.mean(hits) for key, hits in found.items()}))
        within = [one for one in tried if one[0] <= ALLOWED]
        false_alarms, shares = max(within, key=lambda one: one[0]) if within else min(tried, key=lambda one: one[0])
        told[f"river {name}, false"] = false_alarms
        told |= {f"river {name}, found {incident}": share for incident, share in shares.items()}
    return told


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=DATA)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--full", action="store_true", help="river's detectors on the series of two seeds")
    options = parser.parse_args()
    made = cases(options.data)
    figures = figures_of_ours(made)
    figures |= figures_of_deviations(case for of_seed in made for case in of_seed)
    figures |= figures_of_river([case for of_seed in made[: 2 if options.full else 1] for case in of_seed])
    figures |= end_to_end() | costs() | {f"goal {name}": goal for name, goal in GOALS.items()}
    report(
        {key.replace(" ", "_").replace(",", ""): value if isinstance(value, str) else float(value)
         for key, value in figures.items()},
        options.json,
    )  # fmt: skip


if __name__ == "__main__":
    main()
