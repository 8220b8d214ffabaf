"""A shift in words."""

from __future__ import annotations

from collections import Counter
from typing import Any, Final

import numpy as np

from windvane.stream.detector import State
from windvane.stream.evidence import at_time, evidence
from windvane.stream.shifts.judge import ACCEPTED, ANNOUNCED, FIRED, RECOVERED
from windvane.stream.shifts.record import CLASSES
from windvane.stream.shifts.watched import FAILED, WATCHED, Watched

__all__ = ["STATES", "told_of"]

STATES: Final[dict[int, State]] = {FIRED: "fired", RECOVERED: "recovered", ACCEPTED: "accepted", ANNOUNCED: "accepted"}


def told_of(told: Any) -> dict[str, Any]:
    """Return the evidence of a record of `TOLD`."""
    watched = WATCHED[told["feature"]]
    before, now = (watched.scale.value(float(told[name])) for name in ("before", "now"))
    fired = told["state"] == FIRED
    failures = _classes(told) if fired and told["feature"] == FAILED else {}
    says = _fired(watched, told, before, now, failures) if fired else _ended(watched, told, before, now)
    return evidence(
        watched.feature, says, baseline=before, baseline_n=int(told["before_n"]), current=now,
        current_n=int(told["now_n"]), moved=_moved(told),
        direction=("up" if now > before else "down") if fired else None, errors=failures or None,
    )  # fmt: skip


def _fired(watched: Watched, told: Any, before: float, now: float, failures: dict[str, int]) -> str:
    count, usual = int(told["now_n"]), int(told["before_n"])
    if told["feature"] == FAILED:
        failed = round(now * count)
        kinds = ", ".join(f"{name} {number}" for name, number in failures.items())
        known = sum(failures.values())
        kinds = f" ({kinds})" if known == failed else f" (of the last {known}: {kinds})"
        return f"{failed} of the last {count:,} calls failed{kinds}; {_of(before, usual)} did before"
    went = "went up" if now > before else "went down"
    since = f"in {int(told['since_n']):,} events since {at_time(told['since_us'])}"
    others = [f"{_named(one)} {_written(one, was)} to {_written(one, is_)}" for one, was, is_ in _others(told)]
    also = f"; with it {', '.join(others)}" if others else ""
    return f"{_named(watched)} {went} from {_written(watched, before)} to {_written(watched, now)}, {since}{also}"


def _ended(watched: Watched, told: Any, before: float, now: float) -> str:
    named, since = _named(watched), at_time(told["since_us"])
    was, is_ = _written(watched, before), _written(watched, now)
    if told["state"] == RECOVERED:
        return f"{named} went back to {is_}; it was {was} before {since}"
    if told["state"] == ANNOUNCED:
        return f"a new release was announced; {named} is learned anew"
    return f"{named} stayed at {is_} since {since}: that is usual from now on, instead of {was}"


def _named(watched: Watched) -> str:
    if watched.unit == "%":
        return f"share of {watched.title}"
    return f"{'mean' if watched.scale.mean else 'median'} {watched.title}"


def _moved(told: Any) -> list[tuple[str, float]]:
    found = zip(told["moved"], told["share"], strict=True)
    shares = [(WATCHED[place - 1].feature, float(share)) for place, share in found if place]
    total = sum(share for _, share in shares) or 1.0
    return sorted(((name, share / total) for name, share in shares), key=lambda one: -one[1])


def _others(told: Any) -> list[tuple[Watched, float, float]]:
    found = []
    for place, was, now in zip(told["moved"], told["moved_before"], told["moved_now"], strict=True):
        if place and place - 1 != told["feature"]:
            one = WATCHED[place - 1]
            found.append((one, one.scale.value(float(was)), one.scale.value(float(now))))
    return found


def _classes(told: Any) -> dict[str, int]:
    """Return the classes of the failures since the change, as far as they are remembered, the most frequent first."""
    failed = min(round(WATCHED[FAILED].scale.value(float(told["now"])) * int(told["now_n"])), CLASSES)
    last = [told["classes"][(int(told["class_at"]) - 1 - number) % CLASSES] for number in range(failed)]
    names = [np.ascontiguousarray(words).tobytes().rstrip(b"\0").decode(errors="ignore") for words in last]
    return dict(Counter(name for name in names if name).most_common())


def _of(share: float, count: int) -> str:
    return f"{round(share * count):,} of {count:,}"


def _written(watched: Watched, value: float) -> str:
    if watched.unit == "%":
        return f"{value:.1%}" if value < 0.1 else f"{value:.0%}"
    number = f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.3g}"
    return f"{number} {watched.unit}".rstrip()
