"""The macros of Grafana's ClickHouse data source, expanded here for the local page, the alerts and the tests.

What they become is that of grafana/clickhouse-datasource 4.18 to 4.20 (`pkg/macros/macros.go`,
`src/data/CHDatasource.ts`), but for two things: values of variables are always escaped, and a macro that is not known
is an error.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from windvane.errors import ConfigError

__all__ = ["Span", "expand", "quoted"]

_MACRO: Final = re.compile(r"\$__([A-Za-z_]+)")
_VARIABLE: Final = re.compile(r"\$\{(\w+):singlequote\}")
_CONDITIONAL: Final = "$__conditionalAll("


@dataclass(frozen=True, slots=True)
class Span:
    """The time that is asked about, both ends included, and the width of its buckets."""

    start_ms: int
    end_ms: int
    interval_ms: int = 60_000


def expand(sql: str, span: Span, variables: Mapping[str, Sequence[str]] | None = None) -> str:
    """Return `sql` as ClickHouse understands it. `variables` are those chosen; one that is absent or empty is "All".

    Raises:
        ConfigError: a macro is not known or not closed.

    >>> hour = Span(1795428000000, 1795431600000)
    >>> expand("SELECT $__timeInterval(t) AS time", hour)
    'SELECT toStartOfInterval(toDateTime(t), INTERVAL 60 second) AS time'
    >>> expand("$__timeFilter(t)", hour)
    't >= toDateTime(1795428000) AND t <= toDateTime(1795431600)'
    >>> one = "$__conditionalAll(service_name IN (${service:singlequote}), $service)"
    >>> print(expand(one, hour, {"service": ["it's"]}), "|", expand(one, hour))
    service_name IN ('it\\'s') | 1=1
    """
    chosen = variables or {}
    text = _functions(_conditions(sql, chosen), span)
    if "${" in (rest := _VARIABLE.sub("", text)):
        raise ConfigError(f"{rest[rest.index('${') :][:40]!r} is no variable of a board; write ${{name:singlequote}}")
    # Last, so that nothing in a value is ever read as a macro.
    return _VARIABLE.sub(lambda match: ",".join(map(quoted, chosen.get(match[1]) or [""])), text)


def quoted(value: str) -> str:
    r"""Return a ClickHouse string literal.

    >>> print(quoted("a'b\\c"))
    'a\'b\\c'
    """
    return "'" + value.replace("\\", "\\\\").replace("'", "\\'") + "'"


def _conditions(sql: str, chosen: Mapping[str, Sequence[str]]) -> str:
    while (at := sql.find(_CONDITIONAL)) >= 0:
        begin, end = at + len(_CONDITIONAL), _closing(sql, at + len(_CONDITIONAL) - 1)
        condition, _, variable = sql[begin:end].rpartition(",")
        name = variable.strip().removeprefix("$")
        sql = sql[:at] + (condition.strip() if chosen.get(name) else "1=1") + sql[end + 1 :]
    return sql


def _functions(sql: str, span: Span) -> str:
    out, at = [], 0
    for match in _MACRO.finditer(sql):
        if match.start() < at:
            continue
        out.append(sql[at : match.start()])
        at = match.end()
        argument = ""
        if sql[at : at + 1] == "(":
            end = _closing(sql, at)
            argument, at = sql[at + 1 : end], end + 1
        out.append(_one(match[1], [part.strip() for part in argument.split(",")], span))
    return "".join(out) + sql[at:]


def _one(name: str, arguments: list[str], span: Span) -> str:
    column = arguments[0]
    start, end = f"toDateTime({span.start_ms // 1000})", f"toDateTime({span.end_ms // 1000})"
    start_ms, end_ms = (f"fromUnixTimestamp64Milli({at})" for at in (span.start_ms, span.end_ms))
    first, last = (
        f"toDate('{datetime.fromtimestamp(at / 1000, UTC):%Y-%m-%d}')" for at in (span.start_ms, span.end_ms)
    )
    seconds, millis = max(1, span.interval_ms // 1000), max(1, span.interval_ms)
    match name:
        case "timeFilter":
            return f"{column} >= {start} AND {column} <= {end}"
        case "timeFilter_ms":
            return f"{column} >= {start_ms} AND {column} <= {end_ms}"
        case "dateFilter":
            return f"{column} >= {first} AND {column} <= {last}"
        case "dateTimeFilter" | "dt":
            dates = f"{column} >= {first} AND {column} <= {last}"
            return f"({dates}) AND ({arguments[-1]} >= {start} AND {arguments[-1]} <= {end})"
        case "timeInterval":
            return f"toStartOfInterval(toDateTime({column}), INTERVAL {seconds} second)"
        case "timeInterval_ms":
            return f"toStartOfInterval(toDateTime64({column}, 3), INTERVAL {millis} millisecond)"
    plain = {"fromTime": start, "toTime": end, "fromTime_ms": start_ms, "toTime_ms": end_ms,
             "interval_s": str(seconds), "interval_ms": str(millis)}  # fmt: skip
    if name not in plain:
        raise ConfigError(f"$__{name} is no macro that boards may use: dashboards/macros.py has them all")
    return plain[name]


def _closing(sql: str, opening: int) -> int:
    depth = 0
    for at in range(opening, len(sql)):
        depth += (sql[at] == "(") - (sql[at] == ")")
        if depth == 0:
            return at
    raise ConfigError(f"a macro is not closed: {sql[max(0, opening - 20) : opening + 20]!r}")
