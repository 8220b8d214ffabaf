"""The boards over a week of ten million events: how long each panel's query takes, over the last hour, day and week.

The store is one that `benchmarks.boards_store` has made (with --dir; else one is made for this run, some minutes and
4 GB). Every panel of every board is asked through the reader that the page uses, each range --repeats times after one
that warms the caches up, nothing chosen in the filters of service and model; call, conversation and user are others
each time. Buckets are those of a picture 600 pixels wide.

  events           events in the store
  asked            panels times ranges
  within_goal      share of them of which the 95th percentile is within the goal (--goal-ms, 100)
  p50_ms, p95_ms   median, and 95th percentile, over all that were asked, of the panel's own 95th percentile
  slow             those beyond the goal: board, panel, range, and their p50, p95 and longest in milliseconds, and
                   the CPU time of the middle one: by it a busy machine is told from a slow query
  failed           queries that the store refused, with what it said
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Iterator, Sequence
from itertools import product
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

import numpy as np

from benchmarks.boards_store import make
from windvane.dashboards.board import Board
from windvane.dashboards.boards import boards
from windvane.dashboards.macros import Span, expand
from windvane.dashboards.page.asked import bucket_s
from windvane.errors import StoreError
from windvane.storage.reader import Reader
from windvane.storage.store import ClickHouseStore, store_url

_RANGES_S: Final = {"hour": 3600, "day": 86_400, "week": 7 * 86_400}
_WIDTH_PX: Final = 600
# Calls that failed in the last hour: what one looks at. Each is looked at once, as people do.
_CHOSEN: Final = """SELECT id AS call, gen_ai_conversation_id AS conversation, user_id AS user FROM calls
WHERE calls.time > fromUnixTimestamp64Milli({end} - 3600000) AND error_type != '' ORDER BY calls.time LIMIT {count}"""


def span_of(seconds: int, end_ms: int) -> Span:
    """Return the last `seconds` as the page would ask for them."""
    interval_ms = 1000 * bucket_s(seconds, _WIDTH_PX)
    start_ms = end_ms - 1000 * seconds
    return Span(start_ms - start_ms % interval_ms, end_ms, interval_ms)


def timed(reader: Reader, queries: Sequence[str]) -> tuple[list[float], float]:
    """Return milliseconds of each query but the first, and the median of their CPU milliseconds."""
    found, worked = [], []
    for sql in queries:
        began, worked_before = time.perf_counter(), time.process_time()
        reader.text(sql, "columns")
        found.append(1000 * (time.perf_counter() - began))
        worked.append(1000 * (time.process_time() - worked_before))
    return found[1:], float(np.median(worked[1:]))


def measured(reader: Reader, shown: Sequence[Board], end_ms: int, repeats: int) -> Iterator[dict[str, Any]]:
    """Yield what each panel took over each range, or what was wrong with it."""
    looked_at = reader.rows(_CHOSEN.format(end=end_ms, count=repeats + 1))
    for board in shown:
        chosen = [{name: [row[name]] for name in board.filters if name in row} for row in looked_at]
        for panel, (name, seconds) in product(board.panels, _RANGES_S.items()):
            row: dict[str, Any] = {"board": board.uid.removeprefix("windvane-"), "panel": panel.title, "range": name}
            try:
                took, cpu = timed(reader, [expand(panel.sql, span_of(seconds, end_ms), one) for one in chosen])
            except StoreError as error:
                yield {**row, "error": str(error)}
                continue
            p50, p95 = np.quantile(took, [0.5, 0.95])
            longest = round(max(took), 1)
            yield {**row, "p50_ms": round(p50, 1), "p95_ms": round(p95, 1), "max_ms": longest, "cpu_ms": round(cpu, 1)}
        print(f"{board.uid}: {len(board.panels)} panels", file=sys.stderr)


def figures(directory: Path, uids: list[str], repeats: int, goal_ms: float) -> dict[str, Any]:
    """Return the figures over the store in `directory`."""
    store = ClickHouseStore(store_url(directory=directory))
    counted = "SELECT count(), toUnixTimestamp64Milli(max(time)) FROM events"
    ((count, end_ms),) = store.query(counted)[1]
    reader = Reader(store.connections)
    shown = [board for board in boards() if not uids or board.uid.removeprefix("windvane-") in uids]
    rows = list(measured(reader, shown, int(end_ms), repeats))
    reader.close()
    store.close()
    known = [row for row in rows if "error" not in row]
    p95s = [row["p95_ms"] for row in known]
    return {
        "benchmark": "boards",
        "events": count,
        "asked": len(rows),
        "within_goal": round(float(np.mean([p95 <= goal_ms for p95 in p95s])), 4),
        "p50_ms": round(float(np.median(p95s)), 1),
        "p95_ms": round(float(np.quantile(p95s, 0.95)), 1),
        "slow": sorted((row for row in known if row["p95_ms"] > goal_ms), key=lambda row: -row["p95_ms"]),
        "failed": [row for row in rows if "error" in row],
        "panels": known,
    }


def told(found: dict[str, Any], goal_ms: float) -> Iterator[str]:
    """Yield the figures as lines to be read."""
    for name in ("events", "asked", "within_goal", "p50_ms", "p95_ms"):
        yield f"{name:12} {found[name]:,}"
    yield f"beyond {goal_ms:g} ms: {len(found['slow'])}"
    for row in found["slow"]:
        place = f"{row['board']}: {row['panel']}, {row['range']}"
        took = "  ".join(f"{name} {row[f'{name}_ms']:8,.1f}" for name in ("p50", "p95", "max", "cpu"))
        yield f"  {place:60} {took}"
    for row in found["failed"]:
        yield f"  failed: {row['board']}: {row['panel']}, {row['range']}: {row['error']}"


def main() -> None:
    """Run, and print the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--dir", type=Path, help="the folder of a store that benchmarks.boards_store has made")
    parser.add_argument("--events", type=int, default=10_000_000, help="events of the store that is made without --dir")
    parser.add_argument("--board", action="append", default=[], help="only this board (its address without windvane-)")
    parser.add_argument("--repeats", type=int, default=10, help="how often each query is timed")
    parser.add_argument("--goal-ms", type=float, default=100.0, help="what the 95th percentile should be within")
    parser.add_argument("--json", action="store_true", help="print one JSON line, with every panel")
    given = parser.parse_args()
    with TemporaryDirectory(prefix="windvane-bench-") as name:
        directory = given.dir or Path(name)
        if given.dir is None:
            make(directory, given.events)
        found = figures(directory, given.board, given.repeats, given.goal_ms)
    print(json.dumps(found) if given.json else "\n".join(told(found, given.goal_ms)))


if __name__ == "__main__":
    main()
