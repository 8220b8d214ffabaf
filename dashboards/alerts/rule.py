"""What an alert rule is: data that our evaluator and Grafana both judge; and what else a file of rules says.

A rule's SQL reads the published views in the macros of Grafana's ClickHouse data source that its backend knows
(`$__timeFilter(begins)`, `$__fromTime`, `$__toTime`): no filters, no `$__conditionalAll`, no `now()`. Each row it
returns is one series of the rule: a number `value`, the strings that `Rule.labels` names, and whatever else the
message tells.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, time
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from windvane.dashboards.board import Link, Unit
from windvane.dashboards.pieces import SERIES

__all__ = ["Budget", "Channel", "Maintenance", "Missing", "Rule", "RuleFile", "Severity", "Trouble", "signal_sql"]

_NONE: Final[Mapping[str, str]] = MappingProxyType({})


class Severity(StrEnum):
    """How much an alert wants of somebody."""

    CRITICAL = "critical"
    """Now, at night too."""
    WARNING = "warning"
    """Today."""
    INFO = "info"
    """To be read with the others."""


class Missing(StrEnum):
    """What it means that the SQL returns no row at all."""

    OK = "ok"
    """Nothing is wrong: whatever fired is resolved."""
    ALERT = "alert"
    """The rule as a whole fires, with the state `no_data`."""
    KEEP = "keep"
    """Everything stays as it was."""


class Trouble(StrEnum):
    """What it means that the SQL fails."""

    ALERT = "alert"
    """The rule as a whole fires, with the state `error`; what fired goes on."""
    KEEP = "keep"
    """Everything stays as it was."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One condition, judged in every round for each series that its SQL returns."""

    name: str
    """Lower case, digits and hyphens, at most 40: its address for good."""
    title: str
    """What is wrong when it fires, in a few words."""
    sql: str
    signal: str = ""
    """Of the rows only those whose column `signal` is this: see `signal_sql`."""
    labels: tuple[str, ...] = ()
    """Columns, strings all, that tell the series of the rule apart. No two rows may have the same."""
    above: float | None = None
    """The condition is met where `value` is greater than this; exactly one of `above` and `below` is given."""
    below: float | None = None
    until: float | None = None
    """What fires goes on until `value` is no longer above (or below) this: between the two, nothing flaps."""
    unit: Unit = Unit.COUNT
    """How `{value}` is written in the message."""
    window_s: int = 300
    """How far back `$__fromTime` is from the moment that is judged, `$__toTime`."""
    every_s: int = 60
    """How often it is judged; rounds of the evaluator may be farther apart."""
    for_s: int = 0
    """How long the condition must hold before anybody is told: `pending` until then."""
    keep_s: int = 0
    """How long it goes on firing after the condition has ended."""
    severity: Severity = Severity.WARNING
    no_data: Missing = Missing.OK
    on_error: Trouble = Trouble.ALERT
    group_by: tuple[str, ...] = ("service",)
    """Alerts of one round and severity that agree in these labels are told in one notification, other rules' too."""
    follows: tuple[str, ...] = ()
    """Rules that this one is a consequence of: while one of them fires, and no label that both have differs, this one's
    alerts tell nobody."""
    repeat_s: int = 4 * 3600
    """How often what goes on firing is told again."""
    message: str
    """One sentence with the evidence. `{column}` is a column of the row, `{value}` the value in its unit."""
    todo: str
    """What to do next: one sentence, or two."""
    link: Link
    """Where to look: a board, with columns of the row as its filters."""
    extra: Mapping[str, str] = field(default_factory=lambda: _NONE)
    """Constant labels, such as `team`, that channels and silences may choose by."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Channel:
    """Where people are told."""

    name: str
    url: str
    """As Apprise has it: slack://…, mailto://…, pagerduty://…, workflows://…, jsons://…: a secret, never shown."""
    severities: tuple[Severity, ...] = (Severity.CRITICAL, Severity.WARNING)
    match: Mapping[str, str] = field(default_factory=lambda: _NONE)
    """Only alerts with all of these labels; `rule` is a label, too. A value may end in `*`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Budget:
    """What may be spent: per calendar day or month, in UTC."""

    scope: str
    """`service`, `team`, `user` or `key`."""
    name: str
    """Whose; `*` for each that has none of its own."""
    period: str
    """`day` or `month`."""
    usd: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Maintenance:
    """When nobody is told: once, from `starts` to `ends`, or every week on `days` from `opens` to `closes`."""

    name: str
    match: Mapping[str, str] = field(default_factory=lambda: _NONE)
    """As in `Channel`."""
    starts: datetime | None = None
    ends: datetime | None = None
    days: tuple[int, ...] = ()
    """0 is Monday; in UTC, as are the times. A window that closes before it opens ends on the next day."""
    opens: time = time(0)
    closes: time = time(0)


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleFile:
    """All that files of rules say together."""

    rules: tuple[Rule, ...] = ()
    channels: tuple[Channel, ...] = ()
    budgets: tuple[Budget, ...] = ()
    maintenance: tuple[Maintenance, ...] = ()


def signal_sql(where: str = "1") -> str:
    """Return the SQL of a rule over a series signal: a row, with `value` 1, for each series on which one is fired.

    It is the same for every signal, and asked once for all of them: `Rule.signal` says which rows are the rule's. Its
    labels are service, model, operation, prompt_version, segment and feature; `says`, `since` and `event_id` are there
    to be told. `where` is a further condition on `signal_changes`.

    >>> print(signal_sql().splitlines()[-1])
    WHERE state = 'fired'
    """
    return f"""SELECT signal, service_name AS service, gen_ai_request_model AS model,
    gen_ai_operation_name AS operation, gen_ai_prompt_version AS prompt_version, segment, feature,
    toFloat64(1) AS value, says, since, event_id
FROM
(
    SELECT * FROM signal_changes
    WHERE signal != 'baseline' AND signal_changes.time <= $__toTime AND ({where})
    ORDER BY signal_changes.time DESC
    LIMIT 1 BY {SERIES}
)
WHERE state = 'fired'"""
