"""Which incidents of a simulation were noticed, how soon, and what fired without one."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final

from windvane.cli.simulation.incidents import INCIDENTS

__all__ = ["IN_TIME_S", "Verdict", "judge"]

IN_TIME_S: Final = 60.0
_AFTER_S: Final = 600.0
"""What fires this soon after an incident is still about it: an end is a change, too."""


@dataclass(slots=True)
class Verdict:
    """`delays`: of each incident the seconds until each signal fired; `strays`: places of what fired without one."""

    delays: dict[str, dict[str, float]] = field(default_factory=lambda: {incident.name: {} for incident in INCIDENTS})
    strays: list[int] = field(default_factory=list)

    def missed(self) -> list[tuple[str, str]]:
        """Return the incidents and signals that should have fired within a minute, and did not."""
        return [
            (incident.name, signal)
            for incident in INCIDENTS
            for signal in incident.expect
            if self.delays[incident.name].get(signal, 1e9) > IN_TIME_S
        ]


def judge(fired: Iterable[tuple[float, str, str]], hours: float) -> Verdict:
    """Judge what fired: seconds since the simulation's start, service and signal of each, in the order of time.

    Without a service it is about any that something is wrong with.
    """
    verdict = Verdict()
    for place, (at_s, service, signal) in enumerate(fired):
        for incident in INCIDENTS:
            begins, ends = incident.begins * hours * 3600, incident.ends * hours * 3600
            if (not service or service in incident.services) and begins <= at_s <= ends + _AFTER_S:
                verdict.delays[incident.name].setdefault(signal, at_s - begins)
                break
        else:
            verdict.strays.append(place)
    return verdict
