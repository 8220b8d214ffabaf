"""`windvane migrate`: the store's schema, forward and back."""

from __future__ import annotations

from pathlib import Path

import click

from windvane.cli.options import dir_option, store_option
from windvane.storage.migrations import migrate, plan
from windvane.storage.retention import apply_retention
from windvane.storage.store import ClickHouseStore

__all__ = ["command"]


@click.command("migrate")
@click.option(
    "--to", type=click.IntRange(min=0), help="Go to this migration; 0 is an empty database. Default: the newest."
)
@click.option("--dry-run", is_flag=True, help="Print the statements, run none.")
@store_option
@dir_option
def command(to: int | None, dry_run: bool, store: str | None, dir: Path | None) -> None:
    """Bring the store's schema to this version of windvane, or to migration --to; then set each table's retention.

    On a ClickHouse server this also creates the roles and the two users with least privilege; it needs
    WINDVANE_WRITER_PASSWORD and WINDVANE_READER_PASSWORD. Going back drops what a migration made, with its rows.

    \b
    Examples:
      windvane migrate --dry-run
      windvane migrate --store http://127.0.0.1:8123
    """
    url = store or (f"chdb://{dir.resolve() / 'store'}" if dir else None)
    opened = ClickHouseStore(url)
    try:
        if dry_run:
            for step in plan(opened.connections, to):
                click.echo(f"-- {step.migration.number:04} {step.migration.name} {'up' if step.forward else 'down'}")
                click.echo(";\n".join(step.statements) + ";")
            return
        done = 0
        for step in migrate(opened.connections, to):
            click.echo(f"{step.migration.number:04} {step.migration.name}: {'done' if step.forward else 'taken back'}")
            done += 1
        if to is None:
            days = apply_retention(opened.connections)
            click.echo("kept: " + ", ".join(f"{table} {count} days" for table, count in days.items()))
        click.echo(f"{done} migrations run" if done else "the schema is as it should be")
    finally:
        opened.close()
