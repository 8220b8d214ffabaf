"""What is said of a minute: the change of state and its evidence."""

from __future__ import annotations

from typing import Any, Final

from windvane.stream.anomaly.clock import MINUTE_US
from windvane.stream.anomaly.closing import GONE_MINUTES, MEASURES
from windvane.stream.anomaly.fired import ACCEPTED, ACCEPTED_MINUTES, RECOVERED, RENEWED, SHIFTS, SILENT
from windvane.stream.detector import Change, State
from windvane.stream.evidence import at_time, evidence
from windvane.stream.series import Members
from windvane.stream.signals import Signal

__all__ = ["MEASURED", "left_to_others", "told"]

MEASURED: Final = ("calls", "latency", "tokens", "cost")
"""What is measured of a series, by its place."""
_SLOW: Final = 45


def left_to_others(one: Any) -> bool:
    """Return whether those who watch every call say it sooner: that one takes longer, or costs more, at once."""
    name = MEASURED[(int(one["place"]) - 1) % MEASURES]
    code, before = int(one["code"]), int(one["before"])
    shifted = (before if code >= RECOVERED else code) >= SHIFTS[0]
    return name != "calls" and shifted and one["fired_at"] - one["since"] < _SLOW


def told(one: Any, members: Members) -> Change:
    """Return the change of state that a line of `FOUND` stands for."""
    series, measure = divmod(int(one["place"]) - 1, MEASURES)
    before, code = int(one["before"]), int(one["code"])
    kind, state = (code, "fired") if code < RECOVERED else (before, "recovered" if code == RECOVERED else "accepted")
    signal = Signal.SILENCE if kind == SILENT else Signal.TRAFFIC_SHIFT if kind >= SHIFTS[0] else Signal.ANOMALY
    name = MEASURED[measure]
    said = _fired(name, kind, one) if state == "fired" else _ended(name, kind, code, one)
    told = evidence(
        f"{name} a minute" if name == "calls" else f"{name} by the minute", said,
        baseline=float(one["usual"]), baseline_n=round(float(one["events_before"])),
        current=float(one["now"]), current_n=round(float(one["events_since"])),
        minutes=int(one["minute"] - one["since"]) + 1, hours_known=round(float(one["hours_known"]), 2),
    )  # fmt: skip
    since_us = int(one["since"]) * MINUTE_US
    return Change(int(members.rows[int(one["at"])]), series, signal, _state(state), since_us, told)


def _state(name: str) -> State:
    return "fired" if name == "fired" else "recovered" if name == "recovered" else "accepted"


def _fired(name: str, kind: int, one: Any) -> str:
    usual, now = _level(name, one["usual"]), _level(name, one["now"])
    at, minutes = at_time(int(one["since"]) * MINUTE_US, seconds=False), int(one["minute"] - one["since"]) + 1
    hour = " at this hour" if one["hours_known"] > 0 else ""
    if kind == SILENT:
        return f"{name} fell from {usual} to 0 a minute since {at}: none for {_count(minutes, 'minute')}"
    ratio = one["now"] / max(one["usual"], 1e-9)
    times = f"{ratio:.1f} times" if ratio >= 1 else f"{ratio:.0%} of"
    per = "a minute" if name == "calls" else "per call"
    if kind < SHIFTS[0]:
        return f"{name} stood out in the minute {at}: {now} {per}, {times} the usual {usual}{hour}"
    verb = ("crept up" if minutes > _SLOW else "went up") if kind == SHIFTS[0] else "went down"
    calls = "" if name == "calls" else f", in the last {_count(round(float(one['events_since'])), 'call')}"
    return f"{name} {verb} from {usual} to {now} {per} since {at}, {times} the usual{hour}{calls}"


def _ended(name: str, kind: int, code: int, one: Any) -> str:
    usual, now = _level(name, one["usual"]), _level(name, one["now"])
    per = "a minute" if name == "calls" else "per call"
    if code == RENEWED:
        return f"{name}: learned anew, since a new release has begun; before it was {now} {per}"
    if code == ACCEPTED and kind == SILENT:
        return f"{name}: none for {GONE_MINUTES // 1440} days, so none are waited for any longer"
    if code == ACCEPTED:
        return f"{name} stayed at {now} {per} for {ACCEPTED_MINUTES // 60} hours: that is the usual now"
    return f"{name} are back at {now} {per}, usual is {usual}" if name in ("calls", "tokens") else (
        f"{name} is back at {now} {per}, usual is {usual}")  # fmt: skip


def _level(name: str, value: float) -> str:
    shown = f"{value:.3g}" if value < 1000 else f"{value:,.0f}"
    return f"{shown} s" if name == "latency" else f"${shown}" if name == "cost" else shown


def _count(number: int, of: str) -> str:
    return f"{number} {of}" if number == 1 else f"{number} {of}s"
