"""The names of all signals, and what each one is. `docs/reference/signals.md` is generated from here."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final, Literal

__all__ = ["SIGNALS", "Signal", "SignalInfo"]


class Signal(StrEnum):
    """Every signal that windvane ships."""

    OUTPUT_RATE = "output_tokens_per_second"
    LEVEL_SHIFT = "level_shift"


@dataclass(frozen=True, slots=True)
class SignalInfo:
    """What a signal says, of what, from which columns, by whose method, at what price."""

    of: Literal["event", "series"]
    unit: str
    """Of a number its unit; `label` or `spans` of a note; `change of state` of a series signal."""
    range: str
    columns: tuple[str, ...]
    """The event's columns that are read, by their names in `windvane.collectors.event.COLUMNS`."""
    source: str
    """The paper or the definition that it follows."""
    cost_us: float
    """Its budget, of a series signal its detector's: CPU microseconds per event in blocks of 20,000 events, which
    `benchmarks/state.py` measures."""
    doc: str


_TOKENS_OUT, _DURATION = "gen_ai_usage_output_tokens", "gen_ai_client_operation_duration"

SIGNALS: Final[dict[Signal, SignalInfo]] = {
    Signal.OUTPUT_RATE: SignalInfo(
        "event",
        "tokens per second",
        "above 0",
        (_TOKENS_OUT, _DURATION, "gen_ai_response_time_to_first_chunk"),
        "definition",
        0.5,
        "Output tokens per second after the first chunk; over the whole call where no first chunk is known.",
    ),
    Signal.LEVEL_SHIFT: SignalInfo(
        "series",
        "change of state",
        "fired or recovered",
        (_DURATION, "gen_ai_usage_input_tokens", _TOKENS_OUT),
        "Page (1954), Continuous inspection schemes; Hinkley (1971)",
        3.0,
        "Latency or tokens per call have moved to another level, up or down.",
    ),
}
