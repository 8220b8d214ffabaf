"""`windvane demo`: the local pipeline, and a simulated day with incidents played into it."""

from __future__ import annotations

import sys
import time
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

import click
import msgspec

from windvane.cli.logs import log_to_stderr
from windvane.cli.progress import progress
from windvane.cli.simulation import INCIDENTS, simulate
from windvane.cli.up import wait_for_signal
from windvane.collectors.normalize import normalize
from windvane.collectors.packing import Packer
from windvane.collectors.transport.opening import open_transport

if TYPE_CHECKING:
    from windvane.cli.local import LocalPipeline

__all__ = ["command"]

_PART = 2_000


@click.command("demo")
@click.option("--dir", "directory", type=click.Path(path_type=Path, file_okay=False), default=Path("windvane-demo"),
              show_default=True, help="Where the demo keeps its log and its store.")  # fmt: skip
@click.option("--port", type=click.IntRange(0, 65535), default=7070, show_default=True)
@click.option("--hours", type=click.FloatRange(min=0.1), default=6.0, show_default=True, help="Hours of event time.")
@click.option("--calls-per-hour", type=click.IntRange(min=1), default=3000, show_default=True)
@click.option("--seed", type=int, default=0, show_default=True, help="Another seed is another day.")
@click.option("--exit", "ends", is_flag=True, help="End once all is stored; exit code 0 only if the ledger balances.")
def command(directory: Path, port: int, hours: float, calls_per_hour: int, seed: int, ends: bool) -> None:
    """Run the local pipeline and play some simulated hours of four services into it, over HTTP, as apps would.

    Five things go wrong in them: answers slow down, a model is swapped silently, answers lose their ground, an agent's
    cost runs away, a provider fails. Every event carries the tag `simulated`, those of an incident its name too.
    """
    from windvane.cli.local import LocalPipeline

    log_to_stderr()
    pipeline = LocalPipeline(directory, "127.0.0.1", port)
    pipeline.start()
    start_us = time.time_ns() // 1000 - round(hours * 3.6e9)
    packer = Packer(f"demo-{seed}-{start_us}")
    try:
        sent = _play(pipeline.port, packer, hours, calls_per_hour, seed, start_us)
        balanced = _settle(pipeline, packer.source, sent)
        _tell(pipeline, directory, sent, balanced, start_us)
        if not ends:
            wait_for_signal()
    finally:
        pipeline.stop()
    if ends:
        sys.exit(0 if balanced else 1)


def _play(port: int, packer: Packer, hours: float, calls_per_hour: int, seed: int, start_us: int) -> int:
    transport = open_transport(f"http://127.0.0.1:{port}")
    events = simulate(seed=seed, hours=hours, calls_per_hour=calls_per_hour, start_us=start_us)
    sent = 0
    with progress("simulated calls sent", round(hours * calls_per_hour)) as advance:
        while part := [normalize(event) for event in islice(events, _PART)]:
            transport.send(packer.pack(part))
            sent += len(part)
            advance(sent)
    transport.close()
    return sent


def _settle(pipeline: LocalPipeline, source: str, sent: int) -> bool:
    """Wait until all that was sent is stored; return whether the ledger balances."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        rows = pipeline.reader.rows("SELECT source, emitted, stored, refused, missing, balanced FROM ledger")
        ours = [row for row in rows if row["source"] == source]
        if ours and ours[0]["stored"] + ours[0]["refused"] >= sent:
            return all(row["balanced"] for row in rows) and ours[0]["stored"] == sent
        time.sleep(0.2)
    return False


def _tell(pipeline: LocalPipeline, directory: Path, sent: int, balanced: bool, start_us: int) -> None:
    click.echo(f"{sent} simulated events stored; the ledger {'balances' if balanced else 'DOES NOT BALANCE'}.\n")
    click.echo("What went wrong in them:")
    for incident in INCIDENTS:
        click.echo(f"  {incident.name:20} {incident.title} ({', '.join(incident.services)})")
    click.echo("\nWhat fired:")
    since = f"time >= fromUnixTimestamp64Micro({start_us})"
    query = f"SELECT time, state, service_name, evidence FROM signal_changes WHERE {since} ORDER BY time"
    for row in pipeline.reader.rows(query):
        evidence = msgspec.json.decode(row["evidence"])
        told = evidence.get("says") or f"{evidence['feature']}: {evidence['why']}"
        click.echo(f"  {row['time'][11:19]} {row['state']:9} {row['service_name']:15} {told}")
    click.echo(
        f"\nLook at http://127.0.0.1:{pipeline.port}/, or ask:\n"
        f"  windvane sql --dir {directory} \"SELECT tags['incident'] AS incident, count() FROM calls GROUP BY 1\"\n"
    )
