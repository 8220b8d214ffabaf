"""Files of calls: CSV, TSV or JSON lines, in any layout, as events."""

from __future__ import annotations

import csv
import gzip
import io
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import msgspec

from windvane.collectors.event import INDEX, Row
from windvane.collectors.normalize import PLACES, normalize
from windvane.errors import ConfigError, EventRefused, InputError

__all__ = ["Mapping_", "Read", "fields", "read_files"]

_ID: Final = INDEX["id"]
_decode: Final = msgspec.json.Decoder().decode


@dataclass(frozen=True, slots=True)
class Mapping_:
    """How a file's columns become an event's fields."""

    columns: Mapping[str, str] = field(default_factory=dict)
    """Column of the file → field of the event."""
    constants: Mapping[str, str] = field(default_factory=dict)
    """Field of the event → value for every event."""


@dataclass(frozen=True, slots=True)
class Read:
    """One line of a file: what was given, and the event it makes, or why it makes none."""

    line: int
    given: Mapping[str, Any]
    row: Row | None
    refused: EventRefused | None = None


def fields(pairs: Iterable[str], *, option: str, known: str = "") -> dict[str, str]:
    """Return NAME=VALUE pairs of an option as a mapping. `known` says which side must be a field of an event.

    Raises:
        ConfigError: a pair without `=`, or a field that no event has.
    """
    found = {}
    for pair in pairs:
        name, sign, value = pair.partition("=")
        if not sign or not name or not value:
            raise ConfigError(f"{option} {pair!r}: write it as NAME=VALUE")
        side = name if known == "name" else value
        if known and side not in PLACES:
            raise ConfigError(f"{option} {pair!r}: an event has no field {side!r}. See docs/reference/events.md")
        found[name] = value
    return found


def read_files(paths: Iterable[Path], mapping: Mapping_) -> Iterator[Read]:
    """Yield every line of the files, in order. A line that cannot be read is yielded with its reason.

    A column whose name is a field of an event but whose value does not fit, and that was not mapped by the user, is
    kept in `attributes`: it only has the name in common.

    Raises:
        InputError: a file cannot be opened or is of no known kind.
    """
    for path in paths:
        for line, given in _records(path):
            if isinstance(given, EventRefused):
                yield Read(line, {}, None, given)
            else:
                yield _event(line, given, mapping)


def _event(line: int, given: Mapping[str, Any], mapping: Mapping_) -> Read:
    taken = set(mapping.columns.values())
    # A mapped column wins over one that has the field's name by chance.
    event = {name: value for name, value in given.items() if name not in mapping.columns and PLACES.get(name) is None}
    for name, value in given.items():
        if name not in mapping.columns and name in PLACES:
            event["given." + name if _shadowed(name, taken) else name] = value
    event |= {to: given[name] for name, to in mapping.columns.items() if name in given}
    event |= mapping.constants
    while True:
        try:
            return Read(line, given, normalize(event))
        except EventRefused as error:
            if error.field not in event or error.field in taken or error.field in mapping.constants:
                return Read(line, given, None, error)
            event["given." + error.field] = event.pop(error.field)


def _shadowed(name: str, taken: set[str]) -> bool:
    return any(PLACES[name] == PLACES[other] for other in taken)


def _records(path: Path) -> Iterator[tuple[int, dict[str, Any] | EventRefused]]:
    kind = [suffix.lower() for suffix in path.suffixes if suffix.lower() != ".gz"][-1:]
    with _opened(path) as text:
        if kind in ([".csv"], [".tsv"]):
            yield from _delimited(path, text, "\t" if kind == [".tsv"] else ",")
        elif kind in ([".jsonl"], [".ndjson"], [".json"]):
            yield from _json_lines(text)
        else:
            raise InputError(f"{path}: of no known kind. Name it .csv, .tsv, .jsonl or .ndjson (or with .gz behind)")


@contextmanager
def _opened(path: Path) -> Iterator[io.TextIOBase]:
    try:
        opened = gzip.open if path.suffix.lower() == ".gz" else open
        with opened(path, "rt", encoding="utf-8-sig", errors="replace", newline="") as text:
            yield text
    except OSError as error:
        raise InputError(f"{path}: {error.strerror or error}") from error


def _delimited(path: Path, text: io.TextIOBase, delimiter: str) -> Iterator[tuple[int, dict[str, Any] | EventRefused]]:
    csv.field_size_limit(1 << 30)
    reader = csv.DictReader(text, delimiter=delimiter)
    try:
        for record in reader:
            extra = record.pop(None, None)
            given = {name: value for name, value in record.items() if value not in (None, "")}
            yield reader.line_num, {**given, **({"given.rest": extra} if extra else {})}
    except csv.Error as error:
        raise InputError(f"{path}, line {reader.line_num}: {error}") from error


def _json_lines(text: io.TextIOBase) -> Iterator[tuple[int, dict[str, Any] | EventRefused]]:
    from windvane.errors import Reason

    for number, line in enumerate(text, 1):
        if not line.strip():
            continue
        try:
            given = _decode(line)
        except msgspec.DecodeError as error:
            yield number, EventRefused(Reason.UNDECODABLE, str(error))
            continue
        if isinstance(given, dict):
            yield number, given
        else:
            yield number, EventRefused(Reason.NOT_AN_OBJECT, f"a line is an object, this is {type(given).__name__}")
