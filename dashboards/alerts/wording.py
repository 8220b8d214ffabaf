"""From a rule and a row of its answer to what people read: the sentence and the link."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from math import isfinite
from typing import Any, Final
from urllib.parse import urlencode

from windvane.dashboards.alerts.rule import Rule
from windvane.dashboards.board import Unit

__all__ = ["link", "sentence", "written"]

_PLACE: Final = re.compile(r"\{(\w+)\}")
_BEFORE: Final = timedelta(hours=1)
_AFTER: Final = timedelta(minutes=10)


def sentence(rule: Rule, row: Mapping[str, Any]) -> str:
    """Return the rule's message with what the row says in its places; a column that is not there is a `?`."""

    def told(match: re.Match[str]) -> str:
        value = row.get(match[1])
        return written(value, rule.unit) if match[1] == "value" else _plain(value)

    return _PLACE.sub(told, rule.message)


def written(value: float | None, unit: Unit) -> str:
    """Return a number with its unit, as short as it can be understood.

    >>> written(0.1234, Unit.SHARE), written(1.5, Unit.SECONDS), written(1234567, Unit.COUNT), written(0.5, Unit.USD)
    ('12.3 %', '1.5 s', '1,234,567', '0.50 USD')
    """
    if value is None:
        return "nothing"
    match unit:
        case Unit.SHARE:
            return f"{_short(100 * value)} %"
        case Unit.SECONDS:
            return f"{_short(value)} s"
        case Unit.USD:
            return f"{value:,.2f} USD" if abs(value) >= 0.1 else f"{value:.2g} USD"
        case Unit.PER_SECOND:
            return f"{_short(value)}/s"
        case _:
            return _short(value)


def link(rule: Rule, row: Mapping[str, Any], since: datetime, at: datetime) -> str:
    """Return the path of the page where the alert is to be looked at, an hour before it began included."""
    chosen = [(name, str(row.get(column) or "")) for name, column in rule.link.filters.items()]
    times = [("from", _ms(since - _BEFORE)), ("to", _ms(at + _AFTER))]
    return f"/boards/{rule.link.board}?" + urlencode([*times, *((name, value) for name, value in chosen if value)])


def _ms(time: datetime) -> str:
    return str(round(time.timestamp() * 1000))


def _short(value: float) -> str:
    if not isfinite(value):
        return str(value)
    if value == int(value) and abs(value) < 1e15:
        return f"{int(value):,}"
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.3g}"


def _plain(value: Any) -> str:
    match value:
        case None:
            return "?"
        case float():
            return _short(value)
        case bool() | int():
            return f"{value:,}"
        case datetime():
            return f"{value.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"
        case _:
            return str(value)
