"""From a span to the row of an event, by the table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import msgspec

from windvane.collectors.event import Row
from windvane.collectors.gateway.otlp.conversation import tell
from windvane.collectors.gateway.otlp.row import row_of
from windvane.collectors.gateway.otlp.settling import fail, first_chunk, settle
from windvane.collectors.gateway.otlp.span import Place, Span, SpanEvent
from windvane.collectors.gateway.otlp.table import FAMILIES, KEPT, RESOURCE, ROWS
from windvane.collectors.redaction.cutting import cut
from windvane.errors import EventRefused, Reason

__all__ = ["Mapper", "tells"]

_RANKS: Final = {row.name: (rank, row.to) for rank, row in reversed(list(enumerate(ROWS)))}
_FAMILIES: Final = tuple({row.name: row.to for row in reversed(FAMILIES)}.items())
_BEGINNINGS: Final = tuple(name for name, _ in _FAMILIES)
_encode: Final = msgspec.json.Encoder(enc_hook=str).encode
_SMALL: Final = 1024
_MOST_SMALL: Final = 16 * 1024
_LONGEST_NAME: Final = 200


def tells(span: Span) -> bool:
    """Return whether a span says by itself what was said in it."""
    return any(
        name.startswith(_BEGINNINGS) or _RANKS.get(name, (0, ""))[1] in _TALK for name in span.attributes
    ) or any(event.name.startswith("gen_ai.") for event in span.events)


@dataclass(slots=True)
class _Found:
    """What the attributes of one span say, by column."""

    fields: dict[str, Any] = field(default_factory=dict)
    ranks: dict[str, int] = field(default_factory=dict)
    flat: dict[str, list[tuple[str, Any]]] = field(default_factory=dict)
    """Of families, what is behind their name."""
    kept: dict[str, str] = field(default_factory=dict)
    small: int = 0


class Mapper:
    """Maps spans of one request. `unmapped` counts the names that the table does not know."""

    def __init__(self) -> None:
        self.unmapped: dict[str, int] = {}
        self._place: Place | None = None
        self._of_place: dict[str, Any] = {}

    def row(self, span: Span, operation: str, said: Sequence[SpanEvent] = ()) -> Row:
        """Return the row of a span that is a call; `said` is what came apart from it, as log records.

        Raises:
            EventRefused: it is too large for an event.
        """
        events = [*span.events, *said] if said else span.events
        attributes = span.attributes
        for event in said:
            if event.name == "gen_ai.client.inference.operation.details":
                attributes = {**event.attributes, **attributes}
        found = self._found(attributes)
        fields = found.fields
        fields.update(self._resource(span.place))
        settle(span, operation, fields, attributes, found.flat)
        if events or found.flat or not _TALK.isdisjoint(fields):
            tell(operation, attributes, found.flat, fields, events)
            first_chunk(span, fields, events)
        if span.failed or "error_type" in fields:
            fail(span, fields, attributes, events)
        else:
            fields.pop("error_message", None)
        if found.kept:
            fields["attributes"] = found.kept
        return self._row(fields)

    def _resource(self, place: Place) -> dict[str, Any]:
        """Return the fields that a resource gives to all its spans."""
        if self._place is not place:
            said = place.resource
            self._place = place
            self._of_place = {column: said[name] for name, column in reversed(RESOURCE.items()) if name in said}
        return self._of_place

    def _found(self, attributes: Mapping[str, Any]) -> _Found:
        found = _Found()
        fields, ranks = found.fields, found.ranks
        for name, value in attributes.items():
            known = _RANKS.get(name)
            if known is None:
                if name.startswith(_BEGINNINGS):
                    for beginning, to in _FAMILIES:
                        if name.startswith(beginning):
                            if to:
                                found.flat.setdefault(beginning, []).append((name[len(beginning) :], value))
                            break
                else:
                    self._unknown(found, name, value)
                continue
            rank, to = known
            if to == KEPT:
                self._keep(found, name, value)
            elif to and (to not in ranks or rank < ranks[to]):
                fields[to], ranks[to] = value, rank
        return found

    def _unknown(self, found: _Found, name: str, value: Any) -> None:
        name = cut(name, _LONGEST_NAME)
        self.unmapped[name] = self.unmapped.get(name, 0) + 1
        self._keep(found, name, value)

    def _keep(self, found: _Found, name: str, value: Any) -> None:
        text = _json(value)
        size = len(name) + len(text)
        if len(text) <= _SMALL and found.small + size <= _MOST_SMALL:
            found.small += size
            found.kept[name] = text

    def _row(self, fields: dict[str, Any]) -> Row:
        for _ in range(len(fields)):
            try:
                return row_of(fields)
            except EventRefused as refused:
                # One value that its column cannot hold does not cost the call: it is kept as an attribute.
                if refused.field not in fields or refused.reason is Reason.OVERSIZE:
                    raise
                value = fields.pop(refused.field)
                self.unmapped[refused.field] = self.unmapped.get(refused.field, 0) + 1
                text = _json(value)
                if refused.field != "attributes" and len(text) <= _SMALL:
                    fields["attributes"] = {**(fields.get("attributes") or {}), refused.field: text}
        return row_of({"id": fields.get("id")})


_TALK: Final = frozenset(
    ("gen_ai_input_messages", "gen_ai_output_messages", "gen_ai_system_instructions", "gen_ai_retrieval_documents")
)


def _json(value: Any) -> str:
    """Return JSON, of a text too, as all attributes are kept; what cannot be written is too long to be kept."""
    try:
        return _encode(value).decode()
    except (ValueError, RecursionError):
        return " " * (_SMALL + 1)
