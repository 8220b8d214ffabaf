"""Grafana's provisioning files: what they say, and what becomes of what an earlier call wrote."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import yaml

from tests.dashboards.test_grafana_rules import SHIPPED, SOURCE, rule
from tests.running import windvane
from tests.servers.grafana import check
from windvane.dashboards.alerts.rule import Channel, RuleFile
from windvane.dashboards.boards import boards
from windvane.dashboards.grafana.board import dashboards
from windvane.dashboards.grafana.datasource import ClickHouse
from windvane.dashboards.grafana.files import alerting, write

SERVER = ClickHouse(host="clickhouse", port=8123, user="windvane_reader", database="windvane")


def read(path: Path) -> Any:
    return yaml.safe_load(path.read_text(encoding="utf-8"))


def test_the_command_writes_all_that_grafana_reads_when_it_starts(tmp_path: Path) -> None:
    done = windvane("grafana", "write", tmp_path, "--clickhouse", "http://windvane_reader@clickhouse:8123")
    assert f"files written to {tmp_path}, for {len(SHIPPED)} rules" in done.stdout
    (source,) = read(tmp_path / "datasources" / "windvane.yaml")["datasources"]
    assert (source["uid"], source["jsonData"]["host"], source["jsonData"]["port"]) == (SOURCE, "clickhouse", 8123)
    assert source["jsonData"]["username"] == "windvane_reader" and source["jsonData"]["protocol"] == "http"
    assert source["secureJsonData"] == {"password": "$WINDVANE_READER_PASSWORD"}, "the password is in no file"
    (provider,) = read(tmp_path / "dashboards" / "windvane.yaml")["providers"]
    assert provider["options"]["path"] == "/etc/grafana/provisioning/dashboards/windvane"
    written = {path.stem: read(path) for path in (tmp_path / "dashboards" / "windvane").iterdir()}
    assert written == {model["uid"]: model for model in dashboards()}
    # Grafana takes any other file there for an error, and does not start.
    assert [path.name for path in (tmp_path / "alerting").iterdir()] == ["windvane.yaml"]
    rules = [one["uid"] for group in read(tmp_path / "alerting" / "windvane.yaml")["groups"] for one in group["rules"]]
    assert len(rules) == len(SHIPPED)


def test_the_file_of_rules_is_what_grafana_takes() -> None:
    file = RuleFile(rules=tuple(SHIPPED.values()), channels=(Channel(name="hook", url="json://me:a$b@hooks.example"),))
    told = alerting(file, SOURCE)
    assert set(told) == {"apiVersion", "groups", "contactPoints", "deleteRules"}, "no policies: they are the user's"
    for group in told["groups"]:
        assert group["folder"] == "windvane" and group["interval"].endswith(("s", "m", "h"))
        for one in group["rules"]:
            # The contract has the words that Grafana exports; it reads one more.
            states = {"noDataState": one["noDataState"].replace("KeepLast", "OK"), "execErrState": "Error"}
            check("AlertRuleExport", {**one, **states})
    (point,) = told["contactPoints"]
    check("ContactPointExport", point)
    assert point["receivers"][0]["settings"]["password"] == "a$$b"
    receivers = {one["notification_settings"]["receiver"] for group in told["groups"] for one in group["rules"]
                 if "notification_settings" in one}  # fmt: skip
    assert receivers == {point["name"]}


def test_a_rule_that_is_gone_is_deleted_for_good_and_one_that_is_back_is_not(tmp_path: Path) -> None:
    def deleted(*names: str) -> list[str]:
        write(tmp_path, "/p", SERVER, RuleFile(rules=tuple(rule(name=name) for name in names)))
        return [one["uid"] for one in read(tmp_path / "alerting" / "windvane.yaml")["deleteRules"]]

    assert deleted("a", "b") == []
    assert deleted("a") == ["windvane-b"]
    assert deleted("a", "c") == ["windvane-b"], "Grafana may not have been started in between"
    assert deleted("b") == ["windvane-a", "windvane-c"]


def test_a_board_that_is_gone_is_no_file_and_others_files_stay(tmp_path: Path) -> None:
    folder = tmp_path / "dashboards" / "windvane"
    folder.mkdir(parents=True)
    (folder / "windvane-retired.json").write_text("{}")
    (folder / "mine.json").write_text("{}")
    write(tmp_path, "/p/", "theirs", RuleFile())
    assert {path.stem for path in folder.iterdir()} == {"mine", *(board.uid for board in boards())}
    assert not (tmp_path / "datasources").exists(), "the data source is the user's own"
    assert '"theirs"' in (folder / f"{boards()[0].uid}.json").read_text()
    assert json.loads((tmp_path / "dashboards" / "windvane.yaml").read_text())["providers"][0]["options"] == {
        "path": "/p/dashboards/windvane"
    }


def test_a_password_in_the_address_is_written_and_its_dollars_are_doubled(tmp_path: Path) -> None:
    windvane("grafana", "write", tmp_path, "--clickhouse", "https://me:a%24b@ch.example")
    (source,) = read(tmp_path / "datasources" / "windvane.yaml")["datasources"]
    assert source["secureJsonData"] == {"password": "a$$b"}
    assert (source["jsonData"]["secure"], source["jsonData"]["port"], source["jsonData"]["username"]) == (
        True,
        8443,
        "me",
    )


def test_without_a_server_there_is_nothing_that_grafana_could_ask(tmp_path: Path) -> None:
    done = windvane("grafana", "write", tmp_path, check=False)
    assert done.returncode == 1 and "give --clickhouse" in done.stderr and not list(tmp_path.iterdir())
