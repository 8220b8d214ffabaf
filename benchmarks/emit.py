"""What an observed call costs the app: emit's time in the calling thread, CPU, import, memory, what a kill leaves.

Every measurement is a process of its own, on loopback: against a sink that answers 200 at once ("up"), or against a
port where nobody listens ("down"). The kills run against a real `windvane up`. Times are microseconds per call; the
event has a prompt of 120 words, a response of 90, a user, a session, three tags (a list; a dict in up_map) and tokens.

  up_*, down_*        back to back, the sender busy
  deque_*             the same loop with a bare deque.append of the same fields: the machine's own noise
  steady_*            at 200 calls a second; ratios to a bare deque.append of the same fields in the same process
  import_*            `import windvane` in a fresh interpreter, less a bare interpreter
  memory_*            while 1,000,000 events find nobody, over idle: private memory, which is bounded by the code, and
                      pages of the spool's files, which are bounded by what is mapped of it: a few segments
  killed_*            of 1,000 calls before a kill -9: stored after the next start, lost, and stored more than once
  otel_*, langfuse_*  the same for the peers that are installed, here or where --peers-python is
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Final

ROOT: Final = Path(__file__).resolve().parents[1]
if str(ROOT) not in sys.path:  # `python benchmarks/emit.py` as well as `python -m benchmarks.emit`
    sys.path.insert(0, str(ROOT))

from benchmarks.common import report  # noqa: E402
from tests.running import Up, until  # noqa: E402
from tests.servers.process import Child, free_port  # noqa: E402

Figures = dict[str, Any]

GOALS: Final[dict[str, float]] = {
    "up_p50_us": 4, "up_p99_us": 100, "up_over_5ms": 0, "up_cpu_us": 30,
    "up_map_p50_us": 4, "up_map_p99_us": 100,
    "down_p50_us": 4, "down_p99_us": 100, "down_over_5ms": 0,
    "steady_ratio_p50": 2, "steady_cpu_us": 30, "import_median_ms": 60,
    "memory_private_mb_over_idle": 64, "memory_file_mb_over_idle": 64, "memory_uncounted": 0,
    "killed_up_lost": 0, "killed_down_lost": 0, "killed_up_repeated": 0, "killed_down_repeated": 0,
}  # fmt: skip
"""The most each figure may be."""


@contextmanager
def endpoint(folder: Path, *, up: bool) -> Iterator[str]:
    """Give a sink's URL, or one where nobody listens."""
    port = free_port()
    if not up:
        yield f"http://127.0.0.1:{port}"
        return
    child = Child([sys.executable, "-m", "benchmarks.sink", str(port)], folder / "sink.out")
    child.wait_for_port(port)
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        child.kill()


def measure(kind: str, sdk: str, url: str, calls: int, rate: float = 0, python: str = sys.executable) -> Figures:
    """Run one measurement in a process of its own."""
    with tempfile.TemporaryDirectory(prefix="windvane-emit-") as spool:
        command = [python, "-m", "benchmarks.emit_worker", kind, sdk, url, spool, str(calls), str(rate)]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=300)
    if done.returncode:
        raise SystemExit(f"{kind} {sdk}: {done.stderr[-2000:]}")
    figures: Figures = json.loads(done.stdout.splitlines()[-1])
    return figures


def middle(runs: list[Figures]) -> Figures:
    """Return the median of each figure; of `max_us` the most, of `over_5ms` the sum: no repeat makes these better."""
    figures = {name: statistics.median(run[name] for run in runs) for name in runs[0]}
    figures["max_us"] = max(run["max_us"] for run in runs)
    figures["over_5ms"] = sum(run["over_5ms"] for run in runs)
    return figures


def bursts(folder: Path, sdk: str, calls: int, repeats: int, *, up: bool, python: str = sys.executable) -> Figures:
    """Measure an SDK back to back."""
    with endpoint(folder, up=up) as url:
        return middle([measure("burst", sdk, url, calls, python=python) for _ in range(repeats)])


def import_ms(times: int) -> Figures:
    """Time `import windvane` in fresh interpreters, each beside a bare one."""
    spans = []
    for _ in range(times):
        pair = []
        for code in ("pass", "import windvane"):
            began = time.perf_counter()
            subprocess.run([sys.executable, "-c", code], check=True)
            pair.append(time.perf_counter() - began)
        spans.append((pair[1] - pair[0]) * 1000)
    return {"import_min_ms": min(spans), "import_median_ms": statistics.median(spans)}


