"""`windvane replay`: a file into any endpoint; stopped and resumed at any point, each event is stored once."""

from __future__ import annotations

import json
import signal
import subprocess
import time
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from tests.cli.conftest import MakeCalls
from tests.running import WINDVANE, Up, stored, until, windvane
from tests.servers.process import free_port

Outcome = dict[str, Any]


def replay(path: Path, endpoint: str, *more: object) -> Outcome:
    outcome: Outcome = json.loads(windvane("replay", path, "--to", endpoint, "--json", *more).stdout)
    return outcome


def start(path: Path, endpoint: str, *more: str) -> subprocess.Popen[str]:
    command = [*WINDVANE, "replay", str(path), "--to", endpoint, *more]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def until_stored(up: Up, source: str, count: int) -> None:
    until(lambda: stored(up.query, source) >= count, f"{count} events are stored")


def test_every_event_of_the_file_is_stored_once_and_a_second_run_sends_nothing(up: Up, make_calls: MakeCalls) -> None:
    path = make_calls("once", 5000)
    first, second = replay(path, up.url), replay(path, up.url)
    assert (first["sent"], first["skipped"], second["sent"], second["skipped"]) == (5000, 0, 0, 5000)
    until_stored(up, first["source"], 5000)
    ledger = f"FROM ledger WHERE source = '{first['source']}'"
    until(lambda: up.query(f"SELECT writing {ledger}") == [{"writing": 0}], "no block is half written")
    assert up.query(f"SELECT balanced, stored {ledger}") == [{"balanced": 1, "stored": 5000}]


def test_a_limit_sends_the_first_lines_and_without_it_the_rest_follows(up: Up, make_calls: MakeCalls) -> None:
    path = make_calls("limited", 3000)
    sent = [replay(path, up.url, *limit)["sent"] for limit in (("--limit", 1100), ("--limit", 900), (), ())]
    assert sent == [1100, 0, 1900, 0]
    source = replay(path, up.url)["source"]
    until_stored(up, source, 3000)
    assert up.query(f"SELECT uniqExact(id) AS n FROM events WHERE source = '{source}'") == [{"n": 3000}]


def test_again_sends_what_was_sent_before_as_new_events(up: Up, make_calls: MakeCalls) -> None:
    path = make_calls("again", 300)
    sources = [replay(path, up.url, *again)["source"] for again in ((), ("--again",), ("--again",))]
    assert len(set(sources)) == 3
    for source in sources:
        until_stored(up, source, 300)


def test_killed_at_any_point_the_same_command_goes_on_and_each_event_is_stored_once(
    up: Up, make_calls: MakeCalls
) -> None:
    path = make_calls("killed", 400)
    source = replay(path, f"file://{path}.out")["source"]
    for pace in ("30", "70", "150"):  # the file's 400 s in some seconds: parts of another size each time
        running = start(path, up.url, "--speed", pace)
        until_stored(up, source, stored(up.query, source) + 1)
        running.kill()
        running.wait()
    rest = replay(path, up.url)
    assert 0 < rest["sent"] < 400 and rest["sent"] + rest["skipped"] == 400
    until_stored(up, source, 400)
    facts = up.query(f"SELECT count() AS n, uniqExact(id) AS ids FROM events WHERE source = '{source}'")
    assert facts == [{"n": 400, "ids": 400}]
    assert up.query(f"SELECT balanced FROM ledger WHERE source = '{source}'") == [{"balanced": 1}]


def test_speed_keeps_the_events_own_pace(up: Up, make_calls: MakeCalls) -> None:
    path = make_calls("paced", 61)
    began = time.monotonic()
    assert replay(path, up.url, "--speed", 20)["sent"] == 61
    assert 3.0 <= time.monotonic() - began < 30


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_stopped_by_a_signal_it_says_where_it_goes_on(up: Up, make_calls: MakeCalls, number: signal.Signals) -> None:
    path = make_calls(f"stopped{number}", 1000)
    running = start(path, up.url, "--speed", "50")
    until(
        lambda: up.query(f"SELECT count() AS n FROM calls WHERE service_name LIKE 'stopped{number}%'")[0]["n"] > 0,
        "sent",
    )
    running.send_signal(number)
    _, told = running.communicate(timeout=30)
    assert running.returncode == 128 + number
    assert told.startswith("windvane: stopped; ") and "the same command goes on" in told and told.count("\n") == 1


def test_an_endpoint_that_is_down_is_waited_for(make_calls: MakeCalls, tmp_path: Path) -> None:
    port = free_port()
    running = start(make_calls("patient", 10), f"http://127.0.0.1:{port}")
    assert running.stderr is not None
    told = running.stderr.readline()
    assert f"http://127.0.0.1:{port} does not answer" in told and "trying again for 60 s" in told

    class Taking(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: object) -> None: ...

    with HTTPServer(("127.0.0.1", port), Taking) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        assert "10 events sent" in running.communicate(timeout=60)[0] and running.returncode == 0
        server.shutdown()


def test_refused_lines_are_told_and_if_all_are_the_exit_code_says_so(tmp_path: Path) -> None:
    path = tmp_path / "bad.jsonl"
    path.write_text('{"latency": 1}\n{"n": "many"}\n[]\n')
    done = windvane("replay", path, "--to", f"file://{tmp_path}/out", "--map", "n=input_tokens")
    assert "refused: line 2: wrong_type: input_tokens is 'many'" in done.stderr
    assert "1 events sent" in done.stdout and "2 lines refused" in done.stdout
    path.write_text("[]\n")
    assert windvane("replay", path, "--to", f"file://{tmp_path}/out", check=False).returncode == 1


def test_a_token_in_the_endpoint_is_not_printed(up: Up, make_calls: MakeCalls) -> None:
    endpoint = up.url.replace("http://", "http://sesame@")
    done = windvane("replay", make_calls("secret", 5), "--to", endpoint)
    assert "5 events sent" in done.stdout and "sesame" not in done.stdout + done.stderr
