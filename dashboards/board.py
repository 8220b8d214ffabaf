"""What a board is: data that Grafana and the local page both draw.

A panel's SQL reads the published views and is written once, in the macros of Grafana's ClickHouse data source
(`macros.py` expands them for the local page): `$__timeFilter(begins)`, `$__timeInterval(begins)`, `$__interval_s`,
`$__fromTime`, `$__toTime`, and the board's filters: `CHOSEN`, or `${name:singlequote}`. What it must return is the
kind's contract.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

__all__ = [
    "CHOSEN",
    "ELAPSED_S",
    "FILTERS",
    "STEP",
    "Board",
    "Column",
    "Kind",
    "Level",
    "Link",
    "Panel",
    "Row",
    "Threshold",
    "Unit",
]

FILTERS: Final = {
    "service": "SELECT DISTINCT service_name FROM activity WHERE step = 300 AND $__timeFilter(begins)",
    "model": "SELECT DISTINCT gen_ai_request_model FROM activity WHERE step = 300 AND $__timeFilter(begins)",
    "signal": "SELECT DISTINCT signal FROM signal_changes WHERE $__timeFilter(time) ORDER BY 1",
    "feature": "SELECT DISTINCT feature FROM signal_changes WHERE signal != 'baseline' AND $__timeFilter(time)",
    "call": "",
    "conversation": "",
    "user": "",
}
"""A board's filters: what each may be chosen from; those with no query are typed, or come from a link.

`service` and `model` are in the condition `CHOSEN`. The others stand in the SQL as `id IN (${call:singlequote})`: where
nothing is chosen, that is the empty string."""

CHOSEN: Final = (
    "$__conditionalAll(service_name IN (${service:singlequote}), $service)"
    " AND $__conditionalAll(gen_ai_request_model IN (${model:singlequote}), $model)"
)
"""The condition that the page's filters set: put it into every WHERE over rows of services and models."""

STEP: Final = "step = multiIf($__interval_s >= 3600, 3600, $__interval_s >= 300, 300, 60)"
"""The condition on `activity` and `signal_activity` that reads rows as coarse as the picture."""

ELAPSED_S: Final = (
    "least($__interval_s, greatest(1, toUnixTimestamp($__toTime) - toUnixTimestamp($__timeInterval(begins))))"
)
"""Seconds of a bucket of `activity` that have passed: with them a rate of the newest bucket is no fall."""


class Kind(StrEnum):
    """How a panel is drawn, and what its SQL returns."""

    STAT = "stat"
    """One number: one row, one column `value`; NULL where nothing is known."""
    LINES = "lines"
    """Over time: `time`, then strings (one line for each set of them), then one or more numbers; ascending by time."""
    BARS = "bars"
    """Side by side: a string `name` and a number `value` per row, in the order to be shown; at most twenty."""
    TABLE = "table"
    """Rows as they are: see `Panel.columns`; at most a hundred."""


class Unit(StrEnum):
    """Units, by Grafana's ids."""

    COUNT = "short"
    PER_SECOND = "reqps"
    SECONDS = "s"
    SHARE = "percentunit"
    USD = "currencyUSD"
    TOKENS_PER_SECOND = "suffix: tokens/s"
    SCORE = "none"
    BYTES = "bytes"
    TIME = "dateTimeAsIso"
    TEXT = "string"


class Level(StrEnum):
    """How bad a value is."""

    GOOD = "good"
    WARNING = "warning"
    BAD = "bad"


@dataclass(frozen=True, slots=True)
class Threshold:
    """From `value` on, upwards, it is `level`; below the first threshold of a panel it is `Panel.below`."""

    value: float
    level: Level


@dataclass(frozen=True, slots=True)
class Link:
    """Where a click on a cell leads: a board, with the row's values as its filters. The time range goes along."""

    board: str
    """Its uid."""
    filters: Mapping[str, str] = field(default_factory=dict)
    """Filter of that board → column of this row."""


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a table, by its name in the SQL. Columns without one are not shown, but links may use them."""

    name: str
    title: str
    unit: Unit = Unit.TEXT
    link: Link | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Panel:
    """One question, and the query that answers it."""

    title: str
    """Unique on its board."""
    question: str
    """The question it answers, ending in `?`, and then, if need be, what the answer does not say."""
    sql: str
    kind: Kind = Kind.LINES
    unit: Unit = Unit.COUNT
    thresholds: tuple[Threshold, ...] = ()
    below: Level = Level.GOOD
    columns: tuple[Column, ...] = ()
    stacked: bool = False
    todo: str
    """What to do next where the answer is bad: one sentence, or two, without markup."""
    empty: str = "Nothing in this time range."
    """What it says where there is no row."""
    width: int = 12
    """Of 24."""
    height: int = 8
    """In Grafana's units of about 38 pixels."""


@dataclass(frozen=True, slots=True)
class Row:
    """Panels under one heading; they flow from left to right in lines of 24."""

    title: str
    panels: tuple[Panel, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Board:
    """One page of panels. Each file in `boards/` has one as `BOARD`; their order is by `place`."""

    uid: str
    """Its address for good: `windvane-` and a word."""
    title: str
    question: str
    """What one comes here to find out."""
    place: int
    rows: tuple[Row, ...]
    range: str = "now-6h"
    """The time range it opens with."""
    filters: tuple[str, ...] = ("service", "model")
    """Names in `FILTERS`."""

    @property
    def panels(self) -> tuple[Panel, ...]:
        """All panels, in order: a panel's number is its place here, from 1."""
        return tuple(panel for row in self.rows for panel in row.panels)
