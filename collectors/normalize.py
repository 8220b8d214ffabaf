"""From what people write to a row: dotted names, columns or short aliases in; one tuple of typed cells out."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from typing import Any, Final

import msgspec

from windvane.collectors.event import COLUMNS, INDEX, MAX_EVENT_BYTES, Kind, Row
from windvane.errors import EventRefused, Reason

__all__ = ["EARLIEST_US", "LATEST_US", "PLACES", "normalize"]

EARLIEST_US: Final = 946_684_800_000_000
"""2000-01-01: no model was called before; a time below it is a mistake of unit or clock."""
LATEST_US: Final = 4_102_444_800_000_000
"""2100-01-01. How far ahead of its record's own time an event may be is the stream's to judge."""

PLACES: Final[dict[str, int]] = {
    name: place for place, column in enumerate(COLUMNS) for name in (column.name, column.attribute, *column.aliases)
}
"""Every accepted name of a column, and its place in the row."""

_ATTRIBUTES: Final = INDEX["attributes"]
_json: Final = msgspec.json.Encoder(decimal_format="string", enc_hook=str).encode
_DOCUMENT_TEXT: Final = ("content", "text", "page_content", "document")


def _as_json(value: Any) -> str:
    return _json(value).decode("utf-8", "replace")


def _text(value: Any) -> str:
    return value if isinstance(value, str) else _as_json(value)


def _number(value: Any) -> float:
    if isinstance(value, bool):
        raise TypeError(value)
    number = float(value)
    if not math.isfinite(number):
        raise OverflowError(value)
    return number


def _seconds(value: Any) -> float:
    number = _number(value)
    if not 0 <= number <= 1e9:
        raise OverflowError(value)
    return number


def _count(value: Any) -> int:
    number = value if isinstance(value, int) and not isinstance(value, bool) else _number(value)
    if number != int(number):
        raise TypeError(value)
    if not 0 <= number < 2**32:
        raise OverflowError(value)
    return int(number)


def _money(value: Any) -> str:
    if isinstance(value, bool):
        raise TypeError(value)
    try:
        amount = Decimal(str(value))
    except InvalidOperation as error:
        raise ValueError(value) from error
    if not amount.is_finite() or not 0 <= amount < 10**9:
        raise OverflowError(value)
    return format(round(amount, 9), "f")


def _time(value: Any) -> int:
    if isinstance(value, str):
        try:
            value = float(value)
        except ValueError:
            value = datetime.fromisoformat(value.strip())
    if isinstance(value, datetime):
        moment = value if value.tzinfo else value.replace(tzinfo=UTC)
        delta = moment - datetime(1970, 1, 1, tzinfo=UTC)
        micros = (delta.days * 86_400 + delta.seconds) * 1_000_000 + delta.microseconds
    else:
        number = _number(value)
        # Seconds, milliseconds, microseconds and nanoseconds since 1970 do not overlap between 2000 and 2100.
        for limit, factor in ((1e11, 1e6), (1e14, 1e3), (1e17, 1), (1e20, 1e-3)):
            if abs(number) < limit:
                # A whole number stays exact: float multiplication would lose the last microseconds.
                micros = int(value * int(factor)) if isinstance(value, int) and factor >= 1 else round(number * factor)
                break
        else:
            raise OverflowError(value)
    if not EARLIEST_US <= micros < LATEST_US:
        raise OverflowError(value)
    return micros


def _document(value: Any) -> str:
    if isinstance(value, Mapping):
        for name in _DOCUMENT_TEXT:
            if isinstance(value.get(name), str):
                return str(value[name])
    return _text(value)


def _texts(value: Any) -> list[str]:
    return [_document(item) for item in value] if isinstance(value, list | tuple) else [_document(value)]


def _numbers(value: Any) -> list[float]:
    if isinstance(value, str):
        value = msgspec.json.decode(value)
    return [_number(item) for item in value]


def _map(value: Any) -> dict[str, str]:
    if isinstance(value, str):
        value = msgspec.json.decode(value)
    if isinstance(value, list | tuple):  # bare tags: ["prod", "eu"]
        return {_text(item): "" for item in value}
    if not isinstance(value, Mapping):
        raise TypeError(value)
    return {str(name): _text(item) for name, item in value.items()}


_READERS: Final[dict[Kind, Callable[[Any], Any]]] = {
    Kind.TEXT: _text,
    Kind.TIME: _time,
    Kind.COUNT: _count,
    Kind.NUMBER: _number,
    Kind.SECONDS: _seconds,
    Kind.MONEY: _money,
    Kind.TEXTS: _texts,
    Kind.NUMBERS: _numbers,
    Kind.MAP: _map,
}
_CELLS: Final = tuple(_READERS[column.kind] for column in COLUMNS)


def normalize(event: Any) -> Row:
    """Return the row of one event given as a mapping.

    Accepted names are `PLACES`; any other goes to `attributes` under its own name, as JSON. None and, outside text
    columns, the empty text mean absent. Numbers may come as text; times as ISO 8601 (UTC where no zone is said) or as
    seconds, milli-, micro- or nanoseconds since 1970. `id` and `time` may be absent: the stream fills them in.

    Raises:
        EventRefused: no mapping, a value that its column cannot hold, or more than `MAX_EVENT_BYTES` in all.
    """
    if not isinstance(event, Mapping):
        raise EventRefused(Reason.NOT_AN_OBJECT, f"an event is an object with named fields, this is {_short(event)}")
    cells: list[Any] = [None] * len(COLUMNS)
    extra: dict[str, str] = {}
    for name, value in event.items():
        place = PLACES.get(name)
        if value is None or (value == "" and (place is None or COLUMNS[place].kind is not Kind.TEXT)):
            continue
        if place is None:
            extra[str(name)] = _as_json(value)
            continue
        try:
            cells[place] = _CELLS[place](value)
        except OverflowError as error:
            detail = f"{name} is {_short(value)}; it holds a {COLUMNS[place].kind}"
            raise EventRefused(Reason.OUT_OF_RANGE, detail, name) from error
        except (TypeError, ValueError, msgspec.DecodeError) as error:
            detail = f"{name} is {_short(value)}; it holds a {COLUMNS[place].kind}"
            raise EventRefused(Reason.WRONG_TYPE, detail, name) from error
    if extra:
        cells[_ATTRIBUTES] = {**(cells[_ATTRIBUTES] or {}), **extra}
    row = tuple(cells)
    size = len(msgspec.msgpack.encode(row))
    if size > MAX_EVENT_BYTES:
        raise EventRefused(Reason.OVERSIZE, f"{size} bytes; an event may have {MAX_EVENT_BYTES}")
    return row


def _short(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 80 else text[:77] + "…"
