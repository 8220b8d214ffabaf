"""`windvane doctor`: looks at what the pipeline stands on; what does not hold comes with its remedy."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.running import Up, windvane
from tests.servers.process import free_port


def findings(*arguments: object, code: int) -> dict[str, dict[str, Any]]:
    done = windvane("doctor", "--json", *arguments, check=False)
    assert done.returncode == code, done.stdout + done.stderr
    told = json.loads(done.stdout)
    assert told["well"] is (code == 0)
    return {finding["what"].split()[0]: finding for finding in told["findings"]}


def test_a_machine_without_anything_yet_is_well(tmp_path: Path) -> None:
    told = findings("--local", "--dir", tmp_path / "none", code=0)
    assert {"python", "msgspec", "crc32c", "disk", "spool", "store"} <= set(told)
    assert told["store"]["state"] == "passed over" and "windvane up makes it" in told["store"]["fact"]


def test_a_store_that_up_has_open_is_well_and_one_by_itself_is_looked_into(up: Up, tmp_path: Path) -> None:
    assert (
        f"open in process {up.child.process.pid}" in findings("--local", "--dir", up.directory, code=0)["store"]["fact"]
    )
    windvane("migrate", "--dir", tmp_path)
    told = findings("--local", "--dir", tmp_path, code=0)
    assert "ClickHouse" in told["store"]["fact"] and told["schema"]["state"] == told["clock"]["state"] == "well"


def test_a_schema_that_is_behind_is_ill(tmp_path: Path) -> None:
    windvane("migrate", "--dir", tmp_path, "--to", 1)
    told = findings("--local", "--dir", tmp_path, code=1)
    assert (told["schema"]["state"], told["schema"]["remedy"]) == ("ill", "windvane migrate")


@pytest.mark.parametrize(("what", "option", "remedy"), [
    ("store", "--store", "start it, or give its URL: --store or WINDVANE_STORE"),
    ("Kafka", "--bootstrap", "start the broker, then: windvane topics create. Without Kafka: windvane doctor --local"),
])  # fmt: skip
def test_what_does_not_answer_is_ill_and_the_remedy_says_what_to_do(
    tmp_path: Path, what: str, option: str, remedy: str
) -> None:
    nowhere = f"127.0.0.1:{free_port()}"
    if what == "store":
        told = findings("--local", "--dir", tmp_path, option, f"http://{nowhere}", code=1)
    else:
        told = findings("--dir", tmp_path, option, nowhere, code=1)
    assert (told[what]["state"], told[what]["remedy"]) == ("ill", remedy)


def test_a_directory_that_cannot_be_written_is_ill() -> None:
    told = findings("--local", "--dir", "/proc/nowhere", code=1)
    assert told["directory"]["fact"] == "/proc is not writable"


def test_people_read_a_mark_a_fact_and_a_remedy(tmp_path: Path) -> None:
    told = windvane("doctor", "--local", "--dir", tmp_path).stdout
    assert "ok   python: 3." in told and f"--   store chdb://{tmp_path}/store: there is none yet" in told
