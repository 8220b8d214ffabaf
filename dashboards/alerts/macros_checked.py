"""What the SQL of a rule may not hold: what Grafana and our evaluator would not both understand."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from windvane.dashboards.macros import Span, expand
from windvane.errors import ConfigError

__all__ = ["sql_faults"]

_USE: Final = "use $__timeFilter(column), $__fromTime and $__toTime, or these with _ms behind"
_QUOTED: Final = re.compile(r"'(?:[^'\\]|\\.)*'|--[^\n]*|/\*.*?\*/", re.DOTALL)
_MOMENT: Final = re.compile(r"\b(now|now64|today|yesterday|nowInBlock)\s*\(", re.IGNORECASE)
_MACRO: Final = re.compile(r"\$__([A-Za-z_]+)")
# Of the macros of boards, those that need no bucket of a picture: a rule has none.
_KNOWN: Final = frozenset(
    ["timeFilter", "timeFilter_ms", "dateFilter", "dateTimeFilter", "dt"]
    + ["fromTime", "toTime", "fromTime_ms", "toTime_ms"]
)


def sql_faults(sql: str) -> Iterator[tuple[str, str, str]]:
    """Yield what is wrong: the text that is at fault, the fact, and what to write instead.

    >>> list(sql_faults("SELECT 1 AS value FROM calls WHERE $__timeFilter(time)"))
    []
    >>> [text for text, _, _ in sql_faults("SELECT now() - $__interval_s AS value")]
    ['now(', '$__interval_s']
    """
    bare = _QUOTED.sub(lambda match: " " * len(match[0]), sql)
    for match in _MOMENT.finditer(bare):
        yield match[0], f"{match[1]}() is not the moment that is judged", "write $__toTime"
    if ";" in bare.rstrip().rstrip(";"):
        yield ";", "the SQL is more than one statement", "write one SELECT"
    # Grafana looks for these in quotes, too.
    unknown = [match[0] for match in _MACRO.finditer(sql) if match[1] not in _KNOWN]
    yield from ((macro, f"{macro} is no macro of a rule", _USE) for macro in unknown)
    if "${" in sql:
        yield "${", "a rule has no variables", "write the value, or make it a label and let channels choose by it"
    elif not unknown:
        try:
            expand(sql, Span(0, 1))
        except ConfigError as error:
            yield "$__", str(error), "close its parenthesis"
