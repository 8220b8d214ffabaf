"""Boards, rules, contact points and data source as Grafana's provisioning files.

The files are JSON under the names of YAML, which JSON is: Grafana wants the name, and nothing more is installed here.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Final

from windvane.dashboards.alerts.rule import RuleFile
from windvane.dashboards.grafana.board import dashboards
from windvane.dashboards.grafana.contact import contacts
from windvane.dashboards.grafana.datasource import ClickHouse, datasource
from windvane.dashboards.grafana.names import DATASOURCE, FOLDER
from windvane.dashboards.grafana.rule import file_group, groups

__all__ = ["PASSWORD", "alerting", "write"]

PASSWORD: Final = "$WINDVANE_READER_PASSWORD"
"""Where Grafana finds the password of the data source: in its own environment."""
_AS_THEY_ARE: Final = frozenset({"annotations", "model"})
"""What Grafana does not look for variables in. Templates of ours have no `$`."""


def write(directory: Path, at: str, clickhouse: ClickHouse | str, file: RuleFile) -> list[Path]:
    """Write the files below `directory`, which Grafana sees as `at`; return them. Blocks on the disk.

    `clickhouse` is the data source to be written, or the uid of one that is there. What an earlier call wrote and is no
    longer needed goes: boards' files are deleted, and of rules Grafana is told to delete them.

    Raises:
        OSError: the directory cannot be written to.
        ConfigError: a channel's URL cannot be read.
    """
    boards = directory / "dashboards" / "windvane"
    rules = directory / "alerting" / "windvane.yaml"
    source = clickhouse if isinstance(clickhouse, str) else DATASOURCE
    files: dict[Path, Any] = {boards / f"{board['uid']}.json": board for board in dashboards(source)}
    files[directory / "dashboards" / "windvane.yaml"] = _provider(f"{at.rstrip('/')}/dashboards/windvane")
    files[rules] = alerting(file, source, _written(rules))
    if isinstance(clickhouse, ClickHouse):
        files[directory / "datasources" / "windvane.yaml"] = _source(clickhouse)
    for path, content in files.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(content, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    for old in set(boards.glob("windvane-*.json")) - files.keys():
        old.unlink()
    return list(files)


def alerting(file: RuleFile, datasource: str, before: frozenset[str] = frozenset()) -> dict[str, Any]:
    """Return the file of rules and contact points. `before` are uids of rules that were there once."""
    told = contacts(file.channels, file.rules)
    written = [
        file_group(seconds, some, FOLDER, datasource, told.receivers) for seconds, some in groups(file.rules).items()
    ]
    there = {rule["uid"] for group in written for rule in group["rules"]}
    points: dict[str, list[dict[str, Any]]] = {}
    for point in told.points:
        points.setdefault(point["name"], []).append({key: value for key, value in point.items() if key != "name"})
    return {
        "apiVersion": 1,
        "groups": _escaped(written),
        "contactPoints": _escaped([{"orgId": 1, "name": name, "receivers": some} for name, some in points.items()]),
        "deleteRules": [{"orgId": 1, "uid": uid} for uid in sorted(before - there)],
    }


def _provider(path: str) -> dict[str, Any]:
    return {
        "apiVersion": 1,
        "providers": [
            {
                "name": "windvane",
                "orgId": 1,
                "folder": FOLDER,
                "type": "file",
                "disableDeletion": False,
                "allowUiUpdates": False,
                "updateIntervalSeconds": 30,
                "options": {"path": path},
            }
        ],
    }


def _source(clickhouse: ClickHouse) -> dict[str, Any]:
    written = _escaped(datasource(clickhouse))
    if not clickhouse.password:
        written["secureJsonData"] = {"password": PASSWORD}
    return {"apiVersion": 1, "datasources": [{**written, "editable": False}]}


def _written(path: Path) -> frozenset[str]:
    """Return the uids that an earlier file names: those of its rules, and those that it had deleted."""
    try:
        before = json.loads(path.read_text(encoding="utf-8"))
    except (FileNotFoundError, ValueError):
        return frozenset()
    rules = [rule for group in before.get("groups", []) for rule in group["rules"]]
    return frozenset(one["uid"] for one in (*rules, *before.get("deleteRules", [])))


def _escaped(value: Any) -> Any:
    """Double each `$`: where Grafana reads a file, one begins the name of a variable of its environment."""
    if isinstance(value, dict):
        return {key: one if key in _AS_THEY_ARE else _escaped(one) for key, one in value.items()}
    if isinstance(value, list):
        return [_escaped(one) for one in value]
    return value.replace("$", "$$") if isinstance(value, str) else value
