"""Events whose number in a minute moves."""

from __future__ import annotations

import numpy as np

from tests.stream.traffic import Event

__all__ = ["calling"]

START = 1_699_980_000


def calling(*, series: int = 3, seed: int = 0) -> list[Event]:
    """Return four hours of events, 12 a minute, 60 for half an hour of it, in which none is of the last service.

    Times are the same for every seed: a minute is closed by the events of all series. Some are out of order.
    """
    chance = np.random.default_rng(seed)
    times = np.concatenate([np.arange(0, 9000, 5), np.arange(9000, 10800, 1), np.arange(10800, 14400, 5)])
    made = []
    for number, time in enumerate(times.tolist()):
        busy = 9000 <= time < 10800
        service = chance.integers(max(series - 1, 1) if busy else series)
        made.append(
            {
                "id": f"e{number}",
                "time": START + time + number * 7919 % 11 - 5,
                "service": f"s{service}",
                "latency": float(chance.lognormal(0, 0.3)),
                "input_tokens": int(chance.integers(100, 200)),
                "output_tokens": int(chance.integers(10, 50)),
            }
        )
    return made
