"""A batch: the events of one block by column, as numpy and Arrow arrays that every signal shares."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import chain
from typing import Any, Final, TypeVar, cast

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from windvane.collectors.event import BODIES, COLUMNS, INDEX, Kind, Row

__all__ = ["ARROW_TYPES", "Batch"]

T = TypeVar("T")

_CHUNK: Final = 256
"""Rows turned into columns at a time: the processor's cache holds them, and the garbage collector finds little."""

_PART_BYTES: Final = 4 * 1024 * 1024
"""Text scored at a time: of less, calls into numpy weigh more; of more, what is made leaves the processor's cache."""

ARROW_TYPES: Final[dict[Kind, pa.DataType]] = {
    Kind.TEXT: pa.string(),
    Kind.TIME: pa.int64(),
    Kind.COUNT: pa.uint32(),
    Kind.NUMBER: pa.float64(),
    Kind.SECONDS: pa.float64(),
    Kind.MONEY: pa.string(),
    Kind.TEXTS: pa.list_(pa.string()),
    Kind.NUMBERS: pa.list_(pa.float32()),
    Kind.MAP: pa.map_(pa.string(), pa.string()),
}


class Batch:
    """The sound events of one block, in the log's order, with their place in the log.

    Arrays are made when first asked for and kept: a signal asks the batch, never the rows.
    """

    def __init__(self, rows: Sequence[Row], offsets: NDArray[np.int64], positions: NDArray[np.int32],
                 logged_us: NDArray[np.int64], sources: Sequence[str]) -> None:  # fmt: skip
        """Take `rows` and, for each, the offset of its record, its place in it, the record's time, and its source."""
        self.offsets, self.positions, self.logged_us, self.sources = offsets, positions, logged_us, sources
        self._cells: list[list[Any]] = [[] for _ in COLUMNS]
        for start in range(0, len(rows), _CHUNK):
            for cells, part in zip(self._cells, zip(*rows[start : start + _CHUNK], strict=True), strict=True):
                cells += part
        self._whole: tuple[Batch, int] | None = None
        self._arrow: dict[str, pa.Array] = {}
        self._codes: dict[str, pa.DictionaryArray] = {}
        self._numbers: dict[str, NDArray[np.float64]] = {}
        self._derived: dict[Callable[[Batch], Any], Any] = {}
        self._said: dict[str, NDArray[np.float64]] = {}

    def __len__(self) -> int:
        return len(self.offsets)

    def cells(self, name: str) -> Sequence[Any]:
        """Return the column as Python values, None where absent."""
        return self._cells[INDEX[name]]

    def arrow(self, name: str) -> pa.Array:
        """Return the column as an Arrow array of its kind's type, null (lists and maps: empty) where absent."""
        held = self._arrow.get(name)
        if held is None:
            if self._whole:
                held = self._whole[0].arrow(name).slice(self._whole[1], len(self))
            else:
                held = _to_arrow(self.cells(name), COLUMNS[INDEX[name]].kind)
            self._arrow[name] = held
        return held

    def codes(self, name: str) -> pa.DictionaryArray:
        """Return a text column as codes into its distinct values."""
        held = self._codes.get(name)
        if held is None:
            held = self._codes[name] = self.arrow(name).dictionary_encode()
        return held

    def numbers(self, name: str) -> NDArray[np.float64]:
        """Return a column of counts, numbers, seconds or times as float64, shape (n,), NaN where absent."""
        held = self._numbers.get(name)
        if held is None:
            held = self._numbers[name] = self.arrow(name).cast(pa.float64()).to_numpy(zero_copy_only=False)
        return held

    def entries(self, name: str, wanted: Sequence[str]) -> tuple[NDArray[np.int64], NDArray[np.int64], pa.Array]:
        """Return the entries of a map column that have one of the `wanted` names, in the events' order.

        Whose each is, int64 (k,); the place of its name in `wanted`, int64 (k,); its value, string (k,).
        """
        cells = self.arrow(name)
        ends = cells.offsets.to_numpy()
        begin, count = int(ends[0]), int(ends[-1] - ends[0])
        found = pc.index_in(cells.keys.slice(begin, count), value_set=pa.array(wanted, pa.string()))
        at = np.flatnonzero(found.is_valid().to_numpy(zero_copy_only=False))
        which = found.take(pa.array(at)).to_numpy().astype(np.int64)
        rows = np.searchsorted(ends, at + begin, side="right") - 1
        return rows, which, cells.items.slice(begin, count).take(pa.array(at))

    def tell(self, values: Mapping[str, NDArray[np.float64]]) -> None:
        """Let it be known what the event signals say of these events: float64 (n,) by name."""
        self._said.update(values)

    def signal(self, name: str) -> NDArray[np.float64]:
        """Return what an event signal says of each event, float64 (n,), NaN where it says nothing or there is none."""
        said = self._said.get(name)
        return np.full(len(self), np.nan) if said is None else said

    def times_us(self) -> NDArray[np.int64]:
        """Return when each call ended: int64 microseconds since 1970, shape (n,)."""
        return np.asarray(self.arrow("time").to_numpy(zero_copy_only=False), dtype=np.int64)

    def derived(self, make: Callable[[Batch], T]) -> T:
        """Return what `make` says of this batch, asked once: a hundred signals hash the answers' tokens one time.

        `make` is a function of a module, pure; nobody changes what it has returned.
        """
        if make not in self._derived:
            self._derived[make] = make(self)
        return cast(T, self._derived[make])

    def parts(self) -> Iterator[tuple[int, Batch]]:
        """Yield the batch in pieces of little text, each with the place of its first event: one, if it has little."""
        ends = np.cumsum(self._text_bytes()) // _PART_BYTES
        cuts = [0, *(np.flatnonzero(np.diff(ends)) + 1).tolist(), len(self)]
        if len(cuts) == 2:
            yield 0, self
            return
        for begin, end in zip(cuts, cuts[1:], strict=False):
            yield begin, self._part(begin, end)

    def _text_bytes(self) -> NDArray[np.int64]:
        """Return the bytes of text of each event."""
        size = np.zeros(len(self), np.int64)
        for name in BODIES:
            cells = self.arrow(name)
            if pa.types.is_string(cells.type):
                size += pc.fill_null(pc.binary_length(cells), 0).to_numpy(zero_copy_only=False)
            elif pa.types.is_string(cells.type.value_type):
                lengths = pc.fill_null(pc.binary_length(cells.flatten()), 0).to_numpy(zero_copy_only=False)
                ends = cells.offsets.to_numpy()
                size += np.diff(np.concatenate([[0], np.cumsum(lengths)])[ends - ends[0]])
        return size

    def _part(self, begin: int, end: int) -> Batch:
        own = slice(begin, end)
        part = Batch([], self.offsets[own], self.positions[own], self.logged_us[own], self.sources[own])
        part._cells = [cells[own] for cells in self._cells]
        part._whole = self, begin
        return part


def _to_arrow(cells: Sequence[Any], kind: Kind) -> pa.Array:
    arrow_type = ARROW_TYPES[kind]
    nested = kind in (Kind.TEXTS, Kind.NUMBERS, Kind.MAP)
    if not nested and not any(cells) and cells.count(None) == len(cells):
        return pa.nulls(len(cells), arrow_type)
    if not nested:
        return pa.array(cells, arrow_type)
    present = [cell for cell in cells if cell]
    ends = np.zeros(len(cells) + 1, np.int32)
    if present:
        np.cumsum([len(cell) if cell else 0 for cell in cells], out=ends[1:])
    flat = list(chain.from_iterable(present))
    if kind is not Kind.MAP:
        return pa.ListArray.from_arrays(pa.array(ends), pa.array(flat, arrow_type.value_type))
    values = list(chain.from_iterable(map(dict.values, present)))
    return pa.MapArray.from_arrays(pa.array(ends), pa.array(flat, pa.string()), pa.array(values, pa.string()))
