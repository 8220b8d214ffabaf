"""What an alert rule is: data, read from TOML (`reading.py`), judged here (`evaluator.py`) or by Grafana."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

__all__ = ["SIGNALS_SQL", "Budget", "Channel", "Condition", "Maintenance", "Otherwise", "Rule", "RuleFile", "Severity"]

SIGNALS_SQL: Final = """
SELECT
    service_name, gen_ai_request_model, gen_ai_operation_name, gen_ai_prompt_version, segment, signal, feature, says,
    1. AS value
FROM
(
    SELECT
        service_name, gen_ai_request_model, gen_ai_operation_name, gen_ai_prompt_version, segment, signal, feature,
        argMax(signal_changes.says, (signal_changes.time, event_id)) AS says,
        argMax(state, (signal_changes.time, event_id)) AS last_state
    FROM signal_changes
    WHERE signal != 'baseline' AND $__timeFilter_ms(signal_changes.time)
    GROUP BY service_name, gen_ai_request_model, gen_ai_operation_name, gen_ai_prompt_version, segment, signal, feature
)
WHERE last_state = 'fired'
""".strip()
"""What a rule with `signals` asks: which series signals are fired. All such rules share one query a round."""


class Severity(StrEnum):
    """Who is to act, and when."""

    PAGE = "page"
    """Somebody, now."""
    TICKET = "ticket"
    """Somebody, in working hours."""
    INFO = "info"
    """Nobody has to."""


class Otherwise(StrEnum):
    """What a rule says where its query has no row, or fails."""

    OK = "ok"
    """That all is well."""
    ALERT = "alert"
    """An alert of its own, with the state `no_data` or `error`."""
    KEEP = "keep"
    """What it said last."""


@dataclass(frozen=True, slots=True)
class Condition:
    """`value <op> limit` begins an alert; with `clears`, it lasts until `value` is beyond that on the other side."""

    op: str
    """One of > >= < <= == !=."""
    limit: float
    clears: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One alert rule.

    Its query returns one number, `value`, per row, and strings: the labels, which say whose number it is. A string
    `says` is no label: it is what the message tells as evidence.
    """

    name: str
    """Unique; a-z, 0-9 and -, at most 36 characters."""
    title: str
    severity: Severity
    sql: str
    """In the macros of boards (no variables): `$__timeFilter(…)` spans `window_s` up to the moment that is judged."""
    only: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Of the rows, those whose label has one of these values: so rules can share a query."""
    when: Condition
    window_s: float
    for_s: float = 0.0
    """How long the condition must hold before it fires."""
    keep_firing_s: float = 0.0
    """How long it goes on firing after the condition has ended."""
    every_s: float = 60.0
    """How often it is judged."""
    no_data: Otherwise = Otherwise.OK
    on_error: Otherwise = Otherwise.ALERT
    group_by: tuple[str, ...] = ()
    """Alerts of one round that are alike in these labels are one notification; of none, all of the rule's are."""
    message: str
    """With {label}, {value} (as {value:.1%}) and {says} filled in."""
    todo: str
    """What to do, in one or two sentences."""
    board: str
    """The uid of the board to look at."""
    inhibited_by: tuple[str, ...] = ()
    """Rules of which a firing alert makes this one quiet, where both have equal labels `inhibited_on`."""
    inhibited_on: tuple[str, ...] = ("service_name",)
    channels: tuple[str, ...] = ()
    """Who is told: names of channels; of none, all channels that take its severity."""
    labels: Mapping[str, str] = field(default_factory=dict)
    """More labels of all its alerts, such as a team."""


@dataclass(frozen=True, slots=True)
class Channel:
    """A way out, by one of Apprise's URLs: slack://…, mailto://…, pagerduty://…, json://host/path …"""

    name: str
    url: str = field(repr=False)
    severities: tuple[Severity, ...] = (Severity.PAGE, Severity.TICKET)


@dataclass(frozen=True, slots=True)
class Maintenance:
    """Hours in which nobody is told of alerts that have these labels: either once, or every week on some days."""

    name: str
    labels: Mapping[str, str]
    """`rule` names a rule; all must be equal. None: every alert."""
    starts_us: int | None = None
    ends_us: int | None = None
    days: tuple[int, ...] = ()
    """0 is Monday. The window begins on these days."""
    from_minute: int = 0
    """Of the day, in `zone`; a window whose end is not after its beginning ends on the next day."""
    to_minute: int = 0
    zone: str = "UTC"


@dataclass(frozen=True, slots=True)
class Budget:
    """What may be spent in a calendar day or month (UTC) by a service, team, user or key; the name "*" is each."""

    scope: str
    name: str
    period: str
    usd: float


@dataclass(frozen=True, slots=True)
class RuleFile:
    """All that one file, or the shipped ones with the user's after them, has said."""

    rules: tuple[Rule, ...] = ()
    channels: tuple[Channel, ...] = ()
    maintenance: tuple[Maintenance, ...] = ()
    budgets: tuple[Budget, ...] = ()
