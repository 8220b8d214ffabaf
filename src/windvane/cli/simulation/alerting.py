"""Alert rules judged over simulated hours that are stored, as if they had passed on the clock."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Final

from windvane.dashboards.alerts.book import Book
from windvane.dashboards.alerts.change import Change
from windvane.dashboards.alerts.evaluator import Evaluator
from windvane.dashboards.alerts.loop import TICK_S
from windvane.dashboards.alerts.rule import RuleFile
from windvane.storage.reader import Reader
from windvane.storage.store import ClickHouseStore

__all__ = ["follow"]

_GRID: Final = timedelta(minutes=5)


def follow(store: ClickHouseStore, reader: Reader, file: RuleFile, start: datetime, end: datetime,
           advance: Callable[[int], None]) -> Iterator[Change]:  # fmt: skip
    """Yield what rules say from `start` to `end`, in the book too: every five minutes, and one tick after each
    change of a signal. `advance` is told how many seconds have passed. Blocks on the store.

    A moment is the last second of a minute: sums by the minute then hold nothing that was still to come.
    """
    evaluator = Evaluator(file, reader, Book(store))
    for at in _moments(reader, start, end):
        yield from evaluator.round(at)
        advance(int((at - start).total_seconds()))


def _moments(reader: Reader, start: datetime, end: datetime) -> list[datetime]:
    first = start.replace(second=59, microsecond=0)
    grid = [first + number * _GRID for number in range(int((end - first) / _GRID) + 1)]
    span = f"time BETWEEN toDateTime({int(start.timestamp())}) AND toDateTime({int(end.timestamp())})"
    changes = reader.rows(f"SELECT DISTINCT toUnixTimestamp(time) AS at FROM signal_changes WHERE {span}")
    ticks = {(int(row["at"]) // TICK_S + 1) * TICK_S for row in changes}
    return sorted({*grid, *(datetime.fromtimestamp(at, UTC) for at in ticks if at <= end.timestamp())})
