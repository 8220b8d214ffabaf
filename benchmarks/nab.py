"""Anomaly scores for the Numenta Anomaly Benchmark, in one pass, as its own scorer reads them; and what a point costs.

    python -m benchmarks.nab --data DIR --out DIR [--detector windvane|ewma|river] [--json]

DIR of `--data` holds NAB's `<category>/<file>.csv` (timestamp, value), of any categories; to the other is written
`<category>/windvane_<file>.csv` with timestamp, value and anomaly_score of every row. Nothing is looked at before its
turn: not a file's length, nor its range, nor its labels.

The scores by NAB's rules (`nab_rules`), where `combined_windows.json` lies in that folder or beside it: `standard`,
`reward_low_FP_rate`, `reward_low_FN_rate`, of the files that are there; `threshold`: that of the standard one.
Goal: 75 standard. `points`, `files`: how much was scored. `alarms_per_1000`: rows with a score of 0.5 or more.
`us_…`: CPU microseconds per point, all series taking turns, each after 1,200 points, compile time left out;
`ratio`: the cost at 10,000 series as a multiple of that at 100. `us_ewma`, `us_river`: the trivial detector's and
river's, for one series. All three keep silent after an alarm. Goal: 5 at 1,000 series.

The trivial detector: how many standard deviations a value is off an exponentially weighted mean (weight 0.001, the best
of three). River's: `HalfSpaceTrees` behind a `MinMaxScaler`, as they come.
"""

from __future__ import annotations

import argparse
import csv
import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from river import anomaly, preprocessing

from benchmarks.common import report
from benchmarks.nab_rules import FileScores, score
from windvane.stream.anomaly.novelty import NOVELTY, novelty

GOAL, GOAL_US = 75.0, 5.0
WINDOWS: Final = "combined_windows.json"
SERIES: Final = (1, 100, 1_000, 10_000)
LEARNED, TIMED, CHUNK, TRACK = 1_200, 200_000, 20, 4_096
REST: Final = 100
WEIGHT: Final = 0.001
STEP_US: Final = 300_000_000


@dataclass(frozen=True, slots=True)
class File:
    """One file, as it is and in numbers."""

    category: str
    name: str
    rows: list[tuple[str, str]]
    values: NDArray[np.float64]
    times_us: NDArray[np.int64]


def read(path: Path) -> File:
    with path.open(newline="") as lines:
        rows = [(row["timestamp"], row["value"]) for row in csv.DictReader(lines)]
    values = np.array([float(value) if value else np.nan for _, value in rows])
    times = np.array([at for at, _ in rows], "M8[us]").astype(np.int64)
    return File(path.parent.name, path.name, rows, values, times)


def by_windvane(values: NDArray[np.float64], times_us: NDArray[np.int64]) -> NDArray[np.float64]:
    state, scores = np.zeros(1, NOVELTY), np.zeros(len(values))
    novelty(state, np.zeros(len(values), np.int64), values, times_us, scores)
    return scores


def by_ewma(values: NDArray[np.float64], times_us: NDArray[np.int64]) -> NDArray[np.float64]:
    found, mean, variance = np.zeros(len(values)), 0.0, 0.0
    for at, value in enumerate(values.tolist()):
        off = value - mean if at else 0.0
        if at >= REST and variance > 0:
            found[at] = abs(off) / variance**0.5
        weight = max(WEIGHT, 1 / (at + 1))
        mean = mean + weight * off if at else value
        variance = (1 - weight) * (variance + weight * off * off)
    return peaks(found / (found + 10))


def by_river(values: NDArray[np.float64], times_us: NDArray[np.int64]) -> NDArray[np.float64]:
    model: Any = preprocessing.MinMaxScaler() | anomaly.HalfSpaceTrees(seed=0)
    found = np.zeros(len(values))
    for at, value in enumerate(values.tolist()):
        found[at] = model.score_one({"value": value})
        model.learn_one({"value": value})
    return peaks(found)


