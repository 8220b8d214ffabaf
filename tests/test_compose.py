"""The cluster by Docker Compose: what the file promises, as far as it can be read without Docker."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from fnmatch import fnmatch
from pathlib import Path
from typing import Any, Final

import pytest
import yaml

from tests.servers.clickhouse import ClickHouseServer
from windvane.settings import SETTINGS
from windvane.storage.migrations import latest, migrate
from windvane.storage.store import ClickHouseStore

ROOT: Final = Path(__file__).parents[1]
COMPOSE: Final[dict[str, Any]] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
SERVICES: Final[dict[str, dict[str, Any]]] = COMPOSE["services"]
DOCKERFILE: Final = (ROOT / "Dockerfile").read_text()
OURS: Final = {name: service for name, service in SERVICES.items() if "build" in service}
ONE_SHOT: Final = {name for name, service in SERVICES.items() if service["restart"] == "no"}
EXAMPLE: Final = dict(line.split("=", 1) for line in (ROOT / ".env.example").read_text().splitlines() if "=" in line)
each_service: Final = pytest.mark.parametrize("name", SERVICES)


def texts(value: Any) -> Iterator[str]:
    if isinstance(value, dict | list):
        for item in value.values() if isinstance(value, dict) else value:
            yield from texts(item)
    else:
        yield str(value)


def test_the_file_follows_the_compose_specification() -> None:
    command = [
        sys.executable,
        "-m",
        "check_jsonschema",
        "--builtin-schema",
        "vendor.compose-spec",
        "docker-compose.yml",
    ]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_cluster_is_whole() -> None:
    assert set(OURS) == {"setup", "worker", "gateway", "alerts", "grafana-files"}
    assert set(SERVICES) == {"kafka", "clickhouse", "grafana", *OURS} and {"setup", "grafana-files"} == ONE_SHOT


@each_service
def test_nothing_listens_beyond_loopback(name: str) -> None:
    service = SERVICES[name]
    assert all(re.fullmatch(r"127\.0\.0\.1:\d+:\d+", port) for port in service.get("ports", []))
    assert not service.keys() & {"network_mode", "privileged", "pid", "ipc"}


@each_service
def test_each_service_says_whether_it_is_well_or_runs_once(name: str) -> None:
    assert (name in ONE_SHOT) != ("healthcheck" in SERVICES[name])
    for needed, how in SERVICES[name].get("depends_on", {}).items():
        assert how["condition"] == ("service_completed_successfully" if needed in ONE_SHOT else "service_healthy")


def test_all_that_needs_the_schema_waits_for_it() -> None:
    assert {name for name, service in SERVICES.items() if "setup" in service.get("depends_on", {})} == {
        *OURS.keys() - ONE_SHOT,
        "grafana",
    }


def test_every_image_is_pinned_by_version() -> None:
    images = [service["image"] for service in SERVICES.values()] + re.findall(r"^FROM (\S+)", DOCKERFILE, re.MULTILINE)
    assert [image for image in images if not re.fullmatch(r"[\w./-]+:\d+\.\d+[\w.-]*", image)] == []
    plugins = SERVICES["grafana"]["environment"]["GF_PLUGINS_PREINSTALL_SYNC"]
    assert re.fullmatch(r"[\w-]+@\d+\.\d+\.\d+", plugins)


def test_there_is_no_password_but_the_users_own() -> None:
    asked = {name for text in texts(COMPOSE) for name in re.findall(r"\$\{(\w+)", text)}
    assert {"${" + name + ":?copy .env.example to .env and set it}" for name in asked} == {
        found for text in texts(COMPOSE) for found in re.findall(r"\$\{[^}]*\}", text)
    }
    assert dict.fromkeys(asked, "") == EXAMPLE
    for service in SERVICES.values():
        for variable, value in service.get("environment", {}).items():
            if re.search("PASSWORD|SECRET|TOKEN", variable):
                assert str(value).startswith("${")
            if user := re.search(r"//(.*)@", str(value)):
                assert re.fullmatch(r"\w+:\$\{\w+:\?[^}]*\}", user[1])


def test_each_connects_with_the_rights_it_needs_and_no_more() -> None:
    def user(name: str) -> str:
        return str(SERVICES[name].get("environment", {}).get("WINDVANE_STORE", "")).partition("//")[2].partition(":")[0]

    assert {name: user(name) for name in OURS} == {
        "setup": "windvane_admin",
        "worker": "windvane_writer",
        "gateway": "",
        "alerts": "windvane_writer",
        "grafana-files": "",
    }
    admins = [name for name, service in SERVICES.items() if "CLICKHOUSE_ADMIN" in str(service)]
    assert admins == ["clickhouse", "setup"]


def test_grafana_finds_what_is_written_for_it_and_the_password_that_it_names(tmp_path: Path) -> None:
    writer, grafana = SERVICES["grafana-files"], SERVICES["grafana"]
    command = ["grafana", "write", str(tmp_path), *writer["command"][3:]]
    subprocess.run([sys.executable, "-m", "windvane", *command], check=True, capture_output=True, timeout=60)
    folder = writer["command"][2]
    assert writer["volumes"] == [f"grafana-files:{folder}"] and f"--owner 10001 {folder}\n" in DOCKERFILE
    assert "grafana-files:/etc/grafana/provisioning:ro" in grafana["volumes"]
    (source,) = yaml.safe_load((tmp_path / "datasources" / "windvane.yaml").read_text())["datasources"]
    assert (source["jsonData"]["username"], source["jsonData"]["host"]) == ("windvane_reader", "clickhouse")
    assert source["secureJsonData"]["password"].removeprefix("$") in grafana["environment"]
    (provider,) = yaml.safe_load((tmp_path / "dashboards" / "windvane.yaml").read_text())["providers"]
    below = Path(provider["options"]["path"]).relative_to("/etc/grafana/provisioning")
    assert list((tmp_path / below).glob("*.json")) and list((tmp_path / "alerting").iterdir())


def test_our_containers_have_no_rights_on_their_machine() -> None:
    for service in OURS.values():
        assert service["read_only"] and service["cap_drop"] == ["ALL"]
        assert service["security_opt"] == ["no-new-privileges:true"]
    assert re.findall(r"^USER (\S+)", DOCKERFILE, re.MULTILINE)[-1] not in ("0", "root")


def test_every_variable_of_ours_is_a_setting() -> None:
    known = {setting.env for setting in SETTINGS.values()}
    named = set(re.findall(r"WINDVANE_\w+", (ROOT / "docker-compose.yml").read_text() + DOCKERFILE))
    assert named and named <= known and {name for name in EXAMPLE if name.startswith("WINDVANE_")} <= known


def test_all_data_is_in_named_volumes() -> None:
    used = {volume.split(":")[0] for service in SERVICES.values() for volume in service.get("volumes", [])}
    assert used == set(COMPOSE["volumes"])


@pytest.mark.parametrize("name", OURS)
def test_what_our_containers_run_is_a_command_of_windvane(name: str) -> None:
    service = SERVICES[name]
    words = shlex.split(service["command"][0]) if "entrypoint" in service else ["windvane", *service["command"]]
    commands = " ".join(words).split(" && ")
    assert commands
    for command in commands:
        program, *arguments = command.split()
        assert program == "windvane"
        done = subprocess.run([sys.executable, "-m", program, *arguments, "--help"], capture_output=True, timeout=60)
        assert done.returncode == 0, done.stderr


def test_the_workers_health_is_that_it_can_ask_the_store(clickhouse: ClickHouseServer) -> None:
    _, program, *arguments = SERVICES["worker"]["healthcheck"]["test"]
    assert program == "windvane"
    command = [sys.executable, "-m", program, *arguments]
    store = ClickHouseStore(clickhouse.url)
    for _ in migrate(store.connections, latest()):
        pass
    store.close()
    for url, code in ((clickhouse.url, 0), ("http://127.0.0.1:1", 1)):
        env = {**os.environ, "WINDVANE_STORE": url}
        assert subprocess.run(command, env=env, capture_output=True, timeout=60).returncode == code


def test_the_image_is_built_from_what_docker_is_given() -> None:
    lines = (ROOT / ".dockerignore").read_text().splitlines()
    given = [line.removeprefix("!") for line in lines if line.startswith("!")]
    copied = [
        word for line in re.findall(r"^COPY (?!--from)(.*) \S+$", DOCKERFILE, re.MULTILINE) for word in line.split()
    ]
    assert "*" in lines and sorted(given) == sorted(copied)
    assert all((ROOT / name).exists() for name in given)
    assert not any(fnmatch(name, pattern) for name in (".env", ".git") for pattern in given)
