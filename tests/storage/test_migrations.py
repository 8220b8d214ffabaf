"""The schema, forward and back: every migration, each of its statements, and the store of a newer windvane."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.running import windvane
from tests.servers.clickhouse import ClickHouseServer
from windvane.errors import ConfigError, MigrationError, StoreError
from windvane.storage.migrations import Migration, applied, filled, latest, migrate, migrations, plan
from windvane.storage.store import ClickHouseStore

_numbers = itertools.count()
COMMON = [migration for migration in migrations() if not migration.server_only]
SERVER_ONLY = [migration for migration in migrations() if migration.server_only]


@pytest.fixture
def empty(clickhouse: ClickHouseServer) -> Iterator[ClickHouseStore]:
    """A database of its own without tables."""
    store = ClickHouseStore(clickhouse.url, f"migrated_{next(_numbers)}")
    yield store
    store.connections.get(database=False).command(f"DROP DATABASE IF EXISTS {store.connections.database}")
    store.close()


def go(store: ClickHouseStore, to: int) -> list[int]:
    return [step.migration.number for step in migrate(store.connections, to)]


def schema(store: ClickHouseStore) -> dict[str, str]:
    query = "SELECT name, create_table_query FROM system.tables WHERE database = currentDatabase()"
    return {name: text for name, text in store.query(query)[1] if name != "schema_migrations"}


def test_numbers_are_dense_and_each_migration_goes_both_ways() -> None:
    assert [migration.number for migration in migrations()] == list(range(1, len(migrations()) + 1))
    assert all(migration.up and migration.down for migration in migrations())


def test_up_down_and_up_again_leaves_the_same_schema(empty: ClickHouseStore) -> None:
    assert go(empty, latest()) == applied(empty.connections) == [migration.number for migration in COMMON]
    whole = schema(empty)
    assert go(empty, 0) == [migration.number for migration in reversed(COMMON)]
    assert schema(empty) == {} and applied(empty.connections) == []
    go(empty, latest())
    assert schema(empty) == whole


def test_every_step_goes_back_alone(empty: ClickHouseStore) -> None:
    go(empty, 0)
    for migration in COMMON:
        before = schema(empty)
        go(empty, migration.number)
        assert set(schema(empty)) > set(before)
        go(empty, migration.number - 1)
        assert schema(empty) == before
        go(empty, migration.number)


def test_a_step_that_was_broken_off_is_run_again_from_its_beginning(empty: ClickHouseStore) -> None:
    go(empty, latest())
    whole, client = schema(empty), empty.connections.get()
    for migration in COMMON:
        for statement in migration.up:
            client.command(filled(statement, empty.connections.database))
    assert schema(empty) == whole
    for migration in reversed(COMMON):
        for statement in migration.down * 2:
            client.command(filled(statement, empty.connections.database))
    assert schema(empty) == {}


def test_a_store_of_a_newer_windvane_is_refused(empty: ClickHouseStore) -> None:
    go(empty, latest())
    row = [[latest() + 90, "from_the_future", 1]]
    empty.connections.get().insert("schema_migrations", row, ["number", "name", "standing"])
    with pytest.raises(MigrationError, match=f"migration {latest() + 90}, which this windvane does not know. Update"):
        plan(empty.connections)


def test_a_server_that_was_never_migrated_is_refused_with_the_command(empty: ClickHouseStore) -> None:
    with pytest.raises(MigrationError, match=f"at migration 0 of {latest()}. Run: windvane migrate"):
        empty.prepare()


def test_there_is_no_migration_beyond_the_newest(empty: ClickHouseStore) -> None:
    with pytest.raises(MigrationError, match="there is no migration 77"):
        plan(empty.connections, 77)


def test_a_dry_run_prints_every_statement_and_changes_nothing(clickhouse: ClickHouseServer, tmp_path: Path) -> None:
    database = f"dry_{next(_numbers)}"
    done = windvane("migrate", "--dry-run", "--store", clickhouse.url, env={"WINDVANE_DATABASE": database})
    for migration in migrations():
        assert f"-- {migration.number:04} {migration.name} up" in done.stdout
        assert all(statement in done.stdout for statement in migration.up)
    store = ClickHouseStore(clickhouse.url)
    query = "SELECT count() FROM system.databases WHERE name = {d:String}"
    assert store.connections.get(database=False).query(query, {"d": database}).result_rows == [(0,)]
    store.close()


def test_the_engine_in_the_process_goes_forward_and_back_too(tmp_path: Path) -> None:
    first = windvane("migrate", "--dir", tmp_path).stdout
    assert windvane("migrate", "--dir", tmp_path, "--to", "0").stdout.count("taken back") == len(COMMON)
    assert windvane("migrate", "--dir", tmp_path).stdout == first
    assert "the schema is as it should be" in windvane("migrate", "--dir", tmp_path).stdout


@pytest.mark.parametrize("migration", SERVER_ONLY, ids=lambda migration: migration.name)
def test_the_statements_of_a_server_alone_are_sound_sql(
    migration: Migration, embedded: ClickHouseStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("WRITER", "READER"):
        monkeypatch.setenv(f"WINDVANE_{name}_PASSWORD", "it's \\ a secret")
    tables = set(schema(embedded))
    for statement in migration.up + migration.down:
        text = filled(statement, "windvane")
        assert "{" not in text
        embedded.connections.get().query(f"EXPLAIN AST {text}")
        if text.startswith("GRANT SELECT ON windvane."):
            assert text.split()[3].removeprefix("windvane.") in tables


def test_every_view_can_be_read_by_who_may_read_views_alone(embedded: ClickHouseStore) -> None:
    granted = {
        statement.split()[3].removeprefix("{database}.")
        for migration in SERVER_ONLY
        for statement in migration.up
        if statement.endswith("TO windvane_reader_role") and statement.startswith("GRANT SELECT")
    }
    query = "SELECT name, dependencies_table FROM system.tables WHERE database = 'windvane' AND engine = 'View'"
    views = {str(name) for name, _ in embedded.query(query)[1]}
    assert views <= granted
    for name, text in schema(embedded).items():
        if name in views:
            tables = {table for table in schema(embedded) if f"windvane.{table} " in text + " " and table != name}
            assert tables and tables <= granted, name


def test_roles_need_their_passwords_and_none_is_ever_shown(
    clickhouse: ClickHouseServer, empty: ClickHouseStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(ConfigError, match="WINDVANE_WRITER_PASSWORD is not set"):
        list(migrate(empty.connections, SERVER_ONLY[-1].number))
    assert applied(empty.connections) == []
    monkeypatch.setenv("WINDVANE_WRITER_PASSWORD", "hush-hush")
    monkeypatch.setenv("WINDVANE_READER_PASSWORD", "hush-hush")
    with pytest.raises(StoreError) as caught:  # this engine has no users: it refuses
        list(migrate(empty.connections, SERVER_ONLY[-1].number))
    assert "hush" not in str(caught.value)
    assert applied(empty.connections) == [migration.number for migration in COMMON]
