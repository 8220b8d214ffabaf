"""Series: (service, model, operation, prompt version), numbered as they come, and their events side by side."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final, NamedTuple

import msgspec
import numpy as np
from numpy.typing import NDArray

from windvane.stream.batch import Batch

__all__ = ["SERIES_COLUMNS", "Run", "Series", "SeriesIndex", "runs"]

SERIES_COLUMNS: Final = (
    "service_name",
    "gen_ai_request_model",
    "gen_ai_operation_name",
    "gen_ai_prompt_version",
)
_PAGE: Final = 1024


class Series(NamedTuple):
    """What names a series; the empty text where the app did not say."""

    service_name: str
    gen_ai_request_model: str
    gen_ai_operation_name: str
    gen_ai_prompt_version: str


@dataclass(frozen=True, slots=True)
class Run:
    """Events of some series side by side: series as rows, their events in the log's order as columns.

    `series` int64 (s,); `rows` int64 (s, l), places in the batch; `mask` bool (s, l), False where `rows` is padding.
    """

    series: NDArray[np.int64]
    rows: NDArray[np.int64]
    mask: NDArray[np.bool_]


def runs(series: NDArray[np.int64]) -> list[Run]:
    """Lay the events of a batch out by series, in groups of like length, so that padding at most doubles the work.

    >>> [(run.series.tolist(), run.rows.tolist()) for run in runs(np.array([7, 3, 7, 7]))]
    [([3], [[1]]), ([7], [[0, 2, 3]])]
    """
    order = np.argsort(series, kind="stable")
    ids, starts, counts = np.unique(series[order], return_index=True, return_counts=True)
    sizes = np.ceil(np.log2(counts)).astype(np.int64)
    laid = []
    for size in np.unique(sizes):
        group = np.flatnonzero(sizes == size)
        span = np.arange(counts[group].max())
        mask = span < counts[group, None]
        rows = order[np.where(mask, starts[group, None] + span, 0)]
        laid.append(Run(ids[group], rows, mask))
    return laid


class SeriesIndex:
    """Numbers series from 0 in order of appearance. State of a partition: saved in pages like a detector's."""

    kind: Final = "series"

    def __init__(self) -> None:
        self.keys: list[Series] = []
        self._numbers: dict[tuple[str, str, str, str], int] = {}
        self._saved = 0

    def assign(self, batch: Batch) -> NDArray[np.int64]:
        """Return each event's series number, int64 (n,); new series get the next ones, in order of appearance."""
        combined = np.zeros(len(batch), dtype=np.int64)
        columns = []
        for name in SERIES_COLUMNS:
            coded = batch.codes(name)
            # Code 0 is absence, as is the empty text.
            codes = coded.indices.fill_null(-1).to_numpy(zero_copy_only=False).astype(np.int64) + 1
            values = np.array(["", *coded.dictionary.to_pylist()], dtype=object)
            columns.append((codes, values))
            # Renumbered after each column, so that the product stays small.
            _, first, combined = np.unique(combined * len(values) + codes, return_index=True, return_inverse=True)
        order = np.argsort(first)
        names = zip(*(values[codes[first[order]]] for codes, values in columns), strict=True)
        numbers = np.empty(len(first), dtype=np.int64)
        numbers[order] = [self._number(name) for name in names]
        return numbers[combined]

    def _number(self, key: tuple[str, str, str, str]) -> int:
        number = self._numbers.get(key)
        if number is None:
            number = self._numbers[key] = len(self.keys)
            self.keys.append(Series(*key))
        return number

    def pages(self, *, whole: bool) -> Iterator[tuple[int, bytes]]:
        """Yield the pages that have changed since they were last asked for; all of them if `whole`."""
        first = 0 if whole else self._saved // _PAGE
        if whole or self._saved < len(self.keys):
            for page in range(first, -(-len(self.keys) // _PAGE)):
                yield page, msgspec.msgpack.encode(self.keys[page * _PAGE : (page + 1) * _PAGE])
        self._saved = len(self.keys)

    def load(self, pages: Iterable[tuple[int, bytes]]) -> None:
        """Take the pages of a snapshot."""
        for _, data in sorted(pages):
            for key in msgspec.msgpack.decode(data, type=list[tuple[str, str, str, str]]):
                self._number(key)
        self._saved = len(self.keys)
