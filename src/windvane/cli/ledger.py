"""`windvane ledger`: what became of every event."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import click
import msgspec

from windvane.cli.options import dir_option, json_option, store_option
from windvane.cli.running import asking

__all__ = ["QUERY", "command", "rows_of"]

QUERY = "SELECT * FROM ledger ORDER BY source"


def rows_of(answer: bytes) -> list[dict[str, Any]]:
    """Return the rows of an answer in the form `columns`."""
    decoded = msgspec.json.decode(answer)
    names = [column["name"] for column in decoded["meta"]]
    return [dict(zip(names, row, strict=True)) for row in decoded["data"]]


@click.command("ledger")
@store_option
@dir_option
@json_option
def command(store: str | None, dir: Path | None, as_json: bool) -> None:
    """Show, for each sender, what became of every event, and whether the ledger balances.

    emitted: calls of emit() so far, by the sender's last word. dropped: of them, never left the app, by reason.
    waiting: of them, still in the sender's spool, by its last word. accepted: reached the log. duplicates: of them,
    sent twice and skipped. refused: of them, in the dead letters. stored: of them, in the events. missing: accepted,
    but none of these: must be 0. Exit code 1 if the ledger does not balance.
    """
    answer, end = asking(store, dir)
    try:
        rows = rows_of(answer(QUERY, "columns"))
    finally:
        end()
    balanced = all(row["balanced"] for row in rows)
    if as_json:
        click.echo(msgspec.json.encode({"balanced": balanced, "sources": rows}).decode())
    else:
        from rich.console import Console
        from rich.table import Table

        table = Table(*(rows[0] if rows else ["nothing was accepted yet"]))
        for row in rows:
            table.add_row(*(str(value) for value in row.values()))
        Console().print(table)
        click.echo("balanced" if balanced else "NOT BALANCED: see the rows whose `balanced` is 0")
    sys.exit(0 if balanced else 1)
