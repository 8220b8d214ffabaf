"""From fields to a row: at once where each value is of its column's own type, else as any event is read."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Final

import msgspec

from windvane.collectors.event import COLUMNS, MAX_EVENT_BYTES, Kind, Row
from windvane.collectors.normalize import normalize

__all__ = ["put", "row_of"]

_BOUNDED: Final[dict[Kind, Any]] = {
    Kind.COUNT: Annotated[int, msgspec.Meta(ge=0, le=2**32 - 1)],
    Kind.SECONDS: Annotated[float, msgspec.Meta(ge=0, le=1e9)],
    Kind.NUMBER: Annotated[float, msgspec.Meta(ge=-1e300, le=1e300)],
}
_TYPES: Final[dict[str, Any]] = {
    "time": int,  # the mapping has seen that it is in range
    "gen_ai_response_finish_reasons": list[str],
    "attributes": dict[str, str],
    **{column.name: _BOUNDED.get(column.kind, str) for column in COLUMNS if column.kind in (Kind.TEXT, *_BOUNDED)},
}
_Cells: Final = msgspec.defstruct(
    "Cells",
    [(column.name, _TYPES[column.name] | None if column.name in _TYPES else None, None) for column in COLUMNS],
    forbid_unknown_fields=True,
)
"""The cells of a row; None alone where a value always has to be converted."""
_encode: Final = msgspec.msgpack.Encoder().encode
_SURELY_SMALL: Final = MAX_EVENT_BYTES // 2


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
    try:
        row: Row = msgspec.structs.astuple(msgspec.convert(fields, _Cells))
        return row if len(_encode(row)) < _SURELY_SMALL else None
    except (msgspec.ValidationError, UnicodeEncodeError):
        return None
