"""`windvane demo`: a simulated day, labelled as such; its books balance; it tells what went wrong and was noticed."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import Played
from tests.running import WINDVANE, until, windvane
from windvane.cli.simulation import INCIDENTS, simulate
from windvane.collectors.normalize import normalize

START_US = 1_700_000_000_000_000


def sql(directory: Path, query: str) -> list[dict[str, Any]]:
    told = windvane("sql", query, "--dir", directory, "--format", "json").stdout
    return [json.loads(line) for line in told.splitlines()]


def test_it_may_be_run_again_in_the_same_directory_and_every_book_balances(demo_played: Played, tmp_path: Path) -> None:
    directory = Path(shutil.copytree(demo_played.directory, tmp_path / "data", symlinks=True))
    again = windvane("demo", "--dir", directory, "--port", 0, "--hours", 0.5, "--exit").stdout
    assert "the ledger balances" in demo_played.said and "the ledger balances" in again
    said = [re.findall(r"([\d,]+) simulated events were sent", told)[0] for told in (demo_played.said, again)]
    sent = sum(int(number.replace(",", "")) for number in said)
    facts = sql(directory, "SELECT count() AS n, uniqExact(id) AS ids, uniqExact(source) AS runs FROM calls")
    assert facts == [{"n": sent, "ids": sent, "runs": 2}]
    assert sql(directory, "SELECT count() AS n FROM calls WHERE tags['simulated'] != 'true'") == [{"n": 0}]
    assert json.loads(windvane("ledger", "--dir", directory, "--json").stdout)["balanced"] is True


def test_it_tells_each_incident_and_under_it_what_fired_with_units(demo_played: Played) -> None:
    told = demo_played.said
    # An incident's part reaches to the next blank line.
    parts = {incident.name: told.partition(incident.title)[2].partition("\n\n")[0] for incident in INCIDENTS}
    for incident in INCIDENTS:
        for service in incident.services[:1]:
            assert re.search(rf"fired      {service}: .*\[", parts[incident.name]), incident
    assert re.search(r"answers take.*\n.*latency \d\.\d+ s to \d+\.?\d* s|median latency went up from", told)
    assert re.search(r"response model went from gpt-4o-mini to gpt-4o-mini-2024-11-20", parts["model_swap"])
    assert re.search(r"user user-13 of travel-agent has spent \d", parts["runaway_cost"])
    assert re.search(r"anthropic is in trouble: \d+ of \d+ calls failed", parts["provider_outage"])
    assert re.search(r"\n\d+ of the \d+ signals that should fire did within 60 s; nothing fired without", told)
    assert f"windvane sql --dir {demo_played.directory}" in told


@pytest.mark.parametrize(("after", "hours"), [("Playing", "24"), ("Look at", "0.5")])
def test_ctrl_c_ends_it_in_order_at_any_moment(tmp_path: Path, after: str, hours: str) -> None:
    command = [*WINDVANE, "demo", "--dir", str(tmp_path / "data"), "--port", "0", "--hours", hours]
    out = tmp_path / "out"
    with out.open("wb") as file:
        running = subprocess.Popen(
            command, stdout=file, stderr=subprocess.STDOUT, env={**os.environ, "PYTHONUNBUFFERED": "1"}
        )
    until(lambda: after in out.read_text(), f"it says {after!r}")
    running.send_signal(signal.SIGINT)
    assert running.wait(60) == 0 and "Traceback" not in out.read_text()
    assert json.loads(windvane("ledger", "--dir", tmp_path / "data", "--json").stdout)["balanced"] is True


def test_the_same_seed_and_start_give_the_same_events_and_another_seed_others() -> None:
    def day(seed: int) -> list[dict[str, Any]]:
        return list(simulate(seed=seed, hours=1, start_us=START_US))

    assert day(3) == day(3)
    assert day(3) != day(4)


def test_simulated_events_are_sound_in_order_of_time_and_say_what_they_are() -> None:
    events = list(simulate(hours=3, start_us=START_US))
    rows = [normalize(event) for event in events]
    assert len({row[0] for row in rows}) == len(rows) > 7000
    times = [event["time"] for event in events if event["operation"] != "feedback"]
    assert times == sorted(times) and times[0] >= START_US / 1e6 and times[-1] < START_US / 1e6 + 3 * 3600
    assert all(event["tags"]["simulated"] == "true" for event in events)
    touched = Counter(event["tags"].get("incident") for event in events)
    assert set(touched) == {None, *(incident.name for incident in INCIDENTS)}
    assert all(touched[incident.name] > 50 for incident in INCIDENTS)
