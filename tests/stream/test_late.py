"""Events that come after their minute was closed are said to be late, and by how much."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from windvane.stream.features.late import Late
from windvane.stream.testing import batch_of

MINUTE = 1_699_999_980


def late(times: list[Any], *, logged: int = MINUTE + 86400) -> list[float | None]:
    said = Late().score(
        batch_of(({"time": time} for time in times), logged_us=logged * 1_000_000), np.zeros(len(times), np.int64), 1
    )
    return [None if np.isnan(value) else round(float(value), 3) for value in said]


def test_a_minute_waits_ten_seconds_for_its_events() -> None:
    assert late([MINUTE + 5, MINUTE + 69.9, MINUTE + 59]) == [None, None, None]
    assert late([MINUTE + 5, MINUTE + 70, MINUTE + 59, MINUTE + 61]) == [None, None, 0.0, None]


def test_it_says_by_how_many_seconds() -> None:
    assert late([MINUTE + 3600, MINUTE + 59, MINUTE + 3605, MINUTE + 59]) == [None, 3530.0, None, 3535.0]


def test_a_time_beyond_the_logs_own_makes_nobody_late() -> None:
    assert late([MINUTE, MINUTE + 7200, MINUTE + 1], logged=MINUTE + 30) == [None, None, None]
    assert late([MINUTE, MINUTE + 7200, MINUTE + 1], logged=MINUTE + 7200) == [None, None, 7130.0]


@pytest.mark.parametrize("others", [0, 1])
def test_where_the_log_has_no_time_a_leap_of_days_is_believed_when_a_second_event_says_so(others: int) -> None:
    far = MINUTE + 10 * 86400
    said = late([MINUTE, far, *[far + 1] * others, MINUTE + 1], logged=0)
    assert (said[-1] is None) == (others == 0)
