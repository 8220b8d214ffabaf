"""Files of calls: CSV in any of its kinds, JSON lines, a JSON array; each line with the event it makes.

Line by line, in little memory; but a JSON array is read as a whole.
"""

from __future__ import annotations

import csv
import gzip
import io
import sys
import zlib
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, Final, cast

import msgspec

from windvane.cli.mapping import GIVEN, FieldMap
from windvane.collectors.event import Row
from windvane.errors import EventRefused, InputError, Reason

__all__ = ["STDIN", "Read", "check_columns", "read_files"]

STDIN: Final = Path("-")
_DELIMITED: Final = {".csv": ",", ".tsv": "\t"}
_LINES: Final = (".jsonl", ".ndjson", ".json")
_decode: Final = msgspec.json.Decoder().decode


@dataclass(frozen=True, slots=True)
class Read:
    """One line of a file, or one item of an array: what was given, and the event it makes, or why it makes none."""

    line: int
    """Its number, from 1; of a CSV record with line breaks in it, that of its last line."""
    given: Mapping[str, Any]
    row: Row | None
    refused: EventRefused | None = None
    text: str = ""
    """The line as it stands, where it could not be decoded."""


_Record = tuple[int, dict[str, Any]] | Read


def read_files(paths: Iterable[Path], fields: FieldMap) -> Iterator[Read]:
    """Yield every line of the files, in order. A line that is no event is yielded with its reason.

    Raises:
        InputError: a file cannot be read, or is of no known kind.
    """
    for path in paths:
        for record in _records(path):
            if isinstance(record, Read):
                yield record
                continue
            line, given = record
            try:
                yield Read(line, given, fields.row(given))
            except EventRefused as error:
                yield Read(line, given, None, error)


def check_columns(paths: Iterable[Path], fields: FieldMap) -> None:
    """See that each column that is mapped is in at least one line. Stops reading where all have been seen.

    Raises:
        InputError: one is in none, or a file cannot be read.
    """
    missing = set(fields.columns.values())
    seen: dict[str, None] = {}
    for record in (record for path in paths if missing for record in _records(path)):
        if not isinstance(record, Read):
            missing -= record[1].keys()
            seen |= dict.fromkeys(record[1])
        if not missing:
            return
    if missing:
        there = ", ".join(list(seen)[:30]) or "none"
        raise InputError(f"--map {min(missing)}=…: no line has a column {min(missing)!r}. The columns are: {there}")


def _records(path: Path) -> Iterator[_Record]:
    kind = ".jsonl" if path == STDIN else ([s for s in path.suffixes if s.lower() != ".gz"] or [""])[-1].lower()
    if kind not in _DELIMITED and kind not in _LINES:
        raise InputError(f"{path}: of no known kind. Name it .csv, .tsv, .jsonl, .ndjson or .json (or with .gz behind)")
    with _opened(path) as text:
        if kind in _DELIMITED:
            yield from _delimited(path, text, _DELIMITED[kind])
        elif kind == ".json":
            yield from _whole_or_lines(text)
        else:
            yield from _lines(text)


@contextmanager
def _opened(path: Path) -> Iterator[IO[str]]:
    try:
        raw = _bytes_of(path)
        with raw:
            if b"\0" in raw.peek(4096)[:4096]:
                raise InputError(f"{path}: holds zero bytes: it is no text in UTF-8. Convert it, or name another")
            yield io.TextIOWrapper(raw, encoding="utf-8-sig", errors="replace", newline="")
    except (EOFError, zlib.error) as error:
        raise InputError(f"{path}: the gzip file is damaged or cut off: {error}") from error
    except OSError as error:
        raise InputError(f"{path}: {error.strerror or error}") from error


def _bytes_of(path: Path) -> io.BufferedReader | gzip.GzipFile:
    if path == STDIN:
        return cast(io.BufferedReader, sys.stdin.buffer)
    return gzip.open(path) if path.suffix.lower() == ".gz" else path.open("rb")


def _delimited(path: Path, text: IO[str], delimiter: str) -> Iterator[_Record]:
    csv.field_size_limit(1 << 30)
    head = text.readline()
    if delimiter not in head:
        # Spreadsheets in many countries write «;».
        delimiter = max(";\t|,", key=head.count)
    ended = False

    def lines() -> Iterator[str]:
        nonlocal ended
        yield from _behind(head, text)
        ended = True

    reader, before = csv.reader(lines(), delimiter=delimiter), 0
    names: list[str] = []
    try:
        for cells in reader:
            if ended:
                # The reader looked for more: it was within quotes, and took all that followed into one cell.
                raise InputError(f"{path}: a quote after line {before} is never closed. Close it, or double it")
            before = reader.line_num
            if not names or not cells:
                names = names or _distinct(cells)
                continue
            # An empty cell says nothing; what stands behind the last column is kept.
            given: dict[str, Any] = {name: cell or None for name, cell in zip(names, cells, strict=False)}
            if len(cells) > len(names):
                given[f"{GIVEN}rest"] = cells[len(names) :]
            yield reader.line_num, given
    except csv.Error as error:
        raise InputError(f"{path}, line {reader.line_num}: {error}") from error


def _behind(head: str, text: IO[str]) -> Iterator[str]:
    yield head
    yield from text


def _distinct(names: list[str]) -> list[str]:
    """Two columns of one name stay two columns.

    >>> _distinct(["a", "b", "a"])
    ['a', 'b', 'a.2']
    """
    counts = (names[:at].count(name) for at, name in enumerate(names, 1))
    return [name if count == 1 else f"{name}.{count}" for name, count in zip(names, counts, strict=True)]


def _whole_or_lines(text: IO[str]) -> Iterator[_Record]:
    head = text.readline()
    while head and not head.strip():
        head = text.readline()
    try:
        lines = isinstance(_decode(head), dict)
    except msgspec.DecodeError:
        lines = False
    if lines:
        yield from _lines(_behind(head, text))
        return
    whole = head + text.read()
    if not whole.strip():
        return
    try:
        value = _decode(whole)
    except msgspec.DecodeError:
        # Neither an array nor one object: then each line by itself, with what is wrong in it.
        yield from _lines(whole.splitlines(keepends=True))
        return
    for number, item in enumerate(value if isinstance(value, list) else [value], 1):
        yield _object(number, item, "an item")


def _lines(text: Iterable[str]) -> Iterator[_Record]:
    for number, line in enumerate(text, 1):
        if not line.strip():
            continue
        try:
            yield _object(number, _decode(line), "a line")
        except msgspec.DecodeError as error:
            yield Read(number, {}, None, EventRefused(Reason.UNDECODABLE, str(error)), line.rstrip("\r\n"))


def _object(number: int, value: Any, what: str) -> _Record:
    if isinstance(value, dict):
        return number, value
    refused = EventRefused(Reason.NOT_AN_OBJECT, f"{what} is an object, this is {type(value).__name__}")
    return Read(number, {}, None, refused, msgspec.json.encode(value).decode())
