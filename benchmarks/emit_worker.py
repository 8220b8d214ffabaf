"""One measurement of one SDK, in a process of its own: what `benchmarks.emit` starts. Prints one JSON line.

python -m benchmarks.emit_worker KIND SDK URL FOLDER CALLS [RATE]
"""

from __future__ import annotations

import json
import os
import resource
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from benchmarks.sdks import SDKS, Deque, Sdk, text

__all__: list[str] = []

_SLOW_NS = 5_000_000


def summary(spans: list[int]) -> dict[str, float]:
    """Return what a list of nanoseconds comes to, in microseconds."""
    ordered = sorted(spans)
    return {
        "p50_us": ordered[len(ordered) // 2] / 1e3,
        "p99_us": ordered[len(ordered) * 99 // 100] / 1e3,
        "max_us": ordered[-1] / 1e3,
        "over_5ms": sum(span > _SLOW_NS for span in ordered),
    }


def timed(sdk: Sdk, number: int) -> int:
    prompt, response = text(number, 120), text(number + 7, 90)
    began = time.perf_counter_ns()
    sdk.call(number, prompt, response)
    return time.perf_counter_ns() - began


def burst(sdk: Sdk, calls: int, rate: float) -> dict[str, float]:
    """Back to back; CPU is the whole process's, until all is sent or given up, less what making the texts takes."""
    for number in range(200):
        sdk.call(number, text(number, 120), text(number, 90))
    time.sleep(1)
    before = time.process_time()
    for number in range(calls):
        text(number, 120), text(number + 7, 90)
    texts = time.process_time() - before
    spans = [timed(sdk, number) for number in range(calls)]
    sdk.flush()
    return {**summary(spans), "cpu_us": (time.process_time() - before - 2 * texts) / calls * 1e6}


def steady(sdk: Sdk, calls: int, rate: float) -> dict[str, float]:
    """`rate` calls a second, and between each two of them one to a bare deque, the same: both meet cold caches."""
    floor = Deque()
    floor.setup("", Path())
    spans: dict[Sdk, list[int]] = {sdk: [], floor: []}
    start, cpu = time.perf_counter(), time.process_time()
    for tick in range(2 * calls):
        time.sleep(max(0.0, start + tick / (2 * rate) - time.perf_counter()))
        one = (sdk, floor)[tick % 2]
        spans[one].append(timed(one, tick))
    used = time.process_time() - cpu
    own, bare = summary(spans[sdk]), summary(spans[floor])
    figures = {**own, "deque_p50_us": bare["p50_us"], "deque_p99_us": bare["p99_us"], "cpu_us": used / calls * 1e6}
    return {**figures, "ratio_p50": own["p50_us"] / bare["p50_us"], "ratio_p99": own["p99_us"] / bare["p99_us"]}


def memory_mb() -> dict[str, float]:
    """Return this process's memory: what is its own, and what is pages of files."""
    lines = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text().splitlines())
    return {"private_mb": int(lines["RssAnon"].split()[0]) / 1024, "file_mb": int(lines["RssFile"].split()[0]) / 1024}


def memory(sdk: Sdk, calls: int, rate: float) -> dict[str, float]:
    """The most memory over idle while nobody takes the events, and whether each of them is counted."""
    import windvane

    time.sleep(1)
    idle, most = memory_mb(), memory_mb()
    for number in range(calls):
        sdk.call(number, text(number, 120), text(number + 7, 90))
        if not number % 5000:
            most = {name: max(most[name], value) for name, value in memory_mb().items()}
    stats = windvane.stats()
    return {
        **{f"{name}_over_idle": most[name] - idle[name] for name in most},
        "peak_rss_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
        "emitted": stats.emitted,
        "spooled": stats.spooled,
        "dropped": sum(stats.dropped.values()),
        "uncounted": calls - stats.spooled - stats.delivered - sum(stats.dropped.values()),
    }


def killed(sdk: Sdk, calls: int, rate: float) -> dict[str, float]:
    """Calls, and then kill -9."""
    for number in range(calls):
        sdk.call(number, text(number, 120), text(number + 7, 90))
    os.kill(os.getpid(), signal.SIGKILL)
    return {}


KINDS: dict[str, Callable[[Sdk, int, float], dict[str, Any]]] = {
    "burst": burst, "steady": steady, "memory": memory, "killed": killed
}  # fmt: skip


def main() -> None:
    kind, name, url, folder, calls, rate = [*sys.argv[1:], "0"][:6]
    sdk = SDKS[name]()
    sdk.setup(url, Path(folder))
    print(json.dumps(KINDS[kind](sdk, int(calls), float(rate))), flush=True)
    os._exit(0)  # what is left unsent was measured; nobody waits for it


if __name__ == "__main__":
    main()
