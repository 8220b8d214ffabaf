"""What a series signal says beside its name: the same keys from every detector, so that a board can show them all."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

__all__ = ["at_time", "evidence"]


def evidence(
    feature: str, says: str, *,
    baseline: float | str | None = None, baseline_n: int | None = None,
    current: float | str | None = None, current_n: int | None = None,
    moved: Sequence[tuple[str, float]] = (), **more: Any,
) -> dict[str, Any]:  # fmt: skip
    """Return the evidence of a change of state; what is None or empty is left out.

    `feature`: what is watched, by the name of its column, signal or measure. `says`: one plain sentence that a person
    who is woken can act on: what moved, from what to what, since when or in how many events. `baseline` and `current`:
    the level before and since the change, numbers to six digits in the feature's unit, each with the number of events
    that it is taken from. `moved`: what moved most, with each one's share of the evidence, the largest first. `more`:
    what only this detector knows. The pipeline adds the ids of events `before` and `after`.
    """
    told = {
        "feature": str(feature), "says": says,
        "baseline": _digits(baseline), "baseline_n": baseline_n, "current": _digits(current), "current_n": current_n,
        "moved": [[name, round(float(part), 3)] for name, part in moved] or None,
    }  # fmt: skip
    return {name: value for name, value in {**told, **more}.items() if value is not None}


def at_time(time_us: int, *, seconds: bool = True) -> str:
    """Return a time of the day as sentences say it: `17:40:21 UTC`, or without the seconds."""
    return f"{datetime.fromtimestamp(int(time_us) / 1e6, UTC):{'%H:%M:%S' if seconds else '%H:%M'}} UTC"


def _digits(value: float | str | None) -> float | str | None:
    return value if value is None or isinstance(value, str) else float(f"{value:.6g}")
