"""Pushing into Grafana: what differs is written, once; what is the user's stays; what cannot be done is said."""

from __future__ import annotations

import copy
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from tests.running import windvane
from tests.servers.grafana import TOKEN, FakeGrafana
from windvane.cli.grafana import command
from windvane.dashboards.boards import boards
from windvane.dashboards.grafana.api import Grafana
from windvane.errors import ConfigError, GrafanaError

CLICKHOUSE = "http://windvane_reader:secret-word@clickhouse:8123"
BOARD, SOURCE = boards()[0].uid, "windvane-clickhouse"
CHANNELS = """
[[channel]]
name = "hook"
url = "jsons://hooks.example/windvane"

[[channel]]
name = "pager"
url = "pagerduty://abcdef0123456789@apikey"
severities = ["critical"]
"""


@pytest.fixture
def grafana() -> Iterator[FakeGrafana]:
    fake = FakeGrafana()
    fake.working_password = "secret-word"
    yield fake
    fake.close()


@pytest.fixture
def rules(tmp_path: Path) -> Path:
    path = tmp_path / "rules.toml"
    path.write_text(CHANNELS)
    return path


def run(grafana: FakeGrafana, *more: object) -> Result:
    arguments = ["push", "--url", grafana.url, "--token", TOKEN, "--clickhouse", CLICKHOUSE, *map(str, more)]
    grafana.writes.clear()
    return CliRunner().invoke(command, arguments)


def push(grafana: FakeGrafana, *more: object) -> str:
    done = run(grafana, *more)
    assert done.exit_code == 0, done.output + str(done.exception)
    return done.output


def refused(grafana: FakeGrafana, *more: object) -> str:
    """What a push that may not be says; it has written nothing."""
    before = copy.deepcopy((grafana.boards, grafana.sources, grafana.rules, grafana.points, grafana.folders))
    done = run(grafana, *more)
    assert isinstance(done.exception, GrafanaError), done.output
    assert grafana.writes == []
    assert before == (grafana.boards, grafana.sources, grafana.rules, grafana.points, grafana.folders)
    return str(done.exception)


def test_everything_is_there_after_a_push_and_a_second_one_writes_nothing(grafana: FakeGrafana) -> None:
    push(grafana)
    assert set(grafana.boards) == {board.uid for board in boards()} and set(grafana.folders) == {"windvane"}
    assert all(board["meta"]["folderUid"] == "windvane" for board in grafana.boards.values())
    assert grafana.sources[SOURCE]["secureJsonData"] == {"password": "secret-word"}
    assert len(grafana.rules) > 10 and all(uid.startswith("windvane-") for uid in grafana.rules)
    assert "everything is as it should be" in push(grafana) and grafana.writes == []


def test_a_dry_run_shows_a_diff_and_writes_nothing(grafana: FakeGrafana, rules: Path) -> None:
    output = push(grafana, "--rules", rules, "--dry-run")
    assert grafana.writes == [] and not grafana.boards and not grafana.rules
    assert f"+++ windvane: board {BOARD}" in output and f"--- Grafana: data source {SOURCE}" in output
    assert "secret-word" not in output and "abcdef0123456789" not in output and "hooks.example" not in output
    push(grafana, "--rules", rules)
    grafana.boards[BOARD]["dashboard"]["refresh"] = "5m"
    output = push(grafana, "--rules", rules, "--dry-run")
    assert '-  "refresh": "5m"' in output and '+  "refresh": "30s"' in output
    assert grafana.boards[BOARD]["dashboard"]["refresh"] == "5m" and grafana.writes == []


def test_what_was_changed_in_grafana_is_written_back_and_nothing_else(grafana: FakeGrafana) -> None:
    push(grafana)
    grafana.boards[BOARD]["dashboard"]["panels"].append({"id": 99, "type": "text"})
    some = next(uid for uid in grafana.rules)
    grafana.rules[some]["labels"]["team"] = "search"
    push(grafana)
    assert [path.rpartition("/")[2].split()[0] for _, path in grafana.writes] == ["db", "windvane"]
    assert grafana.rules[some]["labels"].get("team") is None


