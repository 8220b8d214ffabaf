"""What the gateway takes: requests and spans a second per core, how long an answer takes, memory; and what it survives.

For each form of a request the gateway runs in a process of its own in front of a SQLite log, and so does the sender.
  *_spans_per_core_s  events per second of the gateway's own CPU, its threads and the log's commits included: the best
                      of five rounds (what a noisy machine adds is not the code's), and beside it their median
  *_spans_s           events per second by the clock, on this machine, while the sender has its share of it
  *_requests_s        requests per second by the clock
  *_p99_ms, *_p50_ms  from a request's first byte to its answer, durable, with --senders at once
  *_masked_*          the same with redaction, as it is by default; all other forms are stored as they came
  peak_mb             most memory that the gateway has had in a run (VmHWM), its start included (start_mb)
With --fuzz N it is sent N damaged or hostile requests instead, and must answer each with no error of its own.
"""

from __future__ import annotations

import argparse
import http.client
import json
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Final

ROOT: Final = Path(__file__).resolve().parents[1]
if str(ROOT) not in sys.path:  # `python benchmarks/gateway.py` as well as `python -m benchmarks.gateway`
    sys.path.insert(0, str(ROOT))

from benchmarks.common import cpu_s, report  # noqa: E402
from benchmarks.gateway_bodies import JSON, PROTOBUF, Body, mutated, native, otlp  # noqa: E402
from windvane.collectors.envelope import unpack  # noqa: E402
from windvane.collectors.log.sqlite import SqliteLog  # noqa: E402
from windvane.errors import EnvelopeError  # noqa: E402

GOALS: Final = {"otlp_protobuf_spans_per_core_s": 20_000, "otlp_json_spans_per_core_s": 20_000}

_ROUNDS: Final = 5
_SERVER: Final = """
import asyncio, sys
from pathlib import Path
from aiohttp import web
from windvane.cli.memory import keep_memory, spare_the_collector
from windvane.collectors.gateway.app import make_gateway
from windvane.collectors.log.sqlite import SqliteLog

async def run():
    log = SqliteLog(Path(sys.argv[1]), topic="bench")
    runner = web.AppRunner(make_gateway(log, join_s=0, redaction=sys.argv[2]), access_log=None)
    await runner.setup()
    spare_the_collector()
    keep_memory()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    print(runner.addresses[0][1], flush=True)
    await asyncio.Event().wait()

asyncio.run(run())
"""


@contextmanager
def server(folder: Path, redaction: str = "mask") -> Iterator[tuple[int, int]]:
    """Run a gateway in front of a log in `folder`; give its port and its process."""
    command = [sys.executable, "-c", _SERVER, str(folder / "log.sqlite"), redaction]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT / "src") as process:
        assert process.stdout is not None
        try:
            yield int(process.stdout.readline()), process.pid
        finally:
            process.terminate()


