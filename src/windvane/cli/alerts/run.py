"""`windvane alerts run`: the evaluator of a cluster."""

from __future__ import annotations

import time
from pathlib import Path

import click

from windvane.cli.alerts.options import rules_option
from windvane.cli.logs import log_to_stderr
from windvane.cli.options import store_option
from windvane.cli.stopping import StopRequest
from windvane.errors import Fenced

__all__ = ["command"]


@click.command("run")
@store_option
@rules_option
@click.option(
    "--page-url", default="http://127.0.0.1:7070", show_default=True, help="What the links of messages begin with."
)
@click.option("--verbose", is_flag=True, help="Say more.")
def command(store: str | None, rules: tuple[Path, ...], page_url: str, verbose: bool) -> None:
    """Evaluate the rules over the store, every five seconds those that are due, and tell the channels.

    Run one beside a cluster's ClickHouse server; `windvane up` needs none. A second one on the same store takes over, and
    the first one stops with exit code 1: no alert is told twice. It may be killed at any time: what it had not told, the
    next one tells. SIGTERM ends it once what it is at is done.

    \b
    Example:
      windvane alerts run --store http://127.0.0.1:8123 --page-url https://windvane.example.com
    """
    from windvane.cli.alerts.assembly import load_rules, loop_of
    from windvane.storage.reader import Reader
    from windvane.storage.store import ClickHouseStore

    log_to_stderr(verbose=verbose)
    stop = StopRequest()
    file = load_rules(rules)
    opened = ClickHouseStore(store)
    opened.prepare()
    reader = Reader(opened.connections)
    loop = loop_of(opened, reader, file, page_url)
    loop.start()
    click.echo(f"the evaluator runs: {len(file.rules)} rules, {len(file.channels)} channels", err=True)
    while loop.is_alive() and not stop.asked:
        time.sleep(0.1)
    loop.stop()
    reader.close()
    opened.close()
    if loop.fenced:
        raise Fenced(loop.trouble)
    click.echo("the evaluator has stopped; what was not told waits in the store", err=True)
