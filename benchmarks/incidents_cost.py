"""Of `benchmarks.incidents`: an incident from events to the alarm through the pipeline, and what it costs."""

from __future__ import annotations

import time
from typing import Any, Final

import numpy as np

from windvane.stream.anomaly.closing import MEASURES
from windvane.stream.anomaly.minutes import Minutes as Detector
from windvane.stream.anomaly.track import TRACK
from windvane.stream.pipeline import Pipeline
from windvane.stream.testing import batch_of

__all__ = ["costs", "end_to_end"]

_START: Final = 1_699_833_600  # a Monday
_BATCH: Final = 2_000
_HOURS: Final = 74


def end_to_end() -> dict[str, float]:
    """Return what the pipeline says of events: a service that is silent for 20 minutes, one that is called thrice as
    much for an hour, and one to which nothing happens, on the fourth day of about 8 calls a minute each."""
    chance = np.random.default_rng(0)
    hours = np.arange(_HOURS * 60) / 60
    usual = 8 * (1 + 0.5 * np.sin(2 * np.pi * hours / 24))
    first = 73 * 60
    events = []
    for service in ("steady", "silent", "busy"):
        rate = usual.copy()
        if service == "silent":
            rate[first : first + 20] = 0
        if service == "busy":
            rate[first:] *= 3
        minutes = np.repeat(np.arange(len(rate)), chance.poisson(rate))
        events += [(_START + 60 * minute, service) for minute in minutes + chance.random(len(minutes))]
    events.sort()
    pipeline, found = Pipeline([Detector()]), []
    for at in range(0, len(events), _BATCH):
        part = [{"time": when, "service": service, "latency": 1.0} for when, service in events[at : at + _BATCH]]
        scored = pipeline.score(batch_of(part, logged_us=(_START + 10**6) * 10**6))
        found += [
            (scored.series[change.series].service_name, part[change.row]["time"] - _START - first * 60)
            for change in scored.changes
            if change.state == "fired"
        ]
    delays = {name: [when for service, when in found if service == name] for name in ("steady", "silent", "busy")}
    return {
        "events_silence_s": min(delays["silent"], default=float("nan")),
        "events_x3_s": min(delays["busy"], default=float("nan")),
        "events_false": float(sum(when < 0 for _, when in found) + sum(when >= 0 for when in delays["steady"])),
    }


def costs() -> dict[str, Any]:
    """Return bytes a series and microseconds an event: 100 series with 20 a minute each, 10,000 with one each."""
    told: dict[str, Any] = {"state_bytes_per_series": TRACK.itemsize * MEASURES}
    for series in (100, 10_000):
        per_minute, minutes = max(series, _BATCH), 10
        detector, pipeline = Detector(), Pipeline([])
        batches = []
        for minute in range(minutes):
            part = [
                {"time": _START + 60 * minute + 60 * n / per_minute, "service": f"s{n % series}", "latency": 1.0,
                 "input_tokens": 10, "output_tokens": 5}
                for n in range(per_minute)
            ]  # fmt: skip
            batch = batch_of(part, logged_us=(_START + 10**6) * 10**6)
            batches.append((batch, pipeline.members(batch)))
        for batch, members in batches[:2]:
            detector.update(batch, members)
        began = time.perf_counter()
        for batch, members in batches[2:]:
            detector.update(batch, members)
        spent = time.perf_counter() - began
        told[f"us_per_event_at_{series}_series"] = spent / (per_minute * (minutes - 2)) * 1e6
    return told