def memory_mb(pid: int) -> tuple[int, int]:
    """Return what a process has in memory, and the most it has had."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    said = {name: value for name, _, value in (line.partition(":") for line in lines)}
    now, most = (int(said[name].split()[0]) // 1024 for name in ("VmRSS", "VmHWM"))
    return now, most


def ask(connection: http.client.HTTPConnection, body: Body) -> tuple[int, bytes]:
    """Send one request, and return status and answer."""
    headers = {"Content-Type": body.content_type}
    if body.encoding:
        headers["Content-Encoding"] = body.encoding
    connection.request("POST", body.path, body.body, headers)
    response = connection.getresponse()
    return response.status, response.read()


def load(port: int, bodies: Sequence[Body], senders: int, seconds: float) -> list[float]:
    """Send the bodies in turns by some threads at once; return how long each answer took."""
    took: list[float] = []
    until = time.perf_counter() + seconds

    def send(number: int) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        at = number
        while (begun := time.perf_counter()) < until:
            status, answer = ask(connection, bodies[at % len(bodies)])
            assert status == 200, answer
            took.append(time.perf_counter() - begun)
            at += senders
        connection.close()

    threads = [threading.Thread(target=send, args=(number,)) for number in range(senders)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return took


def throughput(
    make: Callable[[int], Body], redaction: str, batch: int, senders: int, seconds: float
) -> dict[str, float]:
    """Measure one form."""
    bodies = [make(seed) for seed in range(64)]
    with tempfile.TemporaryDirectory() as folder, server(Path(folder), redaction) as (port, pid):
        load(port, bodies, senders, min(1.0, seconds))
        start, per_core, per_second = memory_mb(pid)[0], list[float](), list[float]()
        took: list[float] = []
        for _ in range(_ROUNDS):
            begun, cpu = time.perf_counter(), cpu_s(pid)
            some = load(port, bodies, senders, seconds / _ROUNDS)
            per_core.append(len(some) / (cpu_s(pid) - cpu))
            per_second.append(len(some) / (time.perf_counter() - begun))
            took += some
        took.sort()
        return {
            "spans_per_core_s": round(max(per_core) * batch),
            "spans_per_core_s_median": round(statistics.median(per_core) * batch),
            "spans_s": round(max(per_second) * batch),
            "requests_s": round(max(per_second)),
            "p50_ms": round(took[len(took) // 2] * 1e3, 2),
            "p99_ms": round(took[len(took) * 99 // 100] * 1e3, 2),
            "start_mb": start,
            "peak_mb": memory_mb(pid)[1],
        }


def fuzz(count: int, seed: int, senders: int) -> dict[str, Any]:
    """Send damaged requests; return what became of them. The gateway's own counts must say the same."""
    statuses: Counter[str] = Counter()
    lock = threading.Lock()
    with tempfile.TemporaryDirectory() as folder, server(Path(folder)) as (port, pid):
        start = memory_mb(pid)[0]

        def send(number: int) -> None:
            own: Counter[str] = Counter()
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
            for body in mutated(count // senders, seed * 1000 + number):
                status, _ = ask(connection, body)
                own[f"{body.path} {status}"] += 1
            connection.close()
            with lock:
                statuses.update(own)

        begun = time.perf_counter()
        threads = [threading.Thread(target=send, args=(number,)) for number in range(senders)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        clock = time.perf_counter() - begun
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        connection.request("GET", "/v1/unmapped.json")
        counts = json.loads(connection.getresponse().read())
        now, most = memory_mb(pid)
        stored = count_rows(Path(folder))
    return {
        "fuzz_requests": statuses.total(),
        "fuzz_by_status": dict(sorted(statuses.items())),
        "fuzz_errors_of_ours": sum(n for name, n in statuses.items() if name.split()[1] >= "500"),
        "fuzz_mistakes": counts.get("mistakes", {}),
        "fuzz_counted_as_sent": counts["requests"] == dict(statuses),
        "fuzz_spans": counts.get("spans", {}),
        "fuzz_stored": stored,
        "fuzz_requests_s": round(statuses.total() / clock),
        "fuzz_start_mb": start,
        "fuzz_end_mb": now,
        "fuzz_peak_mb": most,
    }


def count_rows(folder: Path) -> int:
    """Return how many events are in the log."""
    log, found, at = SqliteLog(folder / "log.sqlite", topic="bench"), 0, 0
    while records := log.read(0, at):
        for record in records:
            with suppress(EnvelopeError):  # damaged behind its header: the stream's dead letters have it
                found += len(unpack(record.value).rows)
        at = records[-1].offset + 1
    log.close()
    return found


def main() -> None:
    """Run, and print the figures, and which of them miss their goal."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", action="store_true", help="print one JSON line")
    parser.add_argument("--batch", type=int, default=100, help="spans a request (default: 100)")
    parser.add_argument("--senders", type=int, default=4, help="connections at once (default: 4)")
    parser.add_argument("--seconds", type=float, default=5.0, help="of each form (default: 5)")
    parser.add_argument("--fuzz", type=int, metavar="N", help="send N damaged requests instead")
    parser.add_argument("--seed", type=int, default=7, help="of what is drawn for --fuzz (default: 7)")
    given = parser.parse_args()
    if given.fuzz:
        report(fuzz(given.fuzz, given.seed, given.senders), given.json)
        return
    figures: dict[str, Any] = {"batch": given.batch, "senders": given.senders}
    protobuf: Callable[[int], Body] = lambda seed: otlp(given.batch, PROTOBUF, seed)  # noqa: E731
    forms: dict[str, tuple[Callable[[int], Body], str]] = {
        "otlp_protobuf": (protobuf, "off"),
        "otlp_protobuf_masked": (protobuf, "mask"),
        "otlp_json": (lambda seed: otlp(given.batch, JSON, seed), "off"),
        "plain_json": (lambda seed: native(given.batch, "/v1/events", seed), "off"),
        "envelopes": (lambda seed: native(given.batch, "/v1/envelopes", seed), "off"),
    }
    for name, (make, redaction) in forms.items():
        found = throughput(make, redaction, given.batch, given.senders, given.seconds)
        figures |= {f"{name}_{what}": value for what, value in found.items()}
    figures["missed"] = [name for name, goal in GOALS.items() if figures[name] < goal]
    report(figures, given.json)


if __name__ == "__main__":
    main()
