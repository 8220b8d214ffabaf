"""Numbered migrations, forward and back.

`schema/NNNN_name[.server].{up,down}.sql`: statements end with `;` at the end of a line. Those of `.server` run on a
ClickHouse server only: chDB has no users. `{name}` is filled in from the settings.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.resources import files
from typing import Final

from windvane.errors import ConfigError, MigrationError
from windvane.settings import SETTINGS, setting
from windvane.storage.connect import Connections

__all__ = ["Migration", "Step", "applied", "filled", "latest", "migrate", "migrations"]

_NAME: Final = re.compile(r"(\d{4})_(\w+?)(\.server)?\.up\.sql")


@dataclass(frozen=True, slots=True)
class Migration:
    """One numbered change of the schema."""

    number: int
    name: str
    server_only: bool
    up: tuple[str, ...]
    down: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Step:
    """One migration to run, and in which direction."""

    migration: Migration
    forward: bool

    @property
    def statements(self) -> tuple[str, ...]:
        """The SQL of this step, in order."""
        return self.migration.up if self.forward else self.migration.down


def _statements(text: str) -> tuple[str, ...]:
    lines = [line for line in text.splitlines() if not line.lstrip().startswith("--")]
    return tuple(part.strip() for part in re.split(r";[ \t]*(?:\n|$)", "\n".join(lines)) if part.strip())


def migrations() -> list[Migration]:
    """Return all migrations, in order."""
    folder = files("windvane.storage") / "schema"
    found = []
    for entry in folder.iterdir():
        if match := _NAME.fullmatch(entry.name):
            down = folder / entry.name.replace(".up.sql", ".down.sql")
            up, back = _statements(entry.read_text()), _statements(down.read_text())
            found.append(Migration(int(match[1]), match[2], bool(match[3]), up, back))
    return sorted(found, key=lambda migration: migration.number)


def latest() -> int:
    """Return the number of the newest migration that every store has: roles are a server's own matter."""
    return max(migration.number for migration in migrations() if not migration.server_only)


def applied(connections: Connections) -> list[int]:
    """Return the numbers of the migrations that the store has, in order; none where there is no database."""
    with connections.client(database=False) as client:
        query = "SELECT count() FROM system.tables WHERE database = {d:String} AND name = 'schema_migrations'"
        if not client.query(query, parameters={"d": connections.database}).result_rows[0][0]:
            return []
        rows = client.query(
            f"SELECT number FROM {connections.database}.schema_migrations FINAL WHERE standing = 1 ORDER BY number"
        ).result_rows
    return [int(row[0]) for row in rows]


def plan(connections: Connections, to: int | None = None) -> list[Step]:
    """Return the steps that bring the store to migration `to` (the newest where None), 0 being an empty database.

    Raises:
        MigrationError: there is no such migration, or the store has one that this windvane does not know.
    """
    known = {m.number: m for m in migrations() if not (connections.embedded and m.server_only)}
    newest = max(known)
    target = newest if to is None else to
    if target and target not in (numbers := [m.number for m in migrations()]):
        raise MigrationError(f"there is no migration {target}; the newest is {numbers[-1]}")
    have = applied(connections)
    if newer := [number for number in have if number not in known]:
        raise MigrationError(f"the store has migration {newer[-1]}, which this windvane does not know. Update windvane")
    back = [Step(known[number], False) for number in reversed(have) if number > target]
    due = [m for m in known.values() if m.number <= target and m.number not in have]
    # A server's roles read what all the others have made: they come last, and only with the newest.
    roles = [m for m in due if m.server_only and target == newest]
    return back + [Step(migration, True) for migration in [*(m for m in due if not m.server_only), *roles]]


def migrate(connections: Connections, to: int | None = None) -> Iterator[Step]:
    """Bring the store to migration `to`, and yield each step once it is done. May block for seconds a step.

    A step that fails leaves the ones before it standing; running it again goes on from there.

    Raises:
        ConfigError: a step needs a setting that has no value; none was run.
        MigrationError: as `plan`.
    """
    database = connections.database
    with connections.client(database=False) as client:
        client.command(f"CREATE DATABASE IF NOT EXISTS {database}")
        client.command(
            f"CREATE TABLE IF NOT EXISTS {database}.schema_migrations (number UInt32, name String, standing UInt8,"
            " at DateTime64(6) DEFAULT now64(6)) ENGINE = ReplacingMergeTree(at) ORDER BY number"
        )
    steps = plan(connections, to)
    texts = [[filled(statement, database) for statement in step.statements] for step in steps]
    for step, statements in zip(steps, texts, strict=True):
        with connections.client() as client:
            for statement in statements:
                client.command(statement)
            client.insert(
                "schema_migrations",
                [[step.migration.number, step.migration.name, int(step.forward)]],
                column_names=["number", "name", "standing"],
            )
        yield step


def filled(statement: str, database: str) -> str:
    """Return a statement with `{database}` and settings filled in; a password is never shown in an error or a plan.

    Raises:
        ConfigError: it needs a password that is not set.
    """

    def value(match: re.Match[str]) -> str:
        name = match[1]
        if name == "database":
            return database
        if name == "ledger_days":
            return str(setting(name))
        given = setting(name)
        if not given:
            raise ConfigError(f"{SETTINGS[name].env} is not set. {SETTINGS[name].doc}")
        return "'" + str(given).replace("\\", "\\\\").replace("'", "\\'") + "'"

    return re.sub(r"\{(database|ledger_days|writer_password|reader_password)\}", value, statement)