def test_a_rule_that_is_gone_is_deleted_and_one_of_another_interval_moves(grafana: FakeGrafana, tmp_path: Path) -> None:
    own, text = tmp_path / "own.toml", """
[[rule]]
name = "own-{name}"
title = "Own {name}"
sql = "SELECT service_name AS service, count() AS value FROM calls WHERE $__timeFilter(time) GROUP BY service"
labels = ["service"]
above = 5
every = "{every}"
message = "{{service}}: {{value}}"
todo = "Look."
link = {{board = "overview"}}
"""  # fmt: skip
    own.write_text(text.format(name="one", every="50s") + text.format(name="two", every="50s"))
    push(grafana, "--rules", own)
    assert {"windvane-own-one", "windvane-own-two"} <= grafana.rules.keys()
    own.write_text(text.format(name="one", every="70s"))
    push(grafana, "--rules", own)
    assert grafana.rules["windvane-own-one"]["ruleGroup"] == "windvane every 1m10s"
    assert "windvane-own-two" not in grafana.rules
    own.write_text("")
    push(grafana, "--rules", own)
    assert not {uid for uid in grafana.rules if uid.startswith("windvane-own")}
    push(grafana, "--rules", own)
    assert grafana.writes == []


def test_channels_become_contact_points_that_rules_name(grafana: FakeGrafana, rules: Path) -> None:
    push(grafana, "--rules", rules)
    told = {rule["labels"]["severity"]: rule["notification_settings"]["receiver"] for rule in grafana.rules.values()
            if "notification_settings" in rule}  # fmt: skip
    assert told == {"critical": "windvane hook + pager", "warning": "windvane hook"}
    kinds = {
        name: {point["type"] for point in grafana.points.values() if point["name"] == name} for name in told.values()
    }
    assert kinds == {"windvane hook + pager": {"webhook", "pagerduty"}, "windvane hook": {"webhook"}}
    # What Grafana does not show cannot be compared: a key is written again, and only that.
    assert "does not show" in push(grafana, "--rules", rules, "--dry-run")
    push(grafana, "--rules", rules)
    assert [method for method, _ in grafana.writes] == ["PUT"]
    rules.write_text(CHANNELS.replace("hooks.example", "new.example"))
    push(grafana, "--rules", rules)
    hooks = {point["settings"]["url"] for point in grafana.points.values() if point["type"] == "webhook"}
    assert hooks == {"https://new.example/windvane"}
    rules.write_text("")
    push(grafana, "--rules", rules)
    assert not grafana.points and not any("notification_settings" in rule for rule in grafana.rules.values())


def test_what_is_the_users_is_not_touched(grafana: FakeGrafana, rules: Path) -> None:
    theirs = {"uid": "mine", "name": "mine", "type": "email", "settings": {"addresses": "a@b.example"}}
    grafana.points["mine"] = {**theirs, "provenance": ""}
    grafana.folders["windvane"] = {"uid": "windvane", "title": "Renamed"}
    rule = {"uid": "windvane-mine", "title": "Mine", "folderUID": "windvane", "ruleGroup": "mine", "labels": {},
            "annotations": {}, "provenance": ""}  # fmt: skip
    grafana.rules["windvane-mine"] = copy.deepcopy(rule)
    board = {"dashboard": {"uid": "mine", "title": "Mine", "tags": ["windvane"]}, "meta": {"folderUid": "windvane"}}
    grafana.boards["mine"] = copy.deepcopy(board)
    push(grafana, "--rules", rules)
    rules.write_text("")
    push(grafana, "--rules", rules)
    assert grafana.points == {"mine": {**theirs, "provenance": ""}} and grafana.rules["windvane-mine"] == rule
    assert grafana.boards["mine"] == board and grafana.folders["windvane"]["title"] == "Renamed"
    assert not any("policies" in path for path in grafana.asked)


def test_what_has_a_uid_of_ours_and_is_not_ours_stops_the_push_before_the_first_write(
    grafana: FakeGrafana, rules: Path
) -> None:
    push(grafana, "--rules", rules)
    clean = copy.deepcopy((grafana.boards, grafana.sources, grafana.rules, grafana.points))
    some = next(iter(grafana.rules))

    def again() -> None:
        grafana.boards, grafana.sources, grafana.rules, grafana.points = copy.deepcopy(clean)

    grafana.boards[BOARD]["dashboard"]["tags"] = []
    assert "without the tag windvane" in refused(grafana)
    again()
    grafana.boards[BOARD]["meta"]["folderUid"] = "elsewhere"
    assert "push with --folder elsewhere" in refused(grafana)
    again()
    grafana.boards[BOARD]["meta"]["provisioned"] = True
    assert "comes from a provisioning file" in refused(grafana)
    again()
    grafana.sources[SOURCE]["type"] = "postgres"
    assert "is of the type postgres" in refused(grafana)
    again()
    grafana.sources[SOURCE]["readOnly"] = True
    assert f"--datasource {SOURCE}" in refused(grafana)
    again()
    grafana.rules[some]["labels"] = {}
    assert "that is not ours" in refused(grafana)
    again()
    grafana.rules[some]["provenance"] = "file"
    assert "keep to one way" in refused(grafana)
    again()
    grafana.rules[some]["folderUID"] = "elsewhere"
    assert "push with --folder elsewhere" in refused(grafana)
    again()
    grafana.rules["mine"] = {**grafana.rules[some], "uid": "mine", "title": "Mine", "labels": {}}
    assert "would be lost; move it" in refused(grafana)
    again()
    grafana.points["mine"] = {"uid": "mine", "name": "windvane hook", "type": "email", "settings": {}}
    assert "that is not ours" in refused(grafana, "--rules", rules)


