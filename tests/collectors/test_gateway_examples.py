"""The examples in other languages do what they say: run as they stand, with nothing installed for them."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from tests.collectors.gateways import gateway, rows
from tests.servers.process import free_port
from windvane.collectors.gateway.keys import make_key
from windvane.collectors.log.sqlite import SqliteLog

FOLDER = Path(__file__).parents[2] / "examples" / "other_languages"
COMMANDS = {"curl": ["sh", "curl.sh"], "node": ["node", "node.mjs"], "go": ["go", "run", "main.go"]}
TOOLS = {"curl": "curl", "node": "node", "go": "go"}


@pytest.fixture
def log(tmp_path: Path) -> Iterator[SqliteLog]:
    with closing(SqliteLog(tmp_path / "log.sqlite", topic="t")) as opened:
        yield opened


def run(language: str, url: str, **more: str) -> subprocess.CompletedProcess[str]:
    if not shutil.which(TOOLS[language]):
        pytest.skip(f"{TOOLS[language]} is not installed")
    env = {**os.environ, "WINDVANE_ENDPOINT": url, **more}
    return subprocess.run(COMMANDS[language], cwd=FOLDER, env=env, capture_output=True, text=True, timeout=150)


@pytest.mark.parametrize("language", COMMANDS)
def test_what_an_example_tells_is_in_the_log(log: SqliteLog, tmp_path: Path, language: str) -> None:
    secret = make_key(tmp_path / "keys.toml", language)
    with gateway(log, keys=tmp_path / "keys.toml") as port:
        done = run(language, f"http://127.0.0.1:{port}", WINDVANE_KEY=secret)
    assert done.returncode == 0, done.stdout + done.stderr
    found = rows(log)
    assert {row["service_name"] for row in found} == {language}
    sound, failed = [row for row in found if "error_type" not in row], [row for row in found if "error_type" in row]
    assert len(sound) == 2 and len(failed) == (0 if language == "curl" else 2)
    for row in sound:
        assert (row["gen_ai_usage_input_tokens"], row["gen_ai_usage_output_tokens"]) == (12, 4)
        assert "In Lisbon." in row["gen_ai_output_messages"] and row["gen_ai_client_operation_duration"] > 0.04
    assert {row["error_message"] for row in failed} <= {"slow down"}


@pytest.mark.parametrize("language", ["node", "go"])
def test_an_example_ends_by_itself_where_nobody_answers(language: str) -> None:
    done = run(language, f"http://127.0.0.1:{free_port()}")
    assert done.returncode == 0 and done.stdout.count("the app sees: slow down") == 2
