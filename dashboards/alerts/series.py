"""What one query answers, by series: labels are numbered once, values stand in arrays by number."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import repeat
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from windvane.errors import ConfigError

__all__ = ["Answer", "Series"]

_Floats = npt.NDArray[np.float64]
_Ids = npt.NDArray[np.intp]

_SAYS: Final = "says"
_VALUE: Final = "value"


@dataclass(frozen=True, slots=True)
class Answer:
    """The values of one answer, by series; NaN where a series has no row, or its value is NULL."""

    ids: _Ids
    """The series of each row."""
    highest: _Floats
    lowest: _Floats
    """The same but where a series has several rows."""
    rows: tuple[_Ids, _Ids]
    """The row that `highest` and `lowest` are from; -1 where there is none."""
    says: Sequence[str] | None
    """By row, what the message tells as evidence."""
    repeated: int
    """Rows that had the labels of another one."""

    def evidence(self, series: int, *, high: bool) -> str:
        """Return what the worst row of a series says."""
        row = int(self.rows[0 if high else 1][series]) if series < len(self.rows[0]) else -1
        return self.says[row] if self.says is not None and row >= 0 else ""


class Series:
    """The label sets that one query has ever returned, numbered."""

    def __init__(self) -> None:
        self.labels: list[dict[str, str]] = []
        self._ids: dict[tuple[str, ...], dict[tuple[str, ...], int]] = {}
        self._last: tuple[tuple[str, ...], list[list[str]], _Ids] | None = None

    def number(self, labels: Mapping[str, str]) -> int:
        """Return the number of one label set; a new one if it has none."""
        names = tuple(sorted(labels))
        return self._number(self._ids.setdefault(names, {}), names, tuple(labels[name] for name in names))

    def _number(self, ids: dict[tuple[str, ...], int], names: tuple[str, ...], values: tuple[str, ...]) -> int:
        found = ids.get(values)
        if found is None:
            found = ids[values] = len(self.labels)
            self.labels.append(dict(zip(names, values, strict=True)))
        return found

    def keep(self, kept: _Ids) -> None:
        """Forget all label sets but `kept`, which are numbered anew in that order."""
        labels = [self.labels[number] for number in kept.tolist()]
        self.labels, self._ids, self._last = [], {}, None
        for one in labels:
            self.number(one)

    def read(self, rows: Sequence[Mapping[str, Any]]) -> Answer:
        """Return the rows' values by series.

        Raises:
            ConfigError: there is no number `value`, or a label is no string.
        """
        if not rows:
            nothing = np.zeros(0, np.intp)
            return Answer(nothing, *repeat(np.full(len(self.labels), np.nan), 2), (nothing, nothing), None, 0)  # type: ignore[arg-type]
        names = tuple(sorted(name for name in rows[0] if name not in (_VALUE, _SAYS)))
        columns = [_texts(name, [row[name] for row in rows]) for name in names]
        ids = self._numbers(names, columns, len(rows))
        values = _values(rows)
        says = _texts(_SAYS, [row[_SAYS] for row in rows]) if _SAYS in rows[0] else None
        return self._answer(ids, values, says)

    def _numbers(self, names: tuple[str, ...], columns: list[list[str]], count: int) -> _Ids:
        # Most answers have the labels of the one before: to compare is cheaper than to look up.
        if self._last is not None and self._last[:2] == (names, columns):
            return self._last[2]
        ids = self._ids.setdefault(names, {})
        keys = zip(*columns, strict=True) if columns else repeat((), count)
        found = np.fromiter((self._number(ids, names, key) for key in keys), np.intp, count)
        self._last = (names, columns, found)
        return found

    def _answer(self, ids: _Ids, values: _Floats, says: Sequence[str] | None) -> Answer:
        size = len(self.labels)
        places = np.arange(len(ids))
        row, by_id = np.full(size, -1), np.full(size, np.nan)
        row[ids], by_id[ids] = places, values
        repeated = len(ids) - int(np.count_nonzero(row >= 0))
        if not repeated:
            return Answer(ids, by_id, by_id, (row, row), says, 0)
        high, low = row, row.copy()
        upwards = np.argsort(np.where(np.isnan(values), -np.inf, values), kind="stable")
        downwards = np.argsort(-np.where(np.isnan(values), np.inf, values), kind="stable")
        high[ids[upwards]], low[ids[downwards]] = upwards, downwards
        highest, lowest = (np.where(rows >= 0, values[rows], np.nan) for rows in (high, low))
        return Answer(ids, highest, lowest, (high, low), says, repeated)


def _values(rows: Sequence[Mapping[str, Any]]) -> _Floats:
    try:
        found = [row[_VALUE] for row in rows]
        return np.array([np.nan if value is None else value for value in found], np.float64)
    except (KeyError, TypeError, ValueError) as error:
        raise ConfigError(f"the query has no column of numbers `value`: it has {', '.join(rows[0])}") from error


def _texts(name: str, values: list[Any]) -> list[str]:
    kinds = set(map(type, values))
    if kinds == {str}:
        return values
    if kinds <= {str, type(None)}:
        return [value or "" for value in values]
    raise ConfigError(f"column {name} is no string: only `value` is a number; make it a label by toString({name})")
