"""What is to be written, all of it, in an order in which each thing finds what it needs."""

from __future__ import annotations

from collections.abc import Iterator

from windvane.dashboards.alerts.rule import RuleFile
from windvane.dashboards.grafana.api import Sends
from windvane.dashboards.grafana.contact import contacts
from windvane.dashboards.grafana.datasource import ClickHouse
from windvane.dashboards.grafana.names import DATASOURCE
from windvane.dashboards.grafana.push.boards import board_steps, folder_steps
from windvane.dashboards.grafana.push.points import old_point_steps, point_steps
from windvane.dashboards.grafana.push.rules import rule_steps
from windvane.dashboards.grafana.push.source import check, source_steps
from windvane.dashboards.grafana.push.step import Step

__all__ = ["plan"]


def plan(grafana: Sends, folder: str, clickhouse: ClickHouse | str, file: RuleFile) -> list[Step]:
    """Return what is to be written, and write nothing. Blocks on Grafana.

    `folder` is the uid of the folder of all boards and rules; `clickhouse` the data source to be written, or the uid of
    one that is there.

    Raises:
        GrafanaError: something with a uid of ours is not ours; Grafana refuses, or does not answer.
        ConfigError: a channel's URL cannot be read.
    """
    return list(_steps(grafana, folder, clickhouse, file))


def _steps(grafana: Sends, folder: str, clickhouse: ClickHouse | str, file: RuleFile) -> Iterator[Step]:
    if isinstance(clickhouse, str):
        check(grafana, clickhouse)
        datasource = clickhouse
    else:
        yield from source_steps(grafana, clickhouse)
        datasource = DATASOURCE
    yield from folder_steps(grafana, folder)
    yield from board_steps(grafana, folder, datasource)
    told = contacts(file.channels, file.rules)
    yield from point_steps(grafana, told)
    yield from rule_steps(grafana, folder, datasource, file.rules, told.receivers)
    # Rules may refer to them until then.
    yield from old_point_steps(grafana, told)
