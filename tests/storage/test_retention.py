"""How long rows are kept: a setting per table, applied where it differs, refused where it makes no sense."""

from __future__ import annotations

import pytest

from windvane.errors import ConfigError
from windvane.settings import SETTINGS
from windvane.storage.retention import RETENTION, apply_retention
from windvane.storage.store import ClickHouseStore


def kept(store: ClickHouseStore) -> dict[str, str]:
    query = "SELECT name, extract(engine_full, 'TTL (.*?) SETTINGS') FROM system.tables WHERE database = 'windvane'"
    return {name: ttl for name, ttl in store.query(query)[1] if ttl}


def test_every_tables_days_follow_its_setting(store: ClickHouseStore, monkeypatch: pytest.MonkeyPatch) -> None:
    apply_retention(store.connections)
    defaults = kept(store)
    assert set(defaults) == set(RETENTION)
    for setting in {name for name, _ in RETENTION.values()}:
        with monkeypatch.context() as patch:
            patch.setenv(SETTINGS[setting].env, str(SETTINGS[setting].default - 1))
            days = apply_retention(store.connections)
            changed = {table for table, ttl in kept(store).items() if ttl != defaults[table]}
            assert changed == {table for table, (name, _) in RETENTION.items() if name == setting}
            assert {days[table] for table in changed} == {SETTINGS[setting].default - 1}
    apply_retention(store.connections)
    assert kept(store) == defaults


def test_the_ledger_looks_back_as_far_as_its_setting_says(
    store: ClickHouseStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = ("ledger", "ledger_settled_of_blocks")
    made = f"SELECT create_table_query FROM system.tables WHERE database = 'windvane' AND name IN {names}"
    for days in (3, 14):
        monkeypatch.setenv("WINDVANE_LEDGER_DAYS", str(days))
        apply_retention(store.connections)
        found = store.query(made)[1]
        assert len(found) == 2 and all(f"now() - toIntervalDay({days})" in statement for (statement,) in found)


@pytest.mark.parametrize(
    ("variable", "days", "said"),
    [
        (
            "WINDVANE_LEDGER_DAYS",
            "31",
            "LEDGER_DAYS is 31 and WINDVANE_DEAD_LETTERS_DAYS 30: .* to 30 or less",
        ),
        ("WINDVANE_EVENTS_DAYS", "13", "WINDVANE_LEDGER_DAYS is 14 and WINDVANE_EVENTS_DAYS 13: .* to 13 or less"),
        ("WINDVANE_BODIES_DAYS", "0", "WINDVANE_BODIES_DAYS is '0'"),
        ("WINDVANE_ROLLUPS_DAYS", "many", "WINDVANE_ROLLUPS_DAYS is 'many'"),
    ],
)
def test_days_that_make_no_sense_are_refused_and_change_nothing(
    store: ClickHouseStore, monkeypatch: pytest.MonkeyPatch, variable: str, days: str, said: str
) -> None:
    before = kept(store)
    monkeypatch.setenv(variable, days)
    with pytest.raises(ConfigError, match=said):
        apply_retention(store.connections)
    assert kept(store) == before
