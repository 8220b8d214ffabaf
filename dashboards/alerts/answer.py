"""What the store answers to a rule: many series, of which only those that matter become objects."""

from __future__ import annotations

from collections.abc import Iterator
from hashlib import blake2b
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from windvane.dashboards.alerts.rule import Rule
from windvane.errors import StoreError

__all__ = ["Answer", "alert_of"]

_LONGEST: Final = 500
"""Characters of a text: an answer with whole prompts in it is no message."""


def alert_of(labels: tuple[str, ...]) -> str:
    """Return the name of the series with these labels: 16 hexadecimal digits."""
    return blake2b("\0".join(labels).encode(), digest_size=8).hexdigest()


class Answer:
    """The rows of one rule at one moment, by column."""

    def __init__(self, rule: Rule, body: bytes) -> None:
        """Read ClickHouse's Arrow format.

        Raises:
            StoreError: the columns are not those that the rule promises.
        """
        self._rule = rule
        try:
            self._table = pa.ipc.open_file(pa.py_buffer(body)).read_all()
        except pa.ArrowException as error:
            raise StoreError(f"the answer to {rule.name} cannot be read: {error}") from error
        names = self._table.column_names
        wanted = ("value", *rule.labels, *(["signal"] if rule.signal else []))
        if missing := [name for name in wanted if name not in names]:
            raise StoreError(f"the SQL of {rule.name} returns no column {missing[0]}; it returns {', '.join(names)}")
        if rule.signal:
            self._table = self._table.filter(pc.field("signal") == rule.signal)
        try:
            self.values: NDArray[np.float64] = np.asarray(
                pc.cast(self._table["value"], pa.float64()).to_numpy(zero_copy_only=False), np.float64
            )
        except pa.ArrowException as error:
            raise StoreError(f"the SQL of {rule.name} returns a `value` that is no number: toFloat64() it") from error
        self.values = np.where(np.isfinite(self.values), self.values, np.nan)

    def __len__(self) -> int:
        return int(self._table.num_rows)

    def met(self, bound: float) -> NDArray[np.bool_]:
        """Return where the value is beyond `bound`, on the rule's side of it. What is NULL or no number is not."""
        found: NDArray[np.bool_] = self.values > bound if self._rule.above is not None else self.values < bound
        return found

    def rows(self, chosen: NDArray[np.bool_]) -> Iterator[tuple[str, dict[str, str], dict[str, Any]]]:
        """Yield of each chosen row its alert, its labels and all of it.

        Raises:
            StoreError: two rows have the same labels.
        """
        seen = set()
        try:
            found = self._table.filter(pa.array(chosen)).to_pylist()
        except UnicodeDecodeError as error:
            raise StoreError(f"the SQL of {self._rule.name} returns text that is no UTF-8: toValidUTF8()") from error
        for row in found:
            labels = {name: "" if row[name] is None else str(row[name]) for name in self._rule.labels}
            alert = alert_of(tuple(labels.values()))
            if alert in seen:
                raise StoreError(
                    f"the SQL of {self._rule.name} returns two rows with the labels {labels}: group by them"
                )
            seen.add(alert)
            yield alert, labels, {name: _cut(value) for name, value in row.items()}


def _cut(value: Any) -> Any:
    return value[:_LONGEST] + "…" if isinstance(value, str) and len(value) > _LONGEST else value
