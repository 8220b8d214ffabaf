"""`windvane alerts run`: the rules of a cluster, judged in one process."""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import Final

import click

from windvane.cli.alerts.assembly import Alerts, rule_file
from windvane.cli.logs import log_to_stderr
from windvane.cli.options import rules_option, setting_option, store_option
from windvane.cli.stopping import StopRequest
from windvane.settings import setting
from windvane.storage.store import ClickHouseStore

__all__ = ["command"]

_PAGE: Final = "http://127.0.0.1:7070"


@click.command("run")
@store_option
@rules_option
@setting_option("--page-url", "page_url")
@click.option("--verbose", is_flag=True, help="Say more.")
def command(store: str | None, rules: tuple[Path, ...] | None, page_url: str | None, verbose: bool) -> None:
    """Judge the rules over a server's store every five seconds, and tell the channels. `windvane up` does it by itself.

    One process per store: one that starts takes over, and the earlier one ends with exit code 75. It may be killed at
    any moment: what was said is in the store, and the next process goes on from there.

    \b
    Example:
      windvane alerts run --store http://windvane_writer:PASSWORD@HOST:8123 --rules rules.toml
    """
    log_to_stderr(verbose=verbose)
    file = rule_file(rules)
    opened = ClickHouseStore(store)
    opened.prepare()
    stop = StopRequest()
    alerts = Alerts(opened, file, setting("page_url", page_url) or _PAGE)
    alerts.start()
    click.echo(f"{len(file.rules)} rules are judged; {len(file.channels)} channels are told", err=True)
    while not stop.asked and alerts.loop.is_alive():
        time.sleep(0.1)
    taken_over = not stop.asked
    alerts.stop()
    opened.close()
    sys.exit(75 if taken_over else 0)
