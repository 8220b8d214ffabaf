"""An error is one line on stderr that names the fact and the remedy; never a traceback, never exit code 0."""

from __future__ import annotations

import gzip
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request
from pathlib import Path

import pytest

from tests.running import WINDVANE, until, windvane
from tests.servers.process import free_port

LINES = '{"model": "a"}\n{"model": "b"}\n'


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    Path("calls.jsonl").write_text(LINES)
    Path("calls").write_text(LINES)
    Path("folder.jsonl").mkdir()
    Path("binary.csv").write_bytes(bytes(range(256)) * 20)
    Path("cut.jsonl.gz").write_bytes(gzip.compress(LINES.encode() * 50)[:40])
    Path("plain.jsonl.gz").write_text(LINES)
    return tmp_path


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ("score missing.csv", "missing.csv: No such file or directory"),
        ("score folder.jsonl", "folder.jsonl: Is a directory"),
        ("score binary.csv", "binary.csv: holds zero bytes: it is no text in UTF-8. Convert it"),
        ("score cut.jsonl.gz", "cut.jsonl.gz: the gzip file is damaged or cut off"),
        ("score plain.jsonl.gz", "plain.jsonl.gz: Not a gzipped file"),
        ("score calls", "calls: of no known kind. Name it .csv"),
        ("score calls.jsonl --map model", "--map model: write it as COLUMN=FIELD"),
        ("score calls.jsonl --set model", "--set model: write it as FIELD=VALUE"),
        ("score calls.jsonl --map model=modle", "an event has no field 'modle'. See docs"),
        ("score calls.jsonl --map modle=model", "no line has a column 'modle'. The columns are: model"),
        ("score calls.jsonl --map model=prompt --set gen_ai.prompt=x", "--map model=prompt fills that field already"),
        ("score calls.jsonl --detector nope", "there is no detector 'nope'. Known: "),
        ("score calls.jsonl -o no/where", "no/where: No such file or directory"),
        ("score calls.jsonl -o calls.jsonl", "calls.jsonl is an input or the other output, too"),
        ("score calls.jsonl -o new --signals new", "new is an input or the other output, too"),
        ("score calls.jsonl -o /dev/full", "/dev/full: No space left on device"),
        ("replay calls.jsonl --to nowhere", "'nowhere' is no endpoint: use kafka://"),
        ("replay missing.jsonl --to file:///dev/null", "missing.jsonl: No such file or directory"),
        ("replay - --to file:///dev/null", "save stdin to a file first"),
        ("sql SELECT", "there is no store at"),
        ("sql SELECT --store ftp://x", "is no store: use chdb:///path or http"),
        ("sql ;", "the query is empty. Try: "),
        ("ledger", "Run `windvane up` or `windvane demo` first"),
        (
            "up --dir /proc/nowhere --port 0",
            "/proc/nowhere cannot be used: No such file or directory. Give another: --dir",
        ),
        ("up --host 192.0.2.1 --port 0", "port 0 of 192.0.2.1 cannot be used"),
    ],
)
def test_what_is_wrong_is_said_in_one_line(folder: Path, arguments: str, told: str) -> None:
    done = windvane(*arguments.split(), check=False)
    assert done.returncode == 1 and done.stdout == ""
    assert done.stderr.startswith("windvane: ") and done.stderr.count("\n") == 1 and told in done.stderr, done.stderr


@pytest.mark.parametrize("text", ["many", "0"])
def test_a_setting_that_cannot_be_read_is_named(folder: Path, monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.setenv("WINDVANE_BLOCK_ROWS", text)
    done = windvane("score", "calls.jsonl", check=False)
    assert done.returncode == 1 and f"WINDVANE_BLOCK_ROWS is '{text}'" in done.stderr and done.stderr.count("\n") == 1


def test_a_taken_port_is_said_before_anything_is_made(folder: Path) -> None:
    with socket.create_server(("127.0.0.1", free_port())) as taken:
        done = windvane("up", "--dir", "fresh", "--port", taken.getsockname()[1], check=False)
    assert done.returncode == 1 and "Choose another: --port" in done.stderr and not Path("fresh").exists()


def test_ctrl_c_ends_a_long_query_at_once(folder: Path) -> None:
    windvane("migrate", "--dir", "data")
    endless = "SELECT count() FROM numbers(100000000000000) WHERE NOT ignore(sipHash64(number))"
    asks = subprocess.Popen([*WINDVANE, "sql", endless, "--dir", "data"], stderr=subprocess.PIPE, text=True)
    until(lambda: Path("data/store.lock").read_text() == f"{asks.pid}\n", "it has the store open")
    time.sleep(1)
    asks.send_signal(signal.SIGINT)
    _, told = asks.communicate(timeout=20)
    assert (told, asks.returncode) == ("windvane: stopped\n", 130)


def test_the_gateway_says_in_one_line_that_the_broker_is_away_and_ends_in_order(folder: Path) -> None:
    port = free_port()
    command = [*WINDVANE, "gateway", "--bootstrap", f"127.0.0.1:{free_port()}", "--port", str(port)]
    gateway = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    assert gateway.stderr is not None
    assert gateway.stderr.readline() == f"the gateway listens on http://127.0.0.1:{port}/\n"
    with pytest.raises(urllib.error.HTTPError, match="503"):
        urllib.request.urlopen(f"http://127.0.0.1:{port}/v1/events", b'{"service": "s"}', timeout=60)
    gateway.send_signal(signal.SIGINT)
    told = gateway.communicate(timeout=30)[1].splitlines()
    assert len(told) == 2 and "no broker answers at" in told[0] and "the gateway has stopped" in told[1]
    assert gateway.returncode == 0


def test_a_reader_that_goes_away_ends_it_quietly(folder: Path) -> None:
    Path("many.jsonl").write_text(LINES * 2_000)
    score = subprocess.Popen([*WINDVANE, "score", "many.jsonl"], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert score.stdout is not None and score.stderr is not None
    assert score.stdout.readline().startswith(b'{"model":"a"')
    score.stdout.close()
    assert score.stderr.read() == b""
    assert score.wait(30) == 1
