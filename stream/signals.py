"""The names of all signals, and what each one is. `docs/reference/signals.md` is generated from here."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

__all__ = ["SIGNALS", "Signal", "SignalInfo"]


class Signal(StrEnum):
    """Every signal that windvane ships."""

    OUTPUT_RATE = "output_tokens_per_second"
    LEVEL_SHIFT = "level_shift"


@dataclass(frozen=True, slots=True)
class SignalInfo:
    """What a signal says: of an event or of a series, in which unit and range, from which columns, by whose method."""

    of: str
    unit: str
    range: str
    columns: tuple[str, ...]
    source: str
    doc: str


SIGNALS: Final[dict[Signal, SignalInfo]] = {
    Signal.OUTPUT_RATE: SignalInfo(
        "event",
        "tokens per second",
        "above 0",
        ("gen_ai_usage_output_tokens", "gen_ai_client_operation_duration", "gen_ai_response_time_to_first_chunk"),
        "definition",
        "Output tokens per second after the first chunk; over the whole call where no first chunk is known.",
    ),
    Signal.LEVEL_SHIFT: SignalInfo(
        "series",
        "change of state",
        "fired or recovered",
        ("gen_ai_client_operation_duration", "gen_ai_usage_input_tokens", "gen_ai_usage_output_tokens"),
        "Page (1954), Continuous inspection schemes; Hinkley (1971)",
        "Latency or tokens per call have moved to another level, up or down.",
    ),
}
