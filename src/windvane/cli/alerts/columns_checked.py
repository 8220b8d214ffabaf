"""What a rule's SQL returns, held against what the rule needs: over a store that is empty."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

import msgspec

from windvane.dashboards.alerts.cells import nearest
from windvane.dashboards.alerts.rule import Rule
from windvane.dashboards.macros import Span, expand
from windvane.errors import StoreError
from windvane.storage.reader import Reader

__all__ = ["column_faults"]

_NUMBER: Final = re.compile(r"^(SimpleAggregateFunction\(\w+, )?(Nullable\()?(U?Int|Float|Decimal|Bool)")
_TEXT: Final = re.compile(r"^(LowCardinality\()?(Nullable\()?(String|FixedString|UUID|Enum)")
_VIEWS: Final = "docs/reference/views.md has the views and their columns"
_AT_MS: Final = 1_768_392_000_000


def column_faults(rule: Rule, reader: Reader) -> Iterator[tuple[str, str, str, str]]:
    """Yield what is wrong with the SQL: the key at fault, the fact, the remedy, and a text that is at fault, if it is
    one. Blocks on the store.
    """
    try:
        answer = reader.text(expand(rule.sql, Span(_AT_MS - rule.window_s * 1000, _AT_MS)), "columns")
    except StoreError as error:
        named = re.search(r"`(\w+)`", str(error))
        holding = named[1] if named and named[1] in rule.sql else ""
        yield "where" if rule.signal else "sql", f"the SQL cannot be run: {_short(str(error))}", _VIEWS, holding
        return
    columns = {column["name"]: column["type"] for column in msgspec.json.decode(answer)["meta"]}
    if "value" not in columns:
        yield "sql", "the SQL returns no value", "name the number that is judged: … AS value", ""
    elif not _NUMBER.match(columns["value"]):
        yield "sql", f"value is no number, but {columns['value']}", "write toFloat64(…) AS value", ""
    for label in rule.labels:
        if label not in columns:
            yield "labels", f"the SQL returns no column {label!r}", nearest(label, columns), ""
        elif not _TEXT.match(columns[label]):
            yield "labels", f"the label {label} is no text, but {columns[label]}", f"write toString({label})", ""
    for name in re.findall(r"\{(\w+)\}", rule.message):
        if name not in columns:
            yield "message", f"the SQL returns no column {name!r}", nearest(name, columns), name
    for column in rule.link.filters.values():
        if column not in columns:
            yield "link", f"the SQL returns no column {column!r}", nearest(column, columns), ""


def _short(error: str) -> str:
    """Return ClickHouse's words without its numbers and the query."""
    said = re.sub(r"^the store refused: |Received ClickHouse exception, |Code: \d+\. |DB::Exception: ", "", error)
    said = re.sub(r"(DB::Exception: )|(\.? ?\(?(for query|In scope).*)", "", said)
    return said.strip(" .")[:300]
