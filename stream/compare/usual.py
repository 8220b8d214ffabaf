"""What is usual of a series: its share of failures, its latency; and how much likelier trouble is than that."""

from __future__ import annotations

from typing import Any, Final

import numpy as np

from windvane.stream.baseline import WARM_UP
from windvane.stream.compiled import compiled

__all__ = ["ERRORS", "LATENCY", "USUAL", "count", "gain", "learn", "look", "material"]

ERRORS, LATENCY = 0, 1
_SLOW, _SLOWER = np.log(1.5), np.log(2.0)
"""A call is slow at half as much time again as usual, a provider at twice the time: latency has tides of its own."""
_MEMORY: Final = 1024
"""Calls that what is usual is taken from."""

USUAL: Final = np.dtype(
    [
        ("seen", "i8"),
        ("home", "u8"),  # of service and model
        ("epoch", "i4"),  # the provider's, to know when what was usual is so no longer
        ("last", "i8"),
        ("failed", "f4"),  # the usual share
        ("answered", "i8"),
        ("mean", "f4"),  # of the logarithm of latency
        ("variance", "f4"),
        ("slow", "f4"),  # the usual share of slow calls
        ("weight", "f8", (2,)),  # how much likelier trouble is than the usual, never below 1
        ("since", "i8", (2,)),  # when it was 1
        ("count", "f4", (2,)),  # since then: calls; those that failed, or how much slower they were
        ("sum", "f4", (2,)),
    ]
)
"""Of a series, by itself."""


@compiled
def look(held: Any, kind: int, failed: bool, latency: float) -> tuple[bool, float, float]:
    """Return whether the event is a sign of trouble, its level, and how usual such a sign is at most."""
    if kind == ERRORS:
        known = min(held.seen, _MEMORY)
        return failed, 1.0 if failed else 0.0, (held.failed * known + 2.0) / (known + 64.0)
    known = min(held.answered, _MEMORY)
    slower = min(max(np.log(latency) - held.mean, -3.0), 3.0)
    return bool(slower > max(np.sqrt(held.variance), _SLOW)), slower, (held.slow * known + 16.0) / (known + 64.0)


@compiled
def learn(held: Any, kind: int, bad: bool, latency: float) -> None:
    """Take an event in as a usual one."""
    if kind == ERRORS:
        held.seen += 1
        held.failed += ((1.0 if bad else 0.0) - held.failed) / min(held.seen, _MEMORY)
        return
    held.answered += 1
    rate = 1.0 / min(held.answered, _MEMORY)
    if held.answered > WARM_UP // 2:  # the level is known well enough to say what lies above it
        held.slow += ((1.0 if bad else 0.0) - held.slow) / min(held.answered - WARM_UP // 2, _MEMORY)
    apart = np.log(latency) - held.mean
    if held.answered > WARM_UP:  # one absurd value must not widen what is usual
        most = 4.0 * np.sqrt(held.variance) + 0.1
        apart = min(max(apart, -most), most)
    held.mean += rate * apart
    held.variance += rate * (apart * apart * (1.0 - rate) - held.variance)


@compiled
def gain(bad: bool, usually: float, share: float) -> float:
    """Return how much likelier an event is where `share` are bad than where as many are as `usually`."""
    return share / usually if bad else (1.0 - share) / (1.0 - usually)


@compiled
def count(held: Any, kind: int, level: float, time: int) -> bool:
    """Count an event; return whether it is the first since nothing spoke for trouble."""
    first = bool(held.weight[kind] <= 1.0)
    if first:
        held.weight[kind], held.since[kind] = 1.0, time
        held.count[kind] = held.sum[kind] = 0.0
    held.weight[kind] = min(held.weight[kind], 1e30)
    held.count[kind] += 1.0
    held.sum[kind] += level
    return first


@compiled
def material(held: Any, kind: int) -> bool:
    """Return whether what has been counted is worth a word: one call in twenty, or twice the time."""
    return bool(held.sum[kind] >= (0.05 if kind == ERRORS else _SLOWER) * held.count[kind])
