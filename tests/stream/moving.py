"""Of each detector the traffic in which it should notice something; of those not named here, `shifting`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

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


_MOVES: dict[str, Move] = {}


def moving(detector: str) -> Move:
    """Return the traffic for the detector of this name."""
    return _MOVES.get(detector, Move())
