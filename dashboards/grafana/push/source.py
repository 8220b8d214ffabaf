"""The data source, or that of the user's which is to be asked."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from windvane.dashboards.grafana.api import Sends
from windvane.dashboards.grafana.datasource import ClickHouse, datasource
from windvane.dashboards.grafana.difference import difference, likened
from windvane.dashboards.grafana.names import DATASOURCE, DATASOURCE_TYPE
from windvane.dashboards.grafana.push.step import Step
from windvane.errors import GrafanaError

__all__ = ["check", "source_steps"]


def check(grafana: Sends, uid: str) -> None:
    """See that there is such a data source, of ClickHouse's type.

    Raises:
        GrafanaError: there is not, or Grafana does not answer.
    """
    there = grafana.send("GET", f"/datasources/uid/{uid}")
    if there is None:
        raise GrafanaError(f"there is no data source {uid}; give --datasource the uid of one that is there")
    if there.get("type") != DATASOURCE_TYPE:
        what = f"the data source {uid} is of the type {there.get('type')}"
        raise GrafanaError(f"{what}; give --datasource the uid of one of {DATASOURCE_TYPE}")


def source_steps(grafana: Sends, clickhouse: ClickHouse) -> Iterator[Step]:
    """Yield what brings the data source to where it should be.

    Raises:
        GrafanaError: what has its uid is not ours, or Grafana does not answer.
    """
    ours, path, name = datasource(clickhouse), f"/datasources/uid/{DATASOURCE}", f"data source {DATASOURCE}"
    shown = {key: value for key, value in ours.items() if key != "secureJsonData"}
    there = grafana.send("GET", path)
    if there is None:
        yield Step(name=name, diff=difference(name, None, shown), method="POST", path="/datasources", body=ours)
        return
    if there.get("type") != DATASOURCE_TYPE:
        what = f"the {name} is of the type {there.get('type')}, and not ours"
        raise GrafanaError(f"{what}; give it another uid, or give --datasource the uid of another")
    if there.get("readOnly"):
        what = f"the {name} comes from a provisioning file"
        raise GrafanaError(f"{what}; keep to one way, or use it as it is: --datasource {DATASOURCE}")
    diff = difference(name, likened(there, shown), shown)
    # What the password is, Grafana does not say: one that works is not sent again.
    if not diff and "secureJsonData" in ours and not _works(grafana, path):
        diff = f"# {name}: the password is sent again, as Grafana's does not work\n"
    if diff:
        yield Step(name=name, diff=diff, method="PUT", path=path, body=ours)


def _works(grafana: Sends, path: str) -> bool:
    try:
        health: Any = grafana.send("GET", f"{path}/health")
    except GrafanaError:
        return False
    return bool(health) and health.get("status") == "OK"
