"""A partition's clock: the latest time heard of its events, by which minutes are closed."""

from __future__ import annotations

from typing import Any, Final

from windvane.stream.compiled import compiled

__all__ = ["CLOCK", "GRACE_US", "MINUTE_US", "closes_us", "heard", "last_closed"]

MINUTE_US: Final = 60_000_000
GRACE_US: Final = 10_000_000
"""How long after its end a minute still waits for its events."""
_SKEW_US: Final = 60_000_000
_DAY_US: Final = 24 * 3600 * 1_000_000
_HOUR_US: Final = 3600 * 1_000_000

CLOCK: Final = [("now_us", "i8"), ("ahead_us", "i8")]
"""The fields of a clock: the latest time believed, and one that waits for another to say the like."""


@compiled
def heard(clock: Any, time_us: int, logged_us: int) -> bool:
    """Take an event's time in, and return whether it is believed: the clock does not pass what is not.

    A time that is more than a minute beyond the log's own is some machine's mistake. Where the log has no time (0), a
    leap of more than a day waits for the next event to say the like.
    """
    if logged_us > 0:
        if time_us > logged_us + _SKEW_US:
            return False
    elif 0 < clock.now_us < time_us - _DAY_US and abs(time_us - clock.ahead_us) > _HOUR_US:
        clock.ahead_us = time_us
        return False
    clock.ahead_us = 0
    clock.now_us = max(clock.now_us, time_us)
    return True


@compiled
def last_closed(now_us: int) -> int:
    """Return the last minute that is closed, in minutes since 1970."""
    return (now_us - GRACE_US) // MINUTE_US - 1


@compiled
def closes_us(time_us: int) -> int:
    """Return at which time of the clock the minute of an event is closed."""
    return (time_us // MINUTE_US + 1) * MINUTE_US + GRACE_US
