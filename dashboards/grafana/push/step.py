"""One thing that is to be written into Grafana."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from windvane.dashboards.grafana.api import Sends

__all__ = ["Step"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """A request, and what it changes."""

    name: str
    diff: str
    """Unified, without secrets; where nothing is seen to change, a line that begins with `#` and says why."""
    method: str
    path: str
    body: Any = None

    def write(self, grafana: Sends) -> None:
        """Send it. Blocks.

        Raises:
            GrafanaError: Grafana refuses it or does not answer.
        """
        grafana.send(self.method, self.path, self.body)
