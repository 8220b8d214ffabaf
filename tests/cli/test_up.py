"""`windvane up`: one process at a time in a directory, ends cleanly at any moment, answers its own user only."""

from __future__ import annotations

import http.client
import json
import signal
import subprocess
import time
from pathlib import Path

import pytest

from tests.running import WINDVANE, Up, until, windvane


def ask(up: Up, method: str, path: str, body: str = "", **headers: str) -> tuple[int, str]:
    connection = http.client.HTTPConnection("127.0.0.1", up.port, timeout=30)
    connection.request(method, path, body.encode(), headers)
    answer = connection.getresponse()
    told = answer.read().decode()
    connection.close()
    return answer.status, told


def test_a_second_one_in_the_same_directory_names_the_first(up: Up) -> None:
    for command in ("up", "demo"):
        done = windvane(command, "--dir", up.directory, "--port", 0, check=False)
        assert done.returncode == 1 and f"is open in process {up.child.process.pid}. Stop it" in done.stderr
        assert done.stderr.count("\n") == 1


def test_a_second_one_on_the_same_port_names_the_port(up: Up, tmp_path: Path) -> None:
    done = windvane("up", "--dir", tmp_path / "other", "--port", up.port, check=False)
    assert done.returncode == 1 and f"port {up.port} of 127.0.0.1 cannot be used: Address already in use" in done.stderr


def test_sql_and_ledger_are_asked_through_the_running_process(up: Up) -> None:
    assert ask(up, "POST", "/v1/events", '{"service": "asked", "model": "m", "response": "hi"}')[0] == 200
    count = "SELECT count() AS n FROM calls WHERE service_name = 'asked'"
    until(lambda: up.query(count) == [{"n": 1}], "the event is stored")
    assert json.loads(windvane("ledger", "--dir", up.directory, "--json").stdout)["balanced"] is True
    assert "balanced" in windvane("ledger", "--dir", up.directory).stdout
    assert windvane("sql", count, "--dir", up.directory, "--format", "csv").stdout == '"n"\n1\n'
    empty = windvane("sql", "SELECT 1 WHERE 0", "--dir", up.directory)
    assert (empty.stdout, empty.stderr) == ("", "no rows\n")


@pytest.mark.parametrize(
    "query", ["SELECT nope", "DROP TABLE events", "SELECT 1; SELECT 2", "INSERT INTO events VALUES ()"]
)
def test_a_query_that_is_wrong_or_writes_is_refused_in_one_line(up: Up, query: str) -> None:
    done = windvane("sql", query, "--dir", up.directory, check=False)
    assert done.returncode == 1 and done.stderr.startswith("windvane: the store refused: ")
    assert done.stderr.count("\n") == 1


def test_sql_over_http_needs_the_token_that_only_this_user_can_read(up: Up) -> None:
    file = up.directory / "up.json"
    assert file.stat().st_mode & 0o077 == 0
    assert ask(up, "POST", "/v1/sql", "SELECT 1")[0] == 401
    assert ask(up, "POST", "/v1/sql", "SELECT 1", Authorization="Bearer guess")[0] == 401
    token = json.loads(file.read_bytes())["token"]
    assert ask(up, "POST", "/v1/sql", "SELECT 1 AS x", Authorization=f"Bearer {token}") == (200, '{"x":1}\n')


@pytest.mark.parametrize("headers", [
    {"Host": "evil.example"}, {"Host": "evil.example:7070"}, {"Host": "127.0.0.1.evil.example"}, {"Host": "//["},
    {"Origin": "https://evil.example"}, {"Origin": "null"}, {"Origin": "http://localhost.evil.example"},
])  # fmt: skip
def test_what_a_page_of_another_site_makes_a_browser_ask_is_refused(up: Up, headers: dict[str, str]) -> None:
    for method, path in (("GET", "/"), ("GET", "/v1/health.json"), ("POST", "/v1/events"), ("POST", "/v1/sql")):
        assert ask(up, method, path, '{"service": "evil"}', **headers)[0] == 403


@pytest.mark.parametrize(
    "headers", [{}, {"Host": "localhost"}, {"Host": "[::1]:7070"}, {"Origin": "http://localhost:3000"}]
)
def test_what_this_machine_asks_is_answered(up: Up, headers: dict[str, str]) -> None:
    assert ask(up, "POST", "/v1/events", '{"service": "local", "response": "hi"}', **headers)[0] == 200


@pytest.mark.parametrize(
    ("after_s", "number"),
    [(0.3, signal.SIGTERM), (0.6, signal.SIGINT), (1.0, signal.SIGTERM), (2.5, signal.SIGINT), (3.0, signal.SIGTERM)],
)
def test_a_signal_at_any_moment_ends_it_in_order(tmp_path: Path, after_s: float, number: signal.Signals) -> None:
    command = [*WINDVANE, "up", "--dir", str(tmp_path / "data"), "--port", "0"]
    running = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    time.sleep(after_s)
    running.send_signal(number)
    told = running.communicate(timeout=60)[0]
    assert "Traceback" not in told and "Error" not in told
    assert running.returncode in (0, 128 + number, -number), told
    assert not (tmp_path / "data" / "up.json").exists()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_what_it_had_accepted_is_stored_once_at_the_latest_when_it_is_up_again(
    tmp_path: Path, number: signal.Signals
) -> None:
    up = Up(tmp_path / "data", WINDVANE_FLUSH_S="3600")
    for place in range(5):
        assert ask(up, "POST", "/v1/events", f'{{"service": "last", "id": "e{place}", "response": "hi"}}')[0] == 200
    until(lambda: json.loads(ask(up, "GET", "/health")[1])["records_behind"] == 5, "they wait for their block")
    up.child.process.send_signal(number)
    up.child.process.wait(30)
    up.env.clear()
    up.start()
    until(lambda: up.query("SELECT count() AS n FROM calls WHERE service_name = 'last'") == [{"n": 5}], "all is stored")
    assert up.child.terminate() == 0
    assert up.child.log.read_text().endswith("windvane has stopped; nothing is lost\n")
