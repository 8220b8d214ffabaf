"""`windvane alerts list`: what is open, what is silenced, what was not delivered."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

import click
import msgspec

from windvane.cli.options import dir_option, json_option, store_option
from windvane.cli.running import asking
from windvane.storage.reader import rows_of

__all__ = ["command"]

_QUERIES: Final = {
    "alerts": (
        "SELECT severity, state, rule, since, quiet, says, labels FROM open_alerts"
        " ORDER BY severity = 'page' DESC, state = 'pending', since"
    ),
    "silences": "SELECT id, labels, ends, comment, author FROM silences WHERE ends > now() ORDER BY ends",
    "undelivered": (
        "SELECT notification, channel, state, attempts, detail FROM notifications WHERE state != 'sent' ORDER BY time"
    ),
}


@click.command("list")
@store_option
@dir_option
@json_option
def command(store: str | None, dir: Path | None, as_json: bool) -> None:
    """Show the alerts that are not resolved, the silences that stand, and the notifications that no channel has taken.

    \b
    Examples:
      windvane alerts list
      windvane alerts list --json
    """
    with asking(store, dir) as answer:
        found = {name: rows_of(answer(query, "columns")) for name, query in _QUERIES.items()}
    if as_json:
        click.echo(msgspec.json.encode(found).decode())
        return
    for line in _lines(found):
        click.echo(line)


def _lines(found: dict[str, list[dict[str, Any]]]) -> list[str]:
    lines = []
    for row in found["alerts"]:
        quiet = f"  [{row['quiet']}]" if row["quiet"] else ""
        lines.append(f"{row['severity']:6} {row['state']:8} {row['since'][:19]}  {row['rule']}: {row['says']}{quiet}")
    lines += [] if lines else ["no alert is open"]
    for row in found["silences"]:
        labels = ", ".join(f"{name}={value}" for name, value in row["labels"].items())
        lines.append(f"silence {row['id']} until {row['ends'][:19]}: {labels}  {row['comment']}".rstrip())
    for row in found["undelivered"]:
        why = f" after {row['attempts']} attempts: {row['detail']}" if row["attempts"] else ""
        lines.append(f"{row['state'].replace('_', ' ')} on {row['channel']}: {row['notification']}{why}")
    return lines
