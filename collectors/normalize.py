"""From what people write to a row: dotted names, columns or short aliases in; one tuple of typed cells out."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from typing import Any, Final

import msgspec

from windvane.collectors.event import COLUMNS, INDEX, MAX_EVENT_BYTES, Kind, Row
from windvane.errors import EventRefused, Reason

__all__ = ["EARLIEST_US", "LATEST_US", "MAX_FLOAT32", "PLACES", "normalize"]

EARLIEST_US: Final = 946_684_800_000_000
"""2000-01-01: no model was called before; a time below it is a mistake of unit or clock."""
LATEST_US: Final = 4_102_444_800_000_000
"""2100-01-01. How far ahead of its record's own time an event may be is the stream's to judge."""
MAX_FLOAT32: Final = 3.4028234e38

PLACES: Final[dict[str, int]] = {
    name: place for place, column in enumerate(COLUMNS) for name in (column.name, column.attribute, *column.aliases)
}
"""Every accepted name of a column, and its place in the row."""

_ATTRIBUTES: Final = INDEX["attributes"]
_encode: Final = msgspec.msgpack.Encoder().encode
_json: Final = msgspec.json.Encoder(decimal_format="string", enc_hook=str).encode
_DOCUMENT_TEXT: Final = ("content", "text", "page_content", "document")


def _as_json(value: Any) -> str:
    try:
        return _json(value).decode()
    except UnicodeEncodeError:  # half of a surrogate pair
        return json.dumps(value, default=str, ensure_ascii=False, separators=(",", ":"))


def _text(value: Any) -> str:
    if type(value) is str:
        return value
    return str.__str__(value) if isinstance(value, str) else _as_json(value)


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
    # Rounded before it is compared: what is just below the limit may round up to it.
    if not amount.is_finite() or not 0 <= amount < 10**9 or round(amount, 9) >= 10**9:
        raise OverflowError(value)
    return format(abs(round(amount, 9)), "f")


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
    elif hasattr(value, "tolist"):  # arrays of numpy, torch, pandas
        value = value.tolist()
    numbers = [_number(item) for item in value]
    if numbers and not -MAX_FLOAT32 <= min(numbers) <= max(numbers) <= MAX_FLOAT32:
        raise OverflowError(value)
    return numbers


def _map(value: Any) -> dict[str, str]:
    if isinstance(value, str):
        value = msgspec.json.decode(value)
    if isinstance(value, list | tuple):  # bare tags: ["prod", "eu"]
        return {_text(item): "" for item in value}
    if not isinstance(value, Mapping):
        raise TypeError(value)
    return {_text(name): _text(item) for name, item in value.items()}


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

    Accepted names are `PLACES`; any other goes to `attributes` under its own name, as JSON. Of two names of one column
    the later counts. None and, outside text columns, the empty text mean absent. Numbers may come as text; times as
    ISO 8601 (UTC where no zone is said) or as seconds, milli-, micro- or nanoseconds since 1970. `id` and `time` may be
    absent: the stream fills them in. Half of a surrogate pair, which no store takes, becomes U+FFFD.

    Raises:
        EventRefused: no mapping, a value that its column cannot hold, or more than `MAX_EVENT_BYTES` in all.
    """
    if not isinstance(event, Mapping):
        raise EventRefused(Reason.NOT_AN_OBJECT, f"an event is an object with named fields, this is {_short(event)}")
    try:
        row = _row(event)
        try:
            size = len(_encode(row))
        except UnicodeEncodeError:
            row = tuple(map(_repaired, row))
            size = len(_encode(row))
    except EventRefused:
        raise
    except Exception as error:  # a mapping of the app's own may raise anything
        raise EventRefused(Reason.WRONG_TYPE, f"the event cannot be read: {type(error).__name__}") from error
    if size > MAX_EVENT_BYTES:
        raise EventRefused(Reason.OVERSIZE, f"{size} bytes; an event may have {MAX_EVENT_BYTES}")
    return row


def _row(event: Mapping[Any, Any]) -> Row:
    cells: list[Any] = [None] * len(COLUMNS)
    extra: dict[str, str] = {}
    for name, value in event.items():
        place = PLACES.get(name)
        if value is None:
            continue
        if isinstance(value, str) and not value and (place is None or COLUMNS[place].kind is not Kind.TEXT):
            continue
        try:
            if place is None:
                extra[_text(name)] = _as_json(value)
            else:
                cells[place] = _CELLS[place](value)
        except Exception as error:  # an object of the app's own may raise anything; too deep a nesting is here too
            reason = Reason.OUT_OF_RANGE if isinstance(error, OverflowError) else Reason.WRONG_TYPE
            named, takes = (_short(name), "JSON") if place is None else (name, COLUMNS[place].kind)
            detail = f"{named} is {_short(value)}; it takes {takes}"
            raise EventRefused(reason, detail, name if isinstance(name, str) else "") from error
    if extra:
        cells[_ATTRIBUTES] = {**(cells[_ATTRIBUTES] or {}), **extra}
    return tuple(cells)


def _repaired(cell: Any) -> Any:
    """Return the cell with half surrogate pairs replaced by U+FFFD, and whole ones joined."""
    if isinstance(cell, str):
        return cell.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    if isinstance(cell, list):
        return [_repaired(item) for item in cell]
    return {_repaired(name): _repaired(item) for name, item in cell.items()} if isinstance(cell, dict) else cell


def _short(value: Any) -> str:
    try:
        text = repr(value[:80] if isinstance(value, str) else value)
    except Exception:  # a cycle, an integer of 5,000 digits, an object's own mistake
        text = f"a {type(value).__name__}"
    return text if len(text) <= 80 else text[:77] + "…"
