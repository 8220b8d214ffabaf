"""The examples run as they stand."""

from __future__ import annotations

import doctest
import importlib.util
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.running import Up, until, windvane

EXAMPLES = Path(__file__).parents[2] / "examples"


def test_an_app_with_the_sdk(up: Up) -> None:
    env = {**os.environ, "WINDVANE_ENDPOINT": up.url}
    told = subprocess.run(
        [sys.executable, EXAMPLES / "chat_app.py"], env=env, capture_output=True, text=True, timeout=60, check=True
    ).stdout
    assert "all delivered: True" in told
    timed = "count(gen_ai_client_operation_duration) AS timed"
    count = f"SELECT count() AS n, {timed} FROM calls WHERE service_name = 'chat-app'"
    until(lambda: up.query(count) == [{"n": 40, "timed": 40}], "its calls are stored")


def test_plain_json_by_curl(up: Up) -> None:
    if shutil.which("curl") is None:
        pytest.skip("there is no curl on PATH")
    script = [EXAMPLES / "plain_json.sh"]
    env = {**os.environ, "WINDVANE_ENDPOINT": up.url}
    told = subprocess.run(script, env=env, capture_output=True, text=True, timeout=60, check=True).stdout
    assert [json.loads(line)["accepted"] for line in told.splitlines()] == [1, 2, 2]
    until(lambda: up.query("SELECT count() AS n FROM calls WHERE service_name = 'shell'")[0]["n"] == 3, "stored once")


def test_a_detector_of_one_s_own_by_entry_point(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = EXAMPLES / "own_detector"
    # As pip would install it.
    installed = tmp_path / "error_burst-0.1.0.dist-info"
    installed.mkdir()
    (installed / "METADATA").write_text("Metadata-Version: 2.1\nName: error-burst\nVersion: 0.1.0\n")
    (installed / "entry_points.txt").write_text("[windvane.detectors]\nerror_burst = error_burst:ErrorBurst\n")
    assert 'error_burst = "error_burst:ErrorBurst"' in (folder / "pyproject.toml").read_text()
    shutil.copy(folder / "error_burst.py", tmp_path)
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(tmp_path), os.environ.get("PYTHONPATH", "")]))
    monkeypatch.setenv("WINDVANE_DETECTORS", "error_burst")
    calls = tmp_path / "calls.jsonl"
    lines = ({"error": "500"} if 100 <= n < 130 else {"response": "hi"} for n in range(300))
    calls.write_text("\n".join(map(json.dumps, lines)))
    windvane("score", calls, "-o", os.devnull, "--signals", tmp_path / "changes")
    changes = [json.loads(line) for line in (tmp_path / "changes").read_text().splitlines()]
    assert [(change["state"], change["event_id"]) for change in changes] == [("fired", "105"), ("recovered", "183")]


def test_a_signal_of_one_s_own_is_one_function(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = EXAMPLES / "own_signal"
    installed = tmp_path / "first_person-0.1.0.dist-info"
    installed.mkdir()
    (installed / "METADATA").write_text("Metadata-Version: 2.1\nName: first-person\nVersion: 0.1.0\n")
    (installed / "entry_points.txt").write_text("[windvane.signals]\nfirst_person = first_person:first_person\n")
    assert 'first_person = "first_person:first_person"' in (folder / "pyproject.toml").read_text()
    shutil.copy(folder / "first_person.py", tmp_path)
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(tmp_path), os.environ.get("PYTHONPATH", "")]))
    calls = tmp_path / "calls.jsonl"
    calls.write_text('{"response": "I said my name"}\n{"prompt": "no answer"}\n')
    windvane("score", calls, "-o", tmp_path / "scored")
    scored = [json.loads(line) for line in (tmp_path / "scored").read_text().splitlines()]
    assert [line["first_person"] for line in scored] == [0.5, None]


@pytest.mark.parametrize("example", ["own_detector/error_burst.py", "own_signal/first_person.py"])
def test_its_docstring_tells_the_truth(example: str) -> None:
    spec = importlib.util.spec_from_file_location(Path(example).stem, EXAMPLES / example)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    assert doctest.testmod(module).attempted > 0
    assert doctest.testmod(module).failed == 0
