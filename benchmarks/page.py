"""The page: from opening `windvane up` in a browser to the first board that can be read, and the bytes that it takes.

A store of a million calls of the last day (eight services, four models, with signals) is made by SQL, and looked at by
Chromium through the real `windvane up`, each time with nothing cached. Readable: every panel in view that holds numbers
or tables has its answer. Drawn: so has every chart. The first visit of a process also compresses what it sends.
"""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any, Final

from benchmarks.common import report
from tests.dashboards.browsing import ARGUMENTS, chromium
from tests.running import Up, until
from windvane.storage.store import ClickHouseStore, store_url

BLOCK: Final = 100_000
_HOURS: Final = 24
_FILL: Final = """INSERT INTO events (id, time, service_name, gen_ai_operation_name, gen_ai_provider_name,
    gen_ai_request_model, gen_ai_usage_input_tokens, gen_ai_usage_output_tokens, gen_ai_client_operation_duration,
    gen_ai_response_time_to_first_chunk, error_type, user_id, gen_ai_conversation_id, cost, signals, topic, offset,
    position, logged_at)
SELECT concat('bench-', toString(number)) AS id,
    fromUnixTimestamp64Micro(toInt64({start} + number * {gap_us}), 'UTC') AS time,
    concat('service-', toString(number % 8)) AS service_name, 'chat', 'openai', concat('model-', toString(number % 4)),
    80 + number % 50, 110 + number % 70, 0.8 + (number % 97) / 100, 0.2, if(number % 131 = 0, '503', '') AS error_type,
    concat('user-', toString(number % 500)), concat('conversation-', toString(intDiv(number, 5))), 0.0004,
    map('groundedness', (number % 101) / 100, 'answer_words', toFloat64(number % 90)), 'bench', number, 0, time
FROM numbers({first}, {count})"""
_QUIET: Final = """kinds => {
    const inView = panel => panel.getBoundingClientRect().top < innerHeight;
    const panels = [...document.querySelectorAll('.panel')].filter(inView);
    const answered = panel => panel.querySelector('.content').children.length
        || panel.querySelector('.status').textContent && panel.getAttribute('aria-busy') !== 'true';
    const drawn = panel => [...panel.querySelectorAll('.plot')].every(plot => plot.querySelector('.main-svg'));
    const meant = panels.filter(panel => kinds.some(kind => panel.classList.contains(kind)));
    return panels.length && meant.every(panel => answered(panel) && drawn(panel)) ? performance.now() : 0;
}"""


def fill(directory: Path, count: int) -> float:
    """Make the store; return the seconds that it took."""
    began = time.perf_counter()
    store = ClickHouseStore(store_url(directory=directory))
    store.prepare()
    span_us = _HOURS * 3_600_000_000
    start = time.time_ns() // 1000 - span_us
    with store.connections.client() as client:
        for first in range(0, count, BLOCK):
            rows = min(BLOCK, count - first)
            client.command(_FILL.format(start=start, gap_us=span_us // count, first=first, count=rows))
    store.close()
    return time.perf_counter() - began


def visit(browser: Any, url: str) -> dict[str, float]:
    """Open the page with nothing cached; return milliseconds and bytes."""
    context = browser.new_context(viewport={"width": 1400, "height": 900})
    page, received = context.new_page(), [0]
    wire = context.new_cdp_session(page)
    wire.send("Network.enable")
    wire.on(
        "Network.loadingFinished", lambda event: received.__setitem__(0, received[0] + int(event["encodedDataLength"]))
    )
    page.goto(url, wait_until="commit")
    readable = page.wait_for_function(_QUIET, arg=["stat", "table"], polling=10).json_value()
    drawn = page.wait_for_function(_QUIET, arg=["stat", "table", "lines", "bars"], polling=10).json_value()
    page.wait_for_load_state("networkidle")
    context.close()
    return {"readable_ms": readable, "drawn_ms": drawn, "bytes": received[0]}


def measure(directory: Path, visits: int) -> dict[str, Any]:
    """Return the figures of several visits."""
    from playwright.sync_api import sync_playwright

    path = chromium()
    if path is None:
        raise SystemExit("there is no browser: install chromium")
    up = Up(directory)
    try:
        until(lambda: up.health()[0] == 200, "up is well")
        with sync_playwright() as running:
            browser = running.chromium.launch(executable_path=path, args=ARGUMENTS)
            found = [visit(browser, up.url) for _ in range(visits)]
            browser.close()
    finally:
        up.child.terminate()
    return {
        "first_readable_ms": round(found[0]["readable_ms"]),
        "first_drawn_ms": round(found[0]["drawn_ms"]),
        "readable_ms": round(median(one["readable_ms"] for one in found)),
        "readable_max_ms": round(max(one["readable_ms"] for one in found)),
        "drawn_ms": round(median(one["drawn_ms"] for one in found)),
        "bytes": max(one["bytes"] for one in found),
    }


def main() -> None:
    """Run, and print the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--events", type=int, default=1_000_000, help="calls in the store")
    parser.add_argument("--visits", type=int, default=7, help="how often the page is opened")
    parser.add_argument("--json", action="store_true", help="print one JSON line")
    given = parser.parse_args()
    with TemporaryDirectory(prefix="windvane-bench-") as name:
        directory = Path(name) / "data"
        directory.mkdir()
        print(f"filled in {fill(directory, given.events):.0f} s", file=sys.stderr)
        report({"benchmark": "page", "events": given.events, **measure(directory, given.visits)}, given.json)


if __name__ == "__main__":
    main()
