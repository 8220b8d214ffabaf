"""What goes wrong in the simulated hours, when, and which signals should say so."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from windvane.stream.signals import Signal

__all__ = ["INCIDENTS", "Incident", "running"]


@dataclass(frozen=True, slots=True)
class Incident:
    """One thing that goes wrong: `begins` and `ends` as shares of the simulated time."""

    name: str
    title: str
    services: tuple[str, ...]
    begins: float
    ends: float
    expect: tuple[Signal, ...]
    """Which signals should fire, within a minute."""


INCIDENTS: Final = (
    Incident(
        "latency_regression", "answers take two and a half times as long", ("code-assistant",), 0.30, 0.40,
        (Signal.BEHAVIOUR_SHIFT,),
    ),
    Incident(
        "model_swap", "another model answers under the same name", ("support-chat",), 0.48, 0.60,
        (Signal.MODEL_CHANGED, Signal.MODEL_DRIFT),
    ),
    Incident(
        "ungrounded", "answers state what no document says", ("policy-search",), 0.62, 0.70, (Signal.QUALITY_SHIFT,)
    ),
    Incident(
        "runaway_cost", "one user's agent loops with ever longer prompts", ("travel-agent",), 0.74, 0.82,
        (Signal.COST_RUNAWAY, Signal.BEHAVIOUR_SHIFT),
    ),
    Incident(
        "provider_outage", "one provider answers with errors", ("code-assistant", "travel-agent"), 0.88, 0.94,
        (Signal.ERROR_SHIFT, Signal.PROVIDER_TROUBLE),
    ),
)  # fmt: skip
"""In order, and never two at once."""


def running(share: float) -> Incident | None:
    """Return the incident that runs at this share of the simulated time."""
    return next((incident for incident in INCIDENTS if incident.begins <= share < incident.ends), None)