def peaks(found: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the scores that exceed all of the last 100, the others as 0."""
    before = np.lib.stride_tricks.sliding_window_view(np.append(np.zeros(REST), found[:-1]), REST).max(axis=1)
    return np.where(found > before, found, 0.0)


DETECTORS: Final[dict[str, Callable[[NDArray[np.float64], NDArray[np.int64]], NDArray[np.float64]]]] = {
    "windvane": by_windvane,
    "ewma": by_ewma,
    "river": by_river,
}


def write(out: Path, file: File, scores: NDArray[np.float64]) -> None:
    path = out / file.category / f"windvane_{file.name}"
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", newline="") as lines:
        writer = csv.writer(lines, lineterminator="\n")
        writer.writerow(["timestamp", "value", "anomaly_score"])
        writer.writerows([at, value, f"{score:.9f}"] for (at, value), score in zip(file.rows, scores, strict=True))


def windows_of(data: Path) -> dict[str, list[tuple[int, int]]]:
    """Return the windows of each file, none where there are no labels."""
    found = next((path for path in (data / WINDOWS, data.parent / WINDOWS) if path.exists()), None)
    labels = json.loads(found.read_text()) if found else {}
    return {name: [(_us(first), _us(last)) for first, last in pairs] for name, pairs in labels.items()}


def _us(at: str) -> int:
    return int(np.datetime64(at, "us").astype(np.int64))


def cost_us(files: list[File], series: int) -> float:
    """Return what a point costs when `series` of them take turns, each a file begun at a place of its own."""
    tracks = np.stack([np.resize(file.values, TRACK) for file in files])
    track, first = np.arange(series) % len(files), np.arange(series) * 37
    state, spent, points = np.zeros(series, NOVELTY), 0.0, 0
    rounds = max(TIMED // series, 20)
    for begin in range(0, LEARNED + rounds, CHUNK):
        turns = np.arange(begin, min(begin + CHUNK, LEARNED + rounds))
        values = tracks[track, (first + turns[:, None]) % TRACK].ravel()
        places, times_us = np.tile(np.arange(series), len(turns)), np.repeat(turns * STEP_US, series)
        scores = np.empty(len(values))
        start = time.process_time()
        novelty(state, places, values, times_us, scores)
        if begin >= LEARNED:
            spent += time.process_time() - start
            points += len(values)
    return spent / points * 1e6


def timed(detector: str, file: File) -> float:
    start = time.process_time()
    DETECTORS[detector](file.values[:LEARNED], file.times_us[:LEARNED])
    return (time.process_time() - start) / min(LEARNED, len(file.values)) * 1e6


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="NAB's data folder")
    parser.add_argument("--out", type=Path, required=True, help="where the result files go")
    parser.add_argument("--detector", choices=sorted(DETECTORS), default="windvane")
    parser.add_argument("--json", action="store_true", help="print one JSON line")
    options = parser.parse_args()
    files = [read(path) for path in sorted(options.data.rglob("*.csv")) if options.out not in path.parents]
    if not files:
        parser.error(f"no <category>/<file>.csv under {options.data}: name NAB's data folder")
    points = alarms = 0
    windows, told = windows_of(options.data), list[FileScores]()
    for file in files:
        scores = DETECTORS[options.detector](file.values, file.times_us)
        write(options.out, file, scores)
        labels = windows.get(f"{file.category}/{file.name}")
        if labels is not None:
            told.append((scores.round(9), file.times_us, labels))
        points += len(scores)
        alarms += int((scores >= 0.5).sum())
    figures: dict[str, Any] = {"detector": options.detector, "files": len(files), "points": points}
    figures["alarms_per_1000"] = round(alarms / points * 1000, 3)
    if told:
        figures |= score(told) | {"standard_goal": GOAL}
    if options.detector == "windvane":
        for series in SERIES:
            figures[f"us_{series}_series"] = round(cost_us(files, series), 2)
        figures["ratio"] = round(figures["us_10000_series"] / figures["us_100_series"], 2)
        figures |= {f"us_{name}": round(timed(name, files[0]), 2) for name in ("ewma", "river")}
        figures |= {"us_1000_series_goal": GOAL_US, "bytes_per_series": NOVELTY.itemsize}
    report(figures, options.json)


if __name__ == "__main__":
    main()