def killed(folder: Path, calls: int = 1000) -> Figures:
    """Kill the app after its last call, the endpoint up and down; start the next; count what is stored."""
    figures: Figures = {}
    up = Up(folder / "data")
    try:
        for state in ("up", "down"):
            spool = folder / f"spool-{state}"
            if state == "down":
                up.child.terminate()
            command = [sys.executable, "-m", "benchmarks.emit_worker", "killed", "windvane", up.url, str(spool)]
            subprocess.run([*command, str(calls)], cwd=ROOT, capture_output=True, timeout=60)
            if state == "down":
                up.start()
            code = f"import windvane, time; windvane.init({up.url!r}, 'bench', spool_dir={str(spool)!r}); time.sleep(2)"
            subprocess.run([sys.executable, "-c", code], check=True, timeout=60)
            figures |= {f"killed_{state}_{name}": value for name, value in _stored(up, state, calls).items()}
    finally:
        up.child.kill()
    return figures


def _stored(up: Up, state: str, calls: int) -> Figures:
    seen = calls if state == "down" else 0  # the first run's
    sql = "SELECT count() AS rows, uniqExact(id) AS events FROM events WHERE service_name = 'bench'"

    def events() -> int:
        return int(up.query(sql)[0]["events"]) - seen

    with suppress(AssertionError):  # then the figures say so
        until(lambda: events() >= calls, "all is stored", 30)
    found = up.query(sql)[0]
    stored, rows = int(found["events"]) - seen, int(found["rows"]) - seen
    return {"stored": stored, "lost": calls - stored, "repeated": rows - stored}


def peers(folder: Path, python: str, repeats: int) -> Figures:
    """Measure the peers that `python` can import."""
    code = "from benchmarks.sdks import installed; print(*installed())"
    names = subprocess.run([python, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True).stdout.split()
    figures: Figures = {}
    for name in names:
        for up in (True, False):
            state = "up" if up else "down"
            found = bursts(folder, name, 3000, repeats, up=up, python=python)
            figures |= {f"{name}_{state}_{what}": value for what, value in found.items()}
    return figures


def main() -> None:
    """Run, and print the figures, and which of them miss their goal."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", action="store_true", help="print one JSON line")
    parser.add_argument("--calls", type=int, default=30_000, help="calls of one run back to back (default: 30,000)")
    parser.add_argument("--repeats", type=int, default=5, help="runs back to back of each kind (default: 5)")
    parser.add_argument("--events", type=int, default=1_000_000, help="events that find nobody (default: 1,000,000)")
    parser.add_argument("--peers-python", default=sys.executable, help="an interpreter that has the peers' SDKs")
    parser.add_argument("--no-peers", action="store_true", help="leave the peers out")
    given = parser.parse_args()
    figures: Figures = {}
    with tempfile.TemporaryDirectory(prefix="windvane-emit-") as name:
        folder = Path(name)
        for what, sdk, up in (
            ("deque", "deque", False), ("up", "windvane", True), ("up_map", "windvane_map", True),
            ("down", "windvane", False),
        ):  # fmt: skip
            found = bursts(folder, sdk, given.calls, given.repeats, up=up)
            figures |= {f"{what}_{each}": value for each, value in found.items()}
        with endpoint(folder, up=True) as url:
            steady = measure("steady", "windvane", url, 1500, 200)
            bare = measure("steady", "deque", url, 1500, 200)
        steady["cpu_us"] -= bare["cpu_us"]  # less what the loop itself takes
        figures |= {f"steady_{each}": value for each, value in steady.items()}
        figures |= import_ms(15)
        with endpoint(folder, up=False) as url:
            found = measure("memory", "windvane", url, given.events)
        figures |= {f"memory_{each}": value for each, value in found.items()}
        figures |= killed(folder)
        if not given.no_peers:
            figures |= peers(folder, given.peers_python, min(3, given.repeats))
    figures = {each: round(value, 2) if isinstance(value, float) else value for each, value in figures.items()}
    missed = [f"{each} {figures[each]} > {goal:g}" for each, goal in GOALS.items() if figures[each] > goal]
    report({"benchmark": "emit", **figures, "goals_missed": missed}, given.json)


if __name__ == "__main__":
    main()
