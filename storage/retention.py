"""How long each table keeps its rows. By the time a record was logged, so that old traffic can be replayed and kept."""

from __future__ import annotations

from typing import Final

from windvane.errors import ConfigError
from windvane.settings import SETTINGS, setting
from windvane.storage.connect import Connections
from windvane.storage.migrations import filled, migrations

__all__ = ["RETENTION", "apply_retention"]

RETENTION: Final = {
    "events": ("events_days", "logged_at"),
    "bodies": ("bodies_days", "logged_at"),
    "series_signals": ("signals_days", "logged_at"),
    "dead_letters": ("dead_letters_days", "logged_at"),
    "rollup_1m": ("rollups_days", "logged_at"),
    "rollup_5m": ("rollups_days", "logged_at"),
    "rollup_1h": ("rollups_days", "logged_at"),
    "signals_1m": ("events_days", "logged_at"),
    "signals_5m": ("rollups_days", "logged_at"),
    "signals_1h": ("rollups_days", "logged_at"),
    "calls_1d": ("events_days", "logged_at"),
    "spend_1h": ("rollups_days", "logged_at"),
    "flags": ("events_days", "logged_at"),
    "scores": ("signals_days", "logged_at"),
    "alert_changes": ("signals_days", "logged_at"),
    "alert_deliveries": ("signals_days", "logged_at"),
    # By their own time: the edges of old records too are needed until the state after them is saved.
    "block_edges": ("ledger_days", "written_at"),
    "ledger_rows": ("ledger_days", "written_at"),
    # Each is made anew within minutes: days are for what is summed no more.
    "ledger_settled": ("ledger_days", "at"),
    "calibrations": ("ledger_days", "at"),
    "judged_versions": ("ledger_days", "at"),
}
"""Table → the setting that holds its days, and the column they count from."""


def apply_retention(connections: Connections) -> dict[str, int]:
    """Set each table's TTL and the ledger's range from the settings, where they are not so; return the days by table.

    Raises:
        ConfigError: a setting is no number of days, or the ledger would look back to facts that are gone.
    """
    days = {table: int(setting(name)) for table, (name, _) in RETENTION.items()}
    for table in ("events", "dead_letters"):
        if days["block_edges"] > days[table]:
            ledger, facts = SETTINGS["ledger_days"].env, SETTINGS[RETENTION[table][0]].env
            raise ConfigError(
                f"{ledger} is {days['block_edges']} and {facts} {days[table]}: the ledger would count {table} that are"
                f" gone. Set {ledger} to {days[table]} or less"
            )
    with connections.client() as client:
        query = "SELECT name, create_table_query FROM system.tables WHERE database = {d:String}"
        rows = client.query(query, parameters={"d": connections.database}).result_rows
        tables = {str(name): str(statement) for name, statement in rows}
        for table, (_, column) in RETENTION.items():
            ttl = f"{column} + toIntervalDay({days[table]})"
            if f"TTL {ttl}" not in tables[table]:
                client.command(f"ALTER TABLE {table} MODIFY TTL {ttl} SETTINGS materialize_ttl_after_modify = 0")
        if f"toIntervalDay({days['block_edges']})" not in tables["ledger"]:
            made = "CREATE VIEW IF NOT EXISTS ledger "
            replacing = _newest(made).replace(made, "CREATE OR REPLACE VIEW ledger ", 1)
            settling = _newest("CREATE MATERIALIZED VIEW IF NOT EXISTS ledger_settled_of_blocks ")
            for statement in (replacing, "DROP VIEW IF EXISTS ledger_settled_of_blocks", settling):
                client.command(filled(statement, connections.database))
    return days


def _newest(beginning: str) -> str:
    """Return the statement of the newest migration that begins so."""
    return [each for migration in migrations() for each in migration.up if each.startswith(beginning)][-1]
