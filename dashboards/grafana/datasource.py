"""The data source: how Grafana asks ClickHouse."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from windvane.dashboards.grafana.names import DATASOURCE, DATASOURCE_TYPE

__all__ = ["ClickHouse", "datasource"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ClickHouse:
    """Where Grafana finds ClickHouse, over HTTP, and as whom it asks."""

    host: str
    """As Grafana sees it, without a scheme."""
    port: int
    user: str
    """One that may only read: Grafana lets who edits a board write any SQL."""
    database: str
    secure: bool = False
    password: str | None = field(default=None, repr=False)


def datasource(clickhouse: ClickHouse) -> dict[str, Any]:
    """Return the data source as the API has it; a provisioning file says the same, but for `access`."""
    return {
        "uid": DATASOURCE,
        "name": "windvane",
        "type": DATASOURCE_TYPE,
        "access": "proxy",
        "jsonData": {
            "host": clickhouse.host,
            "port": clickhouse.port,
            "protocol": "http",
            "secure": clickhouse.secure,
            "username": clickhouse.user,
            "defaultDatabase": clickhouse.database,
        },
        **({"secureJsonData": {"password": clickhouse.password}} if clickhouse.password else {}),
    }
