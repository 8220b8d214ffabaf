"""`windvane sql`: ask the store."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from windvane.cli.options import dir_option, store_option
from windvane.cli.running import asking
from windvane.errors import ConfigError
from windvane.storage.reader import FORMATS

__all__ = ["command"]


@click.command("sql")
@click.argument("query")
@click.option("--format", "form", type=click.Choice(sorted(FORMATS)), default="table", show_default=True)
@store_option
@dir_option
def command(query: str, form: str, store: str | None, dir: Path | None) -> None:
    """Ask the store one QUERY that reads. While `windvane up` runs, it is asked through it.

    The views are documented in docs/reference/views.md: calls, texts, minutes, signal_changes, open_signals, refusals,
    ledger.

    \b
    Examples:
      windvane sql "SELECT service_name, count(), avg(gen_ai_client_operation_duration) FROM calls GROUP BY 1"
      windvane sql "SELECT * FROM open_signals" --format json
    """
    if not query.strip(" \t\n;"):
        raise ConfigError("the query is empty. Try: windvane sql 'SELECT * FROM calls LIMIT 10'")
    with asking(store, dir) as answer:
        told = answer(query, form)
    sys.stdout.buffer.write(told)
    sys.stdout.flush()
    if not told and form == "table":
        click.echo("no rows", err=True)
