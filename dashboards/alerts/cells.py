"""One table of a file of rules, read cell by cell: each fault is noted with its line, and reading goes on."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from difflib import get_close_matches
from pathlib import Path
from typing import Any, Final

from windvane.dashboards.alerts.durations import seconds
from windvane.dashboards.alerts.places import Places

__all__ = ["NAME", "Cells", "Faults", "nearest"]

NAME: Final = r"[a-z0-9-]{1,40}"
_KINDS: Final[Mapping[type, str]] = {
    str: "text in quotes",
    float: "a number",
    bool: "true or false",
    list: "a list",
    dict: 'a table, as {key = "value"}',
    datetime: "a time, as 2026-12-24T18:00:00Z",
}


@dataclass(slots=True)
class Faults:
    """What is wrong in all files that are read together."""

    lines: list[tuple[str, int, str]] = field(default_factory=list)

    def add(self, path: Path, line: int, fact: str, remedy: str) -> None:
        """Note that in this line something is wrong, and what to write instead."""
        self.lines.append((str(path), line, f"{path}:{line}: {fact}; {remedy}"))

    def told(self) -> str:
        """Return all of them, a line each, as they stand in the files."""
        return "\n".join(text for _, _, text in sorted(self.lines, key=lambda fault: fault[:2]))


def nearest(name: str, known: Iterable[str]) -> str:
    """Return what to write in place of a name that is not known: the nearest, or all of them.

    >>> nearest("sevrity", ["severity", "title"]), nearest("x", ["day", "month"])
    ('write severity', 'write one of day, month')
    """
    names = list(known)
    close = get_close_matches(name, names, 1, 0.6)
    return f"write {close[0]}" if close else f"write one of {', '.join(names)}" if names else "there is none"


class Cells:
    """The cells of one table. A getter returns the default where the cell is absent or faulty; a fault is noted."""

    def __init__(self, faults: Faults, path: Path, places: Places, kind: str, index: int, cells: Any) -> None:
        self.path, self.kind, self._index = path, kind, index
        self._faults, self._places = faults, places
        self._cells: Mapping[str, Any] = cells if isinstance(cells, dict) else {}
        if not isinstance(cells, dict):
            self.fault(kind, f"{kind} is no table", f"begin it with a line [[{kind}]]")

    def within(self, key: str, cells: Any) -> Cells:
        """Return the cells of a table that stands in one of this table's; its faults are that cell's."""
        return _Inner(self, key, cells)

    def fault(self, key: str, fact: str, remedy: str, holding: str = "") -> None:
        """Note a fault of one key, or of the table where it has no such key."""
        line = self._places.line(self.kind, self._index, key, holding)
        self._faults.add(self.path, line, fact, remedy)

    def __contains__(self, key: str) -> bool:
        return key in self._cells

    def known(self, keys: Collection[str]) -> None:
        """Note every key that is none of these."""
        for key in self._cells:
            if key not in keys:
                where = f"[[{self.kind}]]" if self.kind else "the file"
                self.fault(key, f"{where} knows no key {key!r}", nearest(key, keys))

    def raw(self, key: str, kind: type, *, needed: bool = False, default: Any = None) -> Any:
        """Return a cell of this kind (`float` takes whole numbers too)."""
        value = self._cells.get(key)
        if value is None:
            if needed:
                self.fault("", f"{self.named()} has no {key}", f"add {key} = …, {_KINDS[kind]}")
            return default
        fits = isinstance(value, (int, float) if kind is float else kind)
        if not fits or isinstance(value, bool) != (kind is bool):
            self.fault(key, f"{key} is {_short(value)}", f"write {_KINDS[kind]}")
            return default
        return value

    def named(self) -> str:
        """Return what the table is called in a fault."""
        name = self._cells.get("name")
        return f"the {self.kind} {name}" if isinstance(name, str) and name else f"[[{self.kind}]]"

    def text(self, key: str, default: str = "", *, needed: bool = False) -> str:
        """Return a text that is not empty."""
        value = str(self.raw(key, str, needed=needed, default=default))
        if self._cells.get(key) == value and not value.strip():
            self.fault(key, f"{key} is empty", "say something, or leave it out")
        return value

    def number(self, key: str) -> float | None:
        """Return a finite number."""
        value = self.raw(key, float)
        if value is not None and not abs(value) < float("inf"):
            self.fault(key, f"{key} is {value}", "write a finite number")
            return None
        return None if value is None else float(value)

    def duration(self, key: str, default_s: int, least_s: int = 0) -> int:
        """Return a length of time in seconds."""
        if key not in self._cells:
            return default_s
        value = self._cells[key]
        try:
            length = seconds(value)
        except (ValueError, AttributeError):
            self.fault(key, f"{key} is {_short(value)}", 'write a length of time: "90s", "5m", "1h30m" or "7d"')
            return default_s
        if length < least_s:
            self.fault(key, f'{key} is "{value}"', f'write "{least_s}s" or more')
        return length

    def choice(self, key: str, choices: Collection[str], default: str) -> str:
        """Return one of these words."""
        value = str(self.raw(key, str, default=default))
        if value not in choices:
            self.fault(key, f"{key} is {_short(value)}", nearest(value, choices))
            return default
        return value

    def texts(self, key: str, default: tuple[str, ...] = (), *, needed: bool = False) -> tuple[str, ...]:
        """Return a list of texts."""
        value = self.raw(key, list, needed=needed, default=list(default))
        if not all(isinstance(one, str) and one for one in value):
            self.fault(key, f"{key} is {_short(value)}", 'write a list of texts, as ["service", "model"]')
            return default
        if len(set(value)) < len(value):
            self.fault(key, f"{key} names something twice", "name each once")
        return tuple(value)

    def map(self, key: str) -> dict[str, str]:
        """Return a table of texts by name."""
        value = self.raw(key, dict, default={})
        if not all(isinstance(one, str) and one for one in value.values()):
            self.fault(key, f"{key} is {_short(value)}", f'write texts alone, as {key} = {{service = "shop"}}')
            return {}
        return dict(value)


class _Inner(Cells):
    def __init__(self, outer: Cells, key: str, cells: Any) -> None:
        super().__init__(outer._faults, outer.path, outer._places, outer.kind, outer._index, {})
        self._key, self._outer = key, outer
        self._cells = cells if isinstance(cells, dict) else {}

    def fault(self, key: str, fact: str, remedy: str, holding: str = "") -> None:
        self._outer.fault(self._key, fact, remedy, holding)


def _short(value: Any) -> str:
    said = f'"{value}"' if isinstance(value, str) else str(value).lower() if isinstance(value, bool) else str(value)
    return said if len(said) <= 60 else said[:59] + "…"
