"""How a file's columns become an event's fields: --map and --set."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

from windvane.collectors.event import Row
from windvane.collectors.normalize import PLACES, normalize
from windvane.errors import ConfigError, EventRefused

__all__ = ["GIVEN", "FieldMap"]

GIVEN: Final = "given."
"""Stands before the name of a column that only has its name in common with one of ours: nothing given is lost."""


class FieldMap:
    """Which fields of an event come from which column of a file, and which are the same for every event."""

    def __init__(self, maps: Iterable[str] = (), sets: Iterable[str] = ()) -> None:
        """Read COLUMN=FIELD and FIELD=VALUE, as --map and --set give them. One column may fill several fields.

        Raises:
            ConfigError: one is not written so, names a field that no event has, or one that another fills.
        """
        self.columns: dict[str, str] = {}
        """Field of the event → column of the file."""
        self.constants: dict[str, str] = {}
        """Field of the event → value for every event."""
        self._filled: dict[int, str] = {}
        for pair in maps:
            # A field has no = in its name, a column may.
            column, _, name = pair.rpartition("=")
            self._fill(f"--map {pair}", name, column, "COLUMN=FIELD")
            self.columns[name] = column
        for pair in sets:
            name, _, value = pair.partition("=")
            self._fill(f"--set {pair}", name, value, "FIELD=VALUE")
            self.constants[name] = value
        self._used = frozenset(self.columns.values())
        self._ours = frozenset((*self.columns, *self.constants))

    def _fill(self, told: str, name: str, source: str, form: str) -> None:
        if not (name and source):
            raise ConfigError(f"{told}: write it as {form}")
        if name not in PLACES:
            raise ConfigError(f"{told}: an event has no field {name!r}. See docs/reference/events.md")
        before = self._filled.setdefault(PLACES[name], told)
        if before != told:
            raise ConfigError(f"{told}: {before} fills that field already. Give one of the two")

    def row(self, given: Mapping[str, Any]) -> Row:
        """Return the event that one line of the file makes.

        A column that was not mapped and has the name of a field, but a value that the field cannot hold, is kept in
        `attributes` as `given.` and its name; so is one whose field another column has filled.

        Raises:
            EventRefused: a mapped column or a constant does not fit its field, or the event is too large.
        """
        event: dict[str, Any] = {}
        filled = set(self._filled)
        for name, value in given.items():
            if name in self._used or value is None:
                continue
            place = PLACES.get(name)
            event[GIVEN + name if place in filled else name] = value
            if place is not None:
                filled.add(place)
        event |= {name: given[column] for name, column in self.columns.items() if column in given}
        event |= self.constants
        while True:
            try:
                return normalize(event)
            except EventRefused as error:
                if error.field not in event or error.field in self._ours:
                    raise
                event[GIVEN + error.field] = event.pop(error.field)
