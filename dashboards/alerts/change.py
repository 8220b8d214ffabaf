"""What a round of evaluation says: changes of alerts, and the notifications that they are told in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from windvane.dashboards.alerts.rule import Severity

__all__ = ["Change", "Notification", "State"]


class State(StrEnum):
    """Of one alert; `no_data` and `error` are of a rule as a whole."""

    PENDING = "pending"
    FIRING = "firing"
    RESOLVED = "resolved"
    NO_DATA = "no_data"
    ERROR = "error"


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One row of the view `alerts`."""

    time: datetime
    """The moment that was judged."""
    rule: str
    alert: str
    """Which series of the rule: a hash of its labels; empty for the rule as a whole."""
    labels: Mapping[str, str] = field(default_factory=dict)
    severity: Severity
    state: State
    value: float | None = None
    since: datetime
    """When the condition was first met."""
    says: str = ""
    """What is told, in words."""
    link: str = ""
    """Where to look: a path of the page, with its query."""
    quiet: str = ""
    """Why nobody is told; empty where somebody is."""
    notification: str = ""
    channels: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Notification:
    """What one channel has to be told, once: changes of one round and severity that belong together."""

    id: str
    """The same at every attempt: a channel that can tell a repeat by it does."""
    channel: str
    changes: tuple[Change, ...]
    attempts: int = 0
    """How often it was tried before."""
