"""docs/reference is what the code says, and what it shows to be typed works as it stands."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

from tests.running import Up, until
from windvane.collectors.envelope import unpack
from windvane.collectors.event import COLUMNS
from windvane.errors import Reason
from windvane.settings import SETTINGS
from windvane.stream.registry import SIGNALS

ROOT: Final = Path(__file__).parents[2]
REFERENCE: Final = ROOT / "docs" / "reference"


def page(name: str) -> str:
    return (REFERENCE / f"{name}.md").read_text()


def examples(name: str, language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", page(name), re.MULTILINE | re.DOTALL)


def generate(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(folder / "generate.py"), *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=120)


def test_no_page_is_stale() -> None:
    done = generate(ROOT / "docs", "--check")
    assert done.returncode == 0, done.stdout + done.stderr


def test_a_stale_page_is_named_and_written_anew(tmp_path: Path) -> None:
    copied = shutil.copytree(ROOT / "docs", tmp_path / "docs", ignore=shutil.ignore_patterns("__pycache__"))
    (copied / "reference" / "settings.md").unlink()
    with (copied / "reference" / "events.md").open("a") as file:
        file.write("more\n")
    stale = generate(copied, "--check")
    assert stale.returncode == 1
    assert re.findall(r"^docs/reference/(\w+)\.md is stale", stale.stdout, re.MULTILINE) == ["events", "settings"]
    assert generate(copied).returncode == 0
    for name in ("events", "redaction", "settings", "signals", "views"):
        assert (copied / "reference" / f"{name}.md").read_text() == page(name)


def test_every_name_setting_signal_and_reason_is_described() -> None:
    names = [name for column in COLUMNS for name in (column.name, column.attribute, *column.aliases)]
    assert [name for name in (*names, *Reason) if f"`{name}`" not in page("events")] == []
    assert [row.env for row in SETTINGS.values() if f"`{row.env}`" not in page("settings")] == []
    assert [name for signals in SIGNALS.values() for name in signals if f"### {name}\n" not in page("signals")] == []


@pytest.fixture(scope="module")
def up(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Up]:
    running = Up(tmp_path_factory.mktemp("reference") / "up")
    yield running
    running.child.terminate()


def test_the_examples_with_curl_are_accepted_and_stored(up: Up) -> None:
    if not shutil.which("curl"):
        pytest.skip("curl is not installed")
    (script,) = [example for example in examples("events", "sh") if "curl" in example]
    script = script.replace(":7070/", f":{up.port}/")
    done = subprocess.run(["sh", "-ec", script], capture_output=True, text=True, timeout=60)
    assert re.findall(r'"accepted": (\d+)', done.stdout) == ["1", "2", "2"], done.stdout + done.stderr
    assert "error" not in done.stdout and done.stdout.count('"refused": []') == 3
    count = "SELECT count() AS stored, uniqExact(service_name, gen_ai_request_model) AS series FROM calls"
    until(lambda: up.query(count) == [{"stored": 5, "series": 1}], "the examples are stored")


def test_the_examples_with_kcat_are_events() -> None:
    (script,) = [example for example in examples("events", "sh") if "kcat" in example]
    records = re.findall(r"^echo '(.*)' \|$", script, re.MULTILINE)
    assert [(len(opened.rows), opened.refused) for opened in map(unpack, map(str.encode, records))] == [
        (1, []),
        (2, []),
    ]


@pytest.mark.parametrize("name", ["views", "signals"])
def test_every_sample_query_runs(up: Up, name: str) -> None:
    queries = examples(name, "sql")
    assert len(queries) == len(re.findall("^## ", page(name), re.MULTILINE))
    for query in queries:
        up.query(query)
