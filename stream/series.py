"""Series: (service, model, operation, prompt version), and segments of them by tag, numbered as they come."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

import msgspec
import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from windvane.stream.batch import Batch

__all__ = ["SERIES_COLUMNS", "Members", "Run", "Series", "SeriesIndex", "runs"]

SERIES_COLUMNS: Final = (
    "service_name",
    "gen_ai_request_model",
    "gen_ai_operation_name",
    "gen_ai_prompt_version",
)
_PAGE: Final = 1024
_MOST_SEGMENTS: Final = 64
"""Of one series by one tag: a tag with an id in it does not fill the memory."""


_NO_ENTRIES: Final = (np.zeros(0, np.int64), np.zeros(0, np.int64), pa.array([], pa.string()))


class Series(NamedTuple):
    """What names a series; the empty text where the app did not say."""

    service_name: str
    gen_ai_request_model: str
    gen_ai_operation_name: str
    gen_ai_prompt_version: str
    segment: str = ""
    """The part of it that has this tag, as `region=eu`; empty for the whole."""


@dataclass(frozen=True, slots=True)
class Members:
    """Which events of a batch are of which series: m memberships in the log's order. An event is of its own series, and
    of a segment of it for each tag that the settings name.

    `rows` int64 (m,), places in the batch; `series` int64 (m,), numbers; `known` int64 (m,), how many series there were
    by then, this one included; `begins` bool (m,), whether the event is the first of its series after an announced
    change (a new release): what was usual before it is no measure. `count`: the series there are after the batch;
    `keys` names them.
    """

    rows: NDArray[np.int64]
    series: NDArray[np.int64]
    known: NDArray[np.int64]
    begins: NDArray[np.bool_]
    count: int
    keys: Sequence[Series]


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

    def __init__(self, segments: Sequence[str] = ()) -> None:
        """`segments`: the tags whose values divide a series."""
        self.keys: list[Series] = []
        self._segments = tuple(segments)
        self._numbers: dict[Series, int] = {}
        self._segmented: Counter[tuple[Series, str]] = Counter()
        self._saved = 0

    def assign(self, batch: Batch) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Return the memberships of a batch: places in it, and numbers of series, both int64 (m,), in the log's order.

        New series get the next numbers, in order of appearance. An event's own series comes before its segments. Of
        more than 64 values of one tag in one series the later ones make no segments.
        """
        rows, codes, names = self._memberships(batch)
        _, first, which = np.unique(codes, return_index=True, return_inverse=True)
        order = np.argsort(first)
        numbers = np.empty(len(first), dtype=np.int64)
        numbers[order] = [self._number(names(place)) for place in first[order].tolist()]
        found = numbers[which]
        return rows[found >= 0], found[found >= 0]

    def _memberships(self, batch: Batch) -> tuple[NDArray[np.int64], NDArray[np.int64], Callable[[int], Series]]:
        """Return the place in the batch and the code of each membership, and what names the series of the n-th one."""
        codes, columns = _coded(batch)
        rows, which, values = batch.entries("tags", self._segments) if self._segments else _NO_ENTRIES
        texts = values.dictionary_encode()
        said = texts.indices.to_numpy(zero_copy_only=False).astype(np.int64)
        width = len(self._segments) * max(len(texts.dictionary), 1) + 1
        tagged = codes[rows] * width + which * max(len(texts.dictionary), 1) + said + 1
        all_rows = np.concatenate([np.arange(len(batch)), rows])
        order = np.argsort(all_rows, kind="stable")

        def name(place: int) -> Series:
            at = int(order[place])
            key = Series(*(str(values[own[all_rows[at]]]) for own, values in columns))
            if at < len(batch):
                return key
            at -= len(batch)
            return key._replace(segment=f"{self._segments[which[at]]}={texts.dictionary[said[at]]}")

        return all_rows[order], np.concatenate([codes * width, tagged])[order], name

    def _number(self, key: Series) -> int:
        number = self._numbers.get(key)
        if number is None:
            if key.segment:
                kind = (key._replace(segment=""), key.segment.split("=")[0])
                if self._segmented[kind] >= _MOST_SEGMENTS:
                    return -1
                self._segmented[kind] += 1
            number = self._numbers[key] = len(self.keys)
            self.keys.append(key)
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
            for key in msgspec.msgpack.decode(data, type=list[tuple[str, ...]]):
                self._number(Series(*key))
        self._saved = len(self.keys)


def _coded(batch: Batch) -> tuple[NDArray[np.int64], list[tuple[NDArray[np.int64], NDArray[Any]]]]:
    """Return a code per event that is its series', int64 (n,); and of each column the codes and what they stand for."""
    combined = np.zeros(len(batch), dtype=np.int64)
    columns = []
    for name in SERIES_COLUMNS:
        coded = batch.codes(name)
        # Code 0 is absence, as is the empty text.
        codes = coded.indices.fill_null(-1).to_numpy(zero_copy_only=False).astype(np.int64) + 1
        values = np.array(["", *coded.dictionary.to_pylist()], dtype=object)
        empty = np.flatnonzero(values == "")
        codes[np.isin(codes, empty)] = 0
        columns.append((codes, values))
        # Renumbered after each column, so that the product stays small.
        combined = np.unique(combined * len(values) + codes, return_inverse=True)[1]
    return combined, columns
