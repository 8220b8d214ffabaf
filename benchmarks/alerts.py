"""Alerts: how long a round of many rules takes, and how soon somebody is told.

round    1,000 rules, each with an SQL of its own over sums by the minute of 1,000 services in chDB, judged in one
         thread. One service in a hundred is beyond the bound of each rule. `first`: all of these fire, and are
         written; `steady`: they go on. CPU seconds of the process are beside the seconds of the clock. `shared` is
         the steady round of as many rules that ask ten questions between them, with bounds of their own: what the
         rules on signals do, too.
told     `windvane up` with a webhook: from the acknowledgement of a failing call, each of another service, to the
         webhook's being called; the calls come at random moments.
"""

from __future__ import annotations

import argparse
import random
import sys
import time
from contextlib import ExitStack
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any, Final

from benchmarks.common import report
from tests.alerts.sinks import sink
from tests.alerts.test_up import RULES, alerts, failing
from tests.running import Up, until
from windvane.dashboards.alerts.book import Book
from windvane.dashboards.alerts.evaluator import Evaluator
from windvane.dashboards.alerts.rule import Rule, RuleFile
from windvane.dashboards.board import Link
from windvane.storage.reader import Reader
from windvane.storage.store import ClickHouseStore, store_url

_FILL: Final = """INSERT INTO events (id, time, service_name, gen_ai_provider_name, gen_ai_request_model, error_type,
    gen_ai_client_operation_duration, topic, offset, position, logged_at)
SELECT toString(number), toDateTime({end}) - intDiv(number, {services}) AS at,
    concat('service-', toString(number % {services} AS which)), 'openai', 'm', if(which % 100 = 0, '503', ''), 1.5,
    'bench', number, 0, at FROM numbers({services} * 600)"""
_SQL: Final = """SELECT service_name AS service, sum(activity.errors) / sum(activity.calls) AS value
FROM activity WHERE step = 60 AND $__timeFilter(begins) GROUP BY service HAVING sum(activity.calls) >= {least}"""


def rule(number: int) -> Rule:
    return Rule(
        name=f"failed-{number}", title="Calls fail", sql=_SQL.format(least=number % 97 + number // 97 / 100),
        labels=("service",), above=0.05, window_s=600, message="{service}: {value} fail", todo="Look.",
        link=Link("windvane-service", {"service": "service"}),
    )  # fmt: skip


def rounds(rules: list[Rule], services: int) -> dict[str, Any]:
    """Return the seconds of the first round and of the median of three that follow."""
    end = datetime.now(UTC).replace(microsecond=0)
    with TemporaryDirectory(prefix="windvane-bench-") as folder:
        store = ClickHouseStore(store_url(directory=Path(folder)))
        store.prepare()
        with store.connections.client() as client:
            client.command(_FILL.format(end=int(end.timestamp()), services=services))
        reader = Reader(store.connections, threads=1)
        evaluator = Evaluator(RuleFile(rules=tuple(rules)), reader, Book(store))
        walls, cpus, changes = [], [], []
        for number in range(4):
            wall, cpu = time.perf_counter(), time.process_time()
            changes.append(len(evaluator.round(end + timedelta(minutes=number))))
            walls.append(time.perf_counter() - wall)
            cpus.append(time.process_time() - cpu)
        reader.close()
        store.close()
    return {
        "rules": len(rules), "series": services, "alerts": changes[0],
        "first_s": walls[0], "first_cpu_s": cpus[0], "steady_s": median(walls[1:]), "steady_cpu_s": median(cpus[1:]),
    }  # fmt: skip


def told(count: int) -> dict[str, Any]:
    """Return the seconds from an acknowledged call to the webhook."""
    chance, delays = random.Random(5), []
    with ExitStack() as stack:
        folder = Path(stack.enter_context(TemporaryDirectory(prefix="windvane-bench-")))
        hook = stack.enter_context(sink())
        rules = folder / "rules.toml"
        rules.write_text(RULES.format(url=hook.url))
        up = Up(folder / "up", WINDVANE_RULES=str(rules))
        stack.callback(up.child.kill)
        failing(up, "warm")
        until(lambda: "warm" in alerts(hook), "the first is told", 120)
        for number in range(count):
            time.sleep(chance.uniform(0, 5))
            failing(up, name := f"s{number}")
            sent = time.monotonic()
            until(lambda name=name: name in alerts(hook), "it is told")  # type: ignore[misc]
            delays.append(time.monotonic() - sent)
    return {"told_p50_s": median(delays), "told_max_s": max(delays), "told": count}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rules", type=int, default=1000)
    parser.add_argument("--series", type=int, default=1000)
    parser.add_argument("--calls", type=int, default=20, help="calls that are followed to the webhook")
    parser.add_argument("--json", action="store_true")
    asked = parser.parse_args()
    own = [rule(number) for number in range(asked.rules)]
    sharing = [replace(one, sql=own[number % 10].sql, above=0.05 + number / 1e6) for number, one in enumerate(own)]
    shared = rounds(sharing, asked.series)
    report({
        **rounds(own, asked.series),
        "shared_s": shared["steady_s"], "shared_cpu_s": shared["steady_cpu_s"],
        **told(asked.calls),
    }, asked.json)  # fmt: skip
    return 0


if __name__ == "__main__":
    sys.exit(main())
