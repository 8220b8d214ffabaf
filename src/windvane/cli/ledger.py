"""`windvane ledger`: what became of every event."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any, Final

import click
import msgspec

from windvane.cli.options import dir_option, json_option, store_option
from windvane.cli.running import asking
from windvane.storage.reader import rows_of

__all__ = ["command"]

_COUNTS: Final = ("emitted", "dropped", "waiting", "writing", "accepted", "duplicates", "refused", "stored", "missing")
_QUERY: Final = "SELECT * FROM ledger ORDER BY source"


@click.command("ledger")
@store_option
@dir_option
@json_option
def command(store: str | None, dir: Path | None, as_json: bool) -> None:
    """Show, for each sender, what became of every event, and whether the ledger balances.

    \b
    emitted     calls of emit() so far, by the sender's last word
    dropped     of them, never left the app; the reasons are told below
    waiting     of them, still in the sender's spool, by its last word
    writing     of them, in a block that is being written
    accepted    reached the log, and their block is written
    duplicates  of them, sent twice and skipped
    refused     of them, in the dead letters
    stored      of them, in the events
    missing     accepted, but none of these: must be 0

    Exit code 1 if the ledger does not balance.

    \b
    Examples:
      windvane ledger
      windvane ledger --json
    """
    with asking(store, dir) as answer:
        rows = rows_of(answer(_QUERY, "columns"))
    balanced = all(row["balanced"] for row in rows)
    if as_json:
        click.echo(msgspec.json.encode({"balanced": balanced, "sources": rows}).decode())
    else:
        _show(rows, balanced=balanced)
    sys.exit(0 if balanced else 1)


def _show(rows: list[dict[str, Any]], *, balanced: bool) -> None:
    if not rows:
        click.echo("nothing was accepted yet")
        return
    rows = [{**row, "source": row["source"] or "(not numbered)"} for row in rows]
    widths = [max(len(name), *(len(str(row[name])) for row in rows)) for name in ("source", *_COUNTS)]
    line = "  ".join([f"{{:{widths[0]}}}", *(f"{{:>{width}}}" for width in widths[1:])]).format
    click.echo(line("source", *_COUNTS))
    for row in rows:
        click.echo(line(*(row[name] for name in ("source", *_COUNTS))))
    for row in rows:
        for reason, count in row["dropped_by_reason"].items():
            click.echo(f"dropped by {row['source']}: {count} {reason}")
    wrong = [row["source"] for row in rows if not row["balanced"]]
    click.echo("balanced" if balanced else f"NOT BALANCED: {', '.join(wrong)}")
