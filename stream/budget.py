"""How many false alarms may be raised, and how a series spends its share of them."""

from __future__ import annotations

from typing import Final

from windvane.stream.compiled import compiled

__all__ = ["HOUR_US", "WEEK_US", "clock", "spend"]

WEEK_US: Final = 7 * 24 * 3600 * 1_000_000
HOUR_US: Final = 3600 * 1_000_000


@compiled
def spend(per_week: float, streams: int, last_us: int, now_us: int) -> float:
    """Return what one stream of evidence may spend at an event: the false alarms it may expect to raise by it.

    `per_week` false alarms a week are shared by `streams` streams alike, each spends its share as time passes: at one
    event an hour's worth at most (see `clock`), and nothing where time went back.

    Evidence is a Shiryaev-Roberts sum, R := (R + spend) * e, where e >= 0 has a mean of at most 1 while nothing has
    changed; it alarms at R >= 1 and begins anew at 0. R less what was spent is then a supermartingale, so the expected
    number of false alarms up to any event, looked at after every one, is at most what was spent: Pollak (1985), Optimal
    detection of a change in distribution; Shin, Ramdas, Rinaldo (2024), E-detectors. It holds for a mixture of such
    sums whose weights are 1 in all.
    """
    passed = min(max(now_us - last_us, 0), HOUR_US)
    return per_week * passed / (WEEK_US * streams)


@compiled
def clock(last_us: int, now_us: int) -> int:
    """Return a stream's time after an event: later by an hour at most, so that one absurd time does not stop it."""
    return last_us + min(max(now_us - last_us, 0), HOUR_US)
