"""`windvane alerts list`: what fires, who was told, what is silenced."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

import click
import msgspec

from windvane.cli.options import dir_option, json_option, store_option
from windvane.cli.running import asking
from windvane.dashboards.alerts.message import plain
from windvane.storage.reader import rows_of

__all__ = ["command"]

_QUERIES: Final = {
    "alerts": "SELECT * FROM open_alerts ORDER BY indexOf(['firing', 'no_data', 'error', 'pending'], state),"
    " indexOf(['critical', 'warning', 'info'], severity), since",
    "untold": "SELECT * FROM notifications WHERE state != 'sent' ORDER BY time DESC LIMIT 20",
    "silences": "SELECT * FROM silences WHERE ends > now() ORDER BY ends",
}


@click.command("list")
@store_option
@dir_option
@json_option
def command(store: str | None, dir: Path | None, as_json: bool) -> None:
    """Show what fires and what is pending, the worst first; notifications that have not arrived; silences that hold.

    Exit code 0, whether anything fires or not. What has ended is in the view `alerts`.

    \b
    Examples:
      windvane alerts list
      windvane sql "SELECT time, rule, state, says FROM alerts ORDER BY time DESC LIMIT 50"
    """
    with asking(store, dir) as answer:
        found = {name: rows_of(answer(query, "columns")) for name, query in _QUERIES.items()}
    if as_json:
        click.echo(msgspec.json.encode(found).decode())
        return
    for row in found["alerts"]:
        click.echo(_alert(row))
    if not found["alerts"]:
        click.echo("nothing fires")
    for row in found["untold"]:
        tried = f"{row['state']} after {row['attempts']} attempts: {row['detail']}" if row["attempts"] else "waiting"
        click.echo(f"not told to {row['channel']}: {plain(row['says'], 500)} ({tried})")
    for row in found["silences"]:
        fits = ", ".join(f"{name}={value}" for name, value in row["labels"].items())
        comment = f" ({row['comment']})" if row["comment"] else ""
        click.echo(f"silence {row['id']} until {row['ends'][:16]} UTC: {fits}{comment}, by {row['author']}")


def _alert(row: dict[str, Any]) -> str:
    quiet = f"; nobody is told: {row['quiet']}" if row["quiet"] else ""
    says = f"{plain(row['says'], 500)} [{row['rule']}]"
    return f"{row['state']:8} {row['severity']:8} since {row['since'][:19]} UTC  {says}{quiet}"
