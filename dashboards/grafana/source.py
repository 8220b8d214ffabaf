"""The data source that every panel and every rule asks: ClickHouse, through Grafana's own plugin."""

from __future__ import annotations

from typing import Any, Final
from urllib.parse import unquote, urlsplit

from windvane.errors import ConfigError

__all__ = ["NAME", "PLUGIN", "PLUGIN_VERSION", "SOURCE", "UID", "data_source", "target"]

NAME: Final = "windvane"
UID: Final = "windvane-clickhouse"
PLUGIN: Final = "grafana-clickhouse-datasource"
PLUGIN_VERSION: Final = "4.20.0"
"""The plugin's version that the queries are written for: from 4.15 on they are the same."""
SOURCE: Final = {"type": PLUGIN, "uid": UID}

_TIME_SERIES, _TABLE = 0, 1


def data_source(url: str, password: str, database: str) -> dict[str, Any]:
    """Return the data source as the HTTP API and provisioning files alike have it.

    `url` is where Grafana finds ClickHouse over HTTP, with the user that may only read, as
    `http://windvane_reader@clickhouse:8123`.

    Raises:
        ConfigError: `url` is no such address.
    """
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise ConfigError(f"the address of ClickHouse for Grafana cannot be read: {error}") from error
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ConfigError(
            "the address of ClickHouse for Grafana is http(s)://user@host:port; its password is a setting"
        )
    secure = parts.scheme == "https"
    return {
        "name": NAME,
        "uid": UID,
        "type": PLUGIN,
        "access": "proxy",
        "jsonData": {
            "host": parts.hostname,
            "port": port or (8443 if secure else 8123),
            "protocol": "http",
            "secure": secure,
            "username": unquote(parts.username or "windvane_reader"),
            "defaultDatabase": database,
            "queryTimeout": "60",
            "dialTimeout": "10",
        },
        "secureJsonData": {"password": password},
    }


def target(sql: str, *, series: bool = False) -> dict[str, Any]:
    """Return one query of a panel or of a variable; `series` for lines, else it is a table."""
    return {
        "refId": "A",
        "datasource": SOURCE,
        "editorType": "sql",
        "queryType": "timeseries" if series else "table",
        # As a number: given as text, the plugin drops the time zone without a word.
        "format": _TIME_SERIES if series else _TABLE,
        "pluginVersion": PLUGIN_VERSION,
        "rawSql": sql,
    }
