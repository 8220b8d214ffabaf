"""Of each detector the traffic in which it should notice something; of those not named here, `shifting`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from tests.stream.answering import answering
from tests.stream.calling import calling
from tests.stream.comparing import rolling_out, running_away, troubled
from tests.stream.traffic import Event, shifting
from windvane.stream.detector import EventSignal

__all__ = ["moving"]


@dataclass(frozen=True)
class Move:
    """Events in which something moves, and the event signals that it shows in.

    `events` takes nothing, or `series`, how many services share the events, and `seed`: see `shifting`.
    """

    events: Callable[..., list[Event]] = shifting
    signals: tuple[type[EventSignal], ...] = ()


def _renamed(**which: int) -> list[Event]:
    """Return events that are answered under another model's name from two thirds on."""
    events = shifting(**which)
    return [{**event, "response_model": f"m-{3 * n // (2 * len(events))}"} for n, event in enumerate(events)]


_MOVES: dict[str, Move] = {
    "answer_drift": Move(answering),
    "model_changed": Move(_renamed),
    "minutes": Move(calling),
    "version_difference": Move(rolling_out),
    "provider_trouble": Move(troubled),
    "cost_runaway": Move(running_away),
}


def moving(detector: str) -> Move:
    """Return the traffic for the detector of this name."""
    return _MOVES.get(detector, Move())
