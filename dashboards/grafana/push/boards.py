"""The folder, and the boards in it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from windvane.dashboards.grafana.api import Sends
from windvane.dashboards.grafana.board import dashboards
from windvane.dashboards.grafana.difference import difference, likened
from windvane.dashboards.grafana.names import TAG
from windvane.dashboards.grafana.push.step import Step
from windvane.errors import GrafanaError

__all__ = ["board_steps", "folder_steps"]


def folder_steps(grafana: Sends, folder: str) -> Iterator[Step]:
    """Yield what makes the folder, where there is none of that uid; one that is there stays as it is."""
    if grafana.send("GET", f"/folders/{folder}") is None:
        body, name = {"uid": folder, "title": folder}, f"folder {folder}"
        yield Step(name=name, diff=difference(name, None, body), method="POST", path="/folders", body=body)


def board_steps(grafana: Sends, folder: str, datasource: str) -> Iterator[Step]:
    """Yield what brings the boards to where they should be.

    Raises:
        GrafanaError: what has the uid of one is not ours, or Grafana does not answer.
    """
    for board in dashboards(datasource):
        name = f"board {board['uid']}"
        there = grafana.send("GET", f"/dashboards/uid/{board['uid']}")
        if there is not None:
            _check(name, there, folder)
        theirs = None if there is None else likened(_as_written(there["dashboard"], board), board)
        if diff := difference(name, theirs, board):
            body = {"dashboard": board, "folderUid": folder, "overwrite": True, "message": "windvane grafana push"}
            yield Step(name=name, diff=diff, method="POST", path="/dashboards/db", body=body)


def _as_written(theirs: dict[str, Any], board: dict[str, Any]) -> dict[str, Any]:
    """Grafana brings what it reads to its own version of the model: that is no change."""
    return {**theirs, "schemaVersion": board["schemaVersion"]}


def _check(name: str, there: dict[str, Any], folder: str) -> None:
    meta, tags = there.get("meta", {}), there["dashboard"].get("tags") or []
    if meta.get("provisioned"):
        raise GrafanaError(f"the {name} comes from a provisioning file; keep to one way: files, or pushing")
    if TAG not in tags:
        what = f"there is a {name} without the tag {TAG}, so it is not ours"
        raise GrafanaError(f"{what}; delete it, or save it under another uid")
    if (where := meta.get("folderUid") or "") != folder:
        remedy = f"push with --folder {where}" if where else f"move it to the folder {folder}"
        raise GrafanaError(f"the {name} is not in the folder {folder}; {remedy}, or delete it")
