"""From one `[[rule]]` to a rule."""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import Final

from windvane.dashboards.alerts.cells import NAME, Cells, nearest
from windvane.dashboards.alerts.macros_checked import sql_faults
from windvane.dashboards.alerts.rule import Missing, Rule, Severity, Trouble, signal_sql
from windvane.dashboards.board import Link, Unit
from windvane.dashboards.boards import boards

__all__ = ["UNITS", "rule_of"]

UNITS: Final = {unit.name.lower(): unit for unit in Unit if unit not in (Unit.TIME, Unit.TEXT)}
_KEYS: Final = (
    "name", "title", "sql", "signal", "where", "labels", "above", "below", "until", "unit", "window", "every", "for",
    "keep", "severity", "no_data", "on_error", "group_by", "follows", "repeat", "message", "todo", "link", "extra",
)  # fmt: skip
_SERIES: Final = ("service", "model", "operation", "prompt_version", "segment", "feature")
_TO_SIGNAL: Final = Link("windvane-signal", {name: name for name in ("signal", "feature", "service", "model")})
_COLUMN: Final = re.compile(r"[A-Za-z_]\w*")
_TAKEN: Final = ("rule", "severity", "value")
"""No series may have these as labels: every alert has them."""


def rule_of(cells: Cells, signals: Collection[str]) -> Rule:
    """Return the rule of this table; where faults are noted, one that is good for nothing but its name."""
    cells.known(_KEYS)
    series = "signal" in cells
    sql = _sql(cells, signals)
    labels = _labels(cells, _SERIES if series else ())
    above, below, until = _bounds(cells, 0.0 if series else None)
    extra = cells.map("extra")
    for name in {*extra} & {*labels, *_TAKEN}:
        cells.fault("extra", f"extra sets {name}, which the rule has anyway", "choose another name")
    return Rule(
        name=name_of(cells), title=cells.text("title", needed=True), sql=sql, signal=cells.text("signal"),
        labels=labels, above=above, below=below, until=until,
        unit=UNITS[cells.choice("unit", UNITS, "count")], window_s=cells.duration("window", 300, 1),
        every_s=cells.duration("every", 60, 1), for_s=cells.duration("for", 0), keep_s=cells.duration("keep", 0),
        severity=Severity(cells.choice("severity", list(Severity), Severity.WARNING)),
        no_data=Missing(cells.choice("no_data", list(Missing), Missing.OK)),
        on_error=Trouble(cells.choice("on_error", list(Trouble), Trouble.ALERT)),
        group_by=_group_by(cells, {*labels, *extra, *_TAKEN[:2]}), follows=cells.texts("follows"),
        repeat_s=cells.duration("repeat", 4 * 3600, 60), message=_message(cells, "{service}: {says}" if series else ""),
        todo=cells.text("todo", needed=True), link=_link(cells, _TO_SIGNAL if series else None), extra=extra,
    )  # fmt: skip


def name_of(cells: Cells) -> str:
    """Return the name, which is an address for good."""
    name = cells.text("name", needed=True)
    if "name" in cells and name and not re.fullmatch(NAME, name):
        cells.fault("name", f"name is {name!r}", "write at most 40 of a-z, 0-9 and -, as in error-budget-burn")
    return name


def _sql(cells: Cells, signals: Collection[str]) -> str:
    sql, signal = cells.text("sql"), cells.text("signal")
    if ("sql" in cells) == ("signal" in cells):
        both = "both sql and signal" if "sql" in cells else "neither sql nor signal"
        cells.fault("signal" if "sql" in cells else "", f"{cells.named()} has {both}", "give it exactly one of the two")
    where = cells.text("where", "1")
    if "where" in cells and "signal" not in cells:
        cells.fault("where", "where goes with signal alone", "write the condition into the sql")
    for key, text in (("sql", sql), ("where", where)):
        for holding, fact, remedy in sql_faults(text):
            cells.fault(key, fact, remedy, holding)
    if not signal:
        return sql
    if signal not in signals:
        cells.fault("signal", f"there is no signal {signal!r} of a series", nearest(signal, sorted(signals)))
    return signal_sql(where)


def _labels(cells: Cells, default: tuple[str, ...]) -> tuple[str, ...]:
    labels = cells.texts("labels", default)
    for label in labels:
        if not _COLUMN.fullmatch(label) or label in _TAKEN:
            cells.fault("labels", f"{label!r} cannot be a label", "name a column of the SQL: letters, digits and _")
    return labels


def _bounds(cells: Cells, default: float | None) -> tuple[float | None, float | None, float | None]:
    above, below, until = cells.number("above"), cells.number("below"), cells.number("until")
    if "above" in cells and "below" in cells:
        cells.fault("below", f"{cells.named()} has both above and below", "give it exactly one of the two")
    elif not ("above" in cells or "below" in cells):
        above = default
        if default is None:
            cells.fault("", f"{cells.named()} has neither above nor below", "add above = 0.05, or below = …")
    bound, side = (above, "less") if above is not None else (below, "more")
    if until is not None and bound is not None and (until > bound if side == "less" else until < bound):
        which = "above" if side == "less" else "below"
        cells.fault("until", f"until is {until:g}, and {which} is {bound:g}", f"write {bound:g} or {side}")
    return above, below, until


def _group_by(cells: Cells, known: Collection[str]) -> tuple[str, ...]:
    groups = cells.texts("group_by", ("service",))
    for name in groups if "group_by" in cells else ():
        if name not in known:
            cells.fault("group_by", f"the rule has no label {name!r} to group by", nearest(name, sorted(known)))
    return groups


def _message(cells: Cells, default: str) -> str:
    message = cells.text("message", default, needed=not default)
    for part in re.sub(r"\{[A-Za-z_]\w*\}", "", message):
        if part in "{}":
            cells.fault("message", f"message has a {part} that names no column", "write {column}, or no braces")
            break
    return message


def _link(cells: Cells, default: Link | None) -> Link:
    given = cells.map("link")
    if "link" not in cells:
        if default is None:
            cells.fault("", f"{cells.named()} has no link", 'add link = {board = "overview", service = "service"}')
        return default or Link("windvane-overview")
    found = {board.uid.removeprefix("windvane-"): board for board in boards()}
    name = given.pop("board", "")
    if name not in found:
        cells.fault("link", f"link has no board that there is: {name!r}", nearest(name, sorted(found)))
        return Link("windvane-overview")
    for filter_name in given:
        if filter_name not in found[name].filters:
            remedy = nearest(filter_name, found[name].filters)
            cells.fault("link", f"the board {name} has no filter {filter_name!r}", remedy)
    return Link(found[name].uid, given)
