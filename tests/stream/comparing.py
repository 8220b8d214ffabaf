"""Traffic in which one of several does otherwise than the rest: a version, a provider, a user."""

from __future__ import annotations

import numpy as np

from tests.stream.traffic import Event

__all__ = ["rolling_out", "running_away", "troubled"]


def _events(count: int, series: int, seed: int, apart_s: float) -> tuple[list[Event], np.random.Generator]:
    chance = np.random.default_rng(seed)
    return [
        {
            "id": f"e{number}",
            "time": 1_700_000_000 + number * apart_s,
            "service": f"s{chance.integers(series)}",
            "model": f"m{chance.integers(2)}",
            "latency": float(chance.lognormal(0, 0.3)),
            "input_tokens": int(chance.integers(300, 600)),
            "user": f"u{chance.integers(50)}",
        }
        for number in range(count)
    ], chance


def rolling_out(count: int = 1500, *, series: int = 3, seed: int = 0) -> list[Event]:
    """Return events of prompt version 3 and, two in five, of 4, whose calls fail more often until two thirds."""
    events, chance = _events(count, series, seed, 1.0)
    for number, event in enumerate(events):
        event |= {"model": "m", "prompt_version": "34"[int(chance.random() < 0.4)]}
        worse = event["prompt_version"] == "4" and number < count * 2 // 3
        if chance.random() < (0.6 if worse else 0.02):
            event["error"] = "500"
    return events


def troubled(count: int = 1500, *, series: int = 3, seed: int = 0) -> list[Event]:
    """Return events of a provider per service that asks two models; the first service's fails for a quarter of them."""
    events, chance = _events(count, series, seed, 1.0)
    for number, event in enumerate(events):
        event["provider"] = f"p{event['service']} of {series}"
        ill = event["service"] == "s0" and count // 2 <= number < count * 3 // 4
        if chance.random() < (0.6 if ill else 0.005):
            event["error"] = "503"
    return events


def running_away(count: int = 1500, *, series: int = 3, seed: int = 0) -> list[Event]:
    """Return four hours of events; at three quarters one user's calls get many and long."""
    events, chance = _events(count, series, seed, 10.0)
    for number, event in enumerate(events):
        if number >= count * 3 // 4 and chance.random() < 0.7:
            event |= {"user": "u7", "input_tokens": 20 * event["input_tokens"]}
    return events