def test_a_password_that_works_is_not_sent_again_and_one_that_does_not_is(grafana: FakeGrafana) -> None:
    push(grafana)
    grafana.sources[SOURCE]["secureJsonData"] = {"password": "old"}
    assert "the password is sent again" in push(grafana, "--dry-run")
    push(grafana)
    assert grafana.writes == [("PUT", f"/datasources/uid/{SOURCE}")]
    assert grafana.sources[SOURCE]["secureJsonData"] == {"password": "secret-word"}


def test_a_data_source_that_is_there_can_be_used(grafana: FakeGrafana) -> None:
    assert "there is no data source theirs" in refused(grafana, "--datasource", "theirs")
    grafana.sources["theirs"] = {"uid": "theirs", "name": "x", "type": "grafana-clickhouse-datasource"}
    push(grafana, "--datasource", "theirs")
    assert set(grafana.sources) == {"theirs"}
    assert '"uid": "windvane-clickhouse"' not in str(grafana.boards[BOARD])
    targets = [one["targets"][0]["datasource"]["uid"] for one in grafana.boards[BOARD]["dashboard"]["panels"]
               if one["type"] != "row"]  # fmt: skip
    assert set(targets) == {"theirs"}


def test_a_channel_that_grafana_has_nothing_like_is_named(grafana: FakeGrafana, rules: Path) -> None:
    rules.write_text('[[channel]]\nname = "chat"\nurl = "ntfy://topic"\n')
    assert "channel chat is not in Grafana: Grafana has nothing like it" in push(grafana, "--rules", rules)
    assert not grafana.points


def test_a_wrong_token_a_wrong_address_and_a_silent_one_are_told_with_what_to_do(grafana: FakeGrafana) -> None:
    with pytest.raises(GrafanaError, match="says 401 Invalid API key; give a valid token"):
        Grafana(grafana.url, "wrong").send("GET", "/folders/x")
    with pytest.raises(GrafanaError, match="does not answer at http://127.0.0.1:1: .*set WINDVANE_GRAFANA_URL"):
        Grafana("http://127.0.0.1:1", TOKEN).send("GET", "/folders/x")
    with pytest.raises(ConfigError, match="no address of Grafana"):
        Grafana("127.0.0.1:3000", TOKEN)
    done = windvane("grafana", "push", "--url", grafana.url, "--clickhouse", CLICKHOUSE, check=False)
    assert isinstance(done, subprocess.CompletedProcess) and done.returncode == 1
    assert "no token for Grafana" in done.stderr and "Traceback" not in done.stderr


def test_answers_without_a_body_are_answers(grafana: FakeGrafana) -> None:
    api = Grafana(grafana.url, TOKEN)
    assert api.send("GET", "/folders/none") is None
    assert api.send("DELETE", "/v1/provisioning/alert-rules/none") is None
    with pytest.raises(GrafanaError, match="DELETE /nothing: Grafana says 404"):
        api.send("DELETE", "/nothing")
    grafana.login_page = True
    with pytest.raises(GrafanaError, match="no API of Grafana; .* past any login page"):
        api.send("GET", "/folders/none")


def test_what_grafana_refuses_is_told_in_its_words(grafana: FakeGrafana) -> None:
    push(grafana)
    api, some = Grafana(grafana.url, TOKEN), next(iter(grafana.rules))
    grafana.rules[some]["provenance"] = "file"
    with pytest.raises(GrafanaError, match="says 409 cannot delete with .*needs 'file'; .*docs/grafana.md"):
        api.send("DELETE", f"/v1/provisioning/alert-rules/{some}")
    grafana.rules[some]["provenance"] = "api"
    grafana.sources["other"] = {"uid": "other", "name": "windvane", "type": "postgres"}
    del grafana.sources[SOURCE]
    done = run(grafana)
    assert isinstance(done.exception, GrafanaError) and "data source with the same name" in str(done.exception)


def test_grafana_may_be_below_a_path() -> None:
    fake = FakeGrafana("/monitoring/grafana")
    try:
        assert Grafana(fake.url + "/", TOKEN).send("GET", "/v1/provisioning/alert-rules") == []
        with pytest.raises(GrafanaError, match="404"):
            Grafana(fake.url.removesuffix("/monitoring/grafana"), TOKEN).send("POST", "/folders", {})
    finally:
        fake.close()
