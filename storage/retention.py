"""How long each table keeps its rows. By the time a record was logged, so that old traffic can be replayed and kept."""

from __future__ import annotations

from typing import Final

from windvane.settings import setting
from windvane.storage.connect import Connections, translated

__all__ = ["RETENTION", "apply_retention"]

RETENTION: Final = {
    "events": "events_days",
    "bodies": "bodies_days",
    "series_signals": "signals_days",
    "dead_letters": "dead_letters_days",
    "rollup_1m": "rollups_days",
}
"""Table → the setting that holds its days."""


def apply_retention(connections: Connections) -> dict[str, int]:
    """Set each table's TTL from the settings, where it is not so already; return the days by table."""
    client = connections.get()
    days = {}
    with translated():
        query = "SELECT name, create_table_query FROM system.tables WHERE database = {d:String}"
        rows = client.query(query, parameters={"d": connections.database}).result_rows
        tables = {str(name): str(statement) for name, statement in rows}
        for table, name in RETENTION.items():
            days[table] = setting(name)
            ttl = f"logged_at + toIntervalDay({days[table]})"
            if f"TTL {ttl}" not in tables[table]:
                client.command(f"ALTER TABLE {table} MODIFY TTL {ttl} SETTINGS materialize_ttl_after_modify = 0")
    return days
