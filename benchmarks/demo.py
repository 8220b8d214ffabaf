"""The demo's incidents: is each noticed within a minute of event time, and does nothing else fire?

    python -m benchmarks.demo [--seeds 3] [--hours 6] [--json] [--changes]

Simulated days, as `windvane demo` plays them, go through the whole pipeline without log or store, at the default budget
of false alarms. Of each incident and each signal that should fire: the share of days on which it did within 60 s, and
the median delay in seconds of event time, null where it did not. `strays`: what fired without an incident, in all.
Beside them river's Page-Hinkley on latency, with its defaults: what it notices of the incidents, and its strays.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from itertools import islice
from statistics import median
from typing import Any, Final

from benchmarks.common import report
from windvane.cli.simulation import INCIDENTS, simulate
from windvane.cli.simulation.verdict import IN_TIME_S, Verdict, judge
from windvane.stream.registry import make_pipeline
from windvane.stream.testing import batch_of

START_US: Final = 1_700_000_000_000_000
BASELINE: Final = ("river.drift.PageHinkley() on latency",)


def play(seed: int, hours: float, detectors: Sequence[str] | None, *, tell: bool) -> Verdict:
    """Play one day; print the changes of state if `tell`."""
    pipeline, events = make_pipeline(detectors), simulate(seed=seed, hours=hours, start_us=START_US)
    fired = []
    while part := list(islice(events, 1000)):
        for event in part:
            event["tags"].pop("incident", None)
        scored = pipeline.score(batch_of(part))
        for change in scored.changes:
            at_s, service = part[change.row]["time"] - START_US / 1e6, scored.series[change.series].service_name
            if change.state == "fired":
                fired.append((at_s, service, str(change.signal)))
            if tell and change.state not in ("learning", "ready"):
                share, says = at_s / 3600 / hours, change.evidence.get("says")
                print(f"{share:.4f} {change.state:9} {service}: {says} [{change.signal}: {change.evidence['feature']}]")
    assert not pipeline.failures, pipeline.failures
    return judge(fired, hours)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=3, help="how many days")
    parser.add_argument("--hours", type=float, default=6.0, help="hours of event time of each")
    parser.add_argument("--json", action="store_true", help="print one JSON line")
    parser.add_argument("--changes", action="store_true", help="print every change of state")
    options = parser.parse_args()
    verdicts = [play(seed, options.hours, None, tell=options.changes) for seed in range(options.seeds)]
    trivial = [play(seed, options.hours, BASELINE, tell=False) for seed in range(options.seeds)]
    figures: dict[str, Any] = {}
    for incident in INCIDENTS:
        for signal in incident.expect:
            delays = [verdict.delays[incident.name].get(signal, float("inf")) for verdict in verdicts]
            figures[f"{incident.name}.{signal}_in_time"] = sum(delay <= IN_TIME_S for delay in delays) / len(delays)
            figures[f"{incident.name}.{signal}_s"] = round(median(delays), 1) if median(delays) < float("inf") else None
        figures[f"{incident.name}.page_hinkley_in_time"] = sum(
            any(delay <= IN_TIME_S for delay in verdict.delays[incident.name].values()) for verdict in trivial
        ) / len(trivial)
    figures["strays"] = sum(len(verdict.strays) for verdict in verdicts)
    figures["page_hinkley_strays"] = sum(len(verdict.strays) for verdict in trivial)
    report(figures, options.json)


if __name__ == "__main__":
    main()
