"""From fields to a row: at once where each value is of its column's own type, else as any event is read."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from windvane.collectors.event import COLUMNS, INDEX, MAX_EVENT_BYTES, PYTHON_TYPES, Kind, Row
from windvane.collectors.normalize import normalize

__all__ = ["put", "row_of"]

_WIDTH: Final = len(COLUMNS)
_BOUNDS: Final = {Kind.COUNT: (0, 2**32 - 1), Kind.SECONDS: (0.0, 1e9), Kind.NUMBER: (-1e300, 1e300)}
_OF_COLUMN: Final = {
    column.name: (place, PYTHON_TYPES[column.kind], *_BOUNDS.get(column.kind, (None, None)))
    for place, column in enumerate(COLUMNS)
    if column.kind in (Kind.TEXT, *_BOUNDS)
}
_TIME, _FINISH, _ATTRIBUTES = INDEX["time"], INDEX["gen_ai_response_finish_reasons"], INDEX["attributes"]
_MOST_BYTES_OF_CHARACTER: Final = 4


def row_of(fields: Mapping[str, Any]) -> Row:
    """Return the row of fields that are named as columns. See `normalize`, which it is a quicker way to.

    Raises:
        EventRefused: as `normalize`.
    """
    return _exact(fields) or normalize(fields)


def put(fields: dict[str, Any], column: str, value: Any) -> None:
    """Set a field; None takes it away."""
    if value is None:
        fields.pop(column, None)
    else:
        fields[column] = value


def _exact(fields: Mapping[str, Any]) -> Row | None:
    """Return the row where nothing has to be converted and it is surely small enough."""
    cells: list[Any] = [None] * _WIDTH
    size = 0
    for name, value in fields.items():
        if value is None:
            continue
        known = _OF_COLUMN.get(name)
        if known is not None:
            place, kind, least, most = known
            if value.__class__ is not kind:
                return None
            if kind is str:
                size += len(value)
            elif not least <= value <= most:
                return None
            cells[place] = value
        elif name == "time":  # the mapping has seen that it is in range
            cells[_TIME] = value
        elif name == "gen_ai_response_finish_reasons":
            size += sum(map(len, value))
            cells[_FINISH] = value
        elif name == "attributes":
            size += sum(map(len, value)) + sum(map(len, value.values()))
            cells[_ATTRIBUTES] = value
        else:
            return None
    return tuple(cells) if size * _MOST_BYTES_OF_CHARACTER < MAX_EVENT_BYTES // 2 else None
