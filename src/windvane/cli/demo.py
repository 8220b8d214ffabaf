"""`windvane demo`: the local pipeline, and a simulated day with incidents played into it."""

from __future__ import annotations

import sys
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from windvane.cli.logs import log_to_stderr
from windvane.cli.progress import progress
from windvane.cli.simulation import run_name, simulate
from windvane.cli.simulation.report import report
from windvane.cli.stopping import StopRequest
from windvane.collectors.normalize import normalize
from windvane.collectors.packing import Packer
from windvane.collectors.transport.opening import open_transport

if TYPE_CHECKING:
    from windvane.cli.local import LocalPipeline
    from windvane.dashboards.alerts.change import Change
    from windvane.dashboards.alerts.rule import RuleFile

__all__ = ["command"]

_PART_S: Final = 60.0
"""Event time that is sent at once, the services one after the other: whole minutes, so that nothing is late for its."""
_PATIENCE_S: Final = 60.0
_COMPILING_S: Final = 600.0


@click.command("demo")
@click.option("--dir", "directory", type=click.Path(path_type=Path, file_okay=False), default=Path("windvane-demo"),
              show_default=True, help="Where the demo keeps its log and its store.")  # fmt: skip
@click.option("--port", type=click.IntRange(0, 65535), default=7070, show_default=True, help="Port of the boards.")
@click.option("--hours", type=click.FloatRange(min=0.1), default=6.0, show_default=True, help="Hours of event time.")
@click.option("--calls-per-hour", type=click.IntRange(min=1), default=3000, show_default=True,
              help="Calls in an hour of event time, about.")  # fmt: skip
@click.option("--seed", type=int, default=0, show_default=True, help="Another seed is another day.")
@click.option("--exit", "ends", is_flag=True, help="End once all is stored; exit code 0 only if the ledger balances.")
def command(directory: Path, port: int, hours: float, calls_per_hour: int, seed: int, ends: bool) -> None:
    """Run the local pipeline and play some simulated hours of four services into it, over HTTP, as apps would.

    Five things go wrong in them: answers slow down, a model is swapped silently, answers lose their ground, an agent's
    cost runs away, a provider fails. Every event carries the tag `simulated`, those of an incident its name too. It may
    be run again in the same directory: then another day is added.

    \b
    Examples:
      windvane demo
      windvane demo --hours 2 --seed 7 --exit
    """
    from windvane.cli.alerts.assembly import rule_file
    from windvane.cli.local import LocalPipeline

    log_to_stderr()
    # Nobody real is told of what is simulated.
    rules = replace(rule_file(), channels=())
    stop = StopRequest()
    pipeline = LocalPipeline(directory, "127.0.0.1", port)
    pipeline.start()
    start_us = time.time_ns() // 1000 - round(hours * 3.6e9)
    source = run_name(seed, start_us)
    balanced = False
    try:
        click.echo(f"Playing {hours:g} simulated hours into {directory}/ (seed {seed}). Page: {pipeline.url}/")
        sent = _play(pipeline, source, hours, calls_per_hour, seed, start_us, stop)
        balanced = _settle(pipeline, source, sent, stop)
        if not stop.asked:
            alerts = _judge(pipeline, rules, start_us, hours)
            told = "the ledger balances" if balanced else "the ledger DOES NOT BALANCE"
            click.echo(f"{sent:,} simulated events were sent and stored; {told}.\n")
            for line in report(pipeline.reader, source, start_us, hours, alerts):
                click.echo(line)
            query = "SELECT tags['incident'] AS incident, count() FROM calls GROUP BY 1"
            click.echo(f"\nLook at {pipeline.url}/, or ask:")
            click.echo(f'  windvane sql --dir {directory} "{query}"\n  windvane ledger --dir {directory}')
        if not ends and not stop.asked:
            click.echo("Ctrl-C ends it; what is stored stays.")
            stop.wait()
    finally:
        pipeline.stop()
    sys.exit(0 if balanced or not ends else 1)


def _play(pipeline: LocalPipeline, source: str, hours: float, calls_per_hour: int, seed: int, start_us: int,
          stop: StopRequest) -> int:  # fmt: skip
    transport, packer = open_transport(pipeline.url), Packer(source)
    events = simulate(seed=seed, hours=hours, calls_per_hour=calls_per_hour, start_us=start_us)
    sent = 0
    with progress("simulated events sent", round(hours * calls_per_hour)) as advance:
        for _, part in groupby(events, lambda event: event["time"] // _PART_S):
            rows = [normalize(event) for event in part]
            transport.send(packer.pack(rows))
            sent += len(rows)
            advance(sent)
            if stop.asked:
                break
    transport.close()
    return sent


def _judge(pipeline: LocalPipeline, rules: RuleFile, start_us: int, hours: float) -> list[Change]:
    from windvane.cli.simulation.alerting import follow

    start = datetime.fromtimestamp(start_us / 1e6, UTC)
    with progress("seconds judged by the alert rules", round(hours * 3600)) as advance:
        return list(follow(pipeline.store, pipeline.reader, rules, start, start + timedelta(hours=hours), advance))


def _settle(pipeline: LocalPipeline, source: str, sent: int, stop: StopRequest) -> bool:
    """Wait until all that was sent is stored, as long as more and more is; return whether the ledger balances.

    The first start compiles the scoring before anything is stored: that may take minutes on a busy machine.
    """
    most, deadline = 0, time.monotonic() + _COMPILING_S
    while not stop.asked and time.monotonic() < deadline:
        rows = pipeline.reader.rows("SELECT source, stored, balanced FROM ledger")
        stored = sum(int(row["stored"]) for row in rows if row["source"] == source)
        if stored > most:
            most, deadline = stored, time.monotonic() + _PATIENCE_S
        if stored == sent and all(row["balanced"] for row in rows):
            return True
        time.sleep(0.2)
    return False
