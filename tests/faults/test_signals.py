"""What the series say does not depend on who was killed meanwhile: the same changes of state, once each."""

from __future__ import annotations

import time
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path
from typing import Any

from tests.running import Up, until
from windvane.cli.simulation import simulate
from windvane.collectors.normalize import normalize
from windvane.collectors.packing import Packer
from windvane.collectors.transport.http import HttpTransport

START_US = 1_700_000_000_000_000
CHANGES = (
    "SELECT time, signal, state, service_name, gen_ai_request_model, since, event_id, evidence FROM signal_changes"
    " ORDER BY ALL"
)


def parts() -> Iterator[list[Any]]:
    """Yield the records of two simulated hours with their incidents, minute by minute: always the same bytes."""
    packer = Packer("simulated")
    for _, events in groupby(simulate(hours=2, start_us=START_US), lambda event: event["time"] // 60):
        yield list(packer.pack([normalize(event) for event in events]))


def played(directory: Path, kills: frozenset[int]) -> list[dict[str, Any]]:
    """Play them into `windvane up`, killed -9 right after the parts of these numbers; return what the series said."""
    up = Up(directory, WINDVANE_SNAPSHOT_S="0.5")
    for number, part in enumerate(parts()):
        transport = HttpTransport(up.url)
        transport.send(part)
        transport.close()
        if number in kills:
            time.sleep(0.2 * (number % 4))
            up.child.kill()
            up.start()
    sent = sum(1 for _ in simulate(hours=2, start_us=START_US))
    until(lambda: up.query("SELECT count() AS n FROM calls") == [{"n": sent}], "all is stored")
    found = up.query(CHANGES)
    assert up.child.terminate() == 0
    return found


def test_kill_9_in_the_middle_of_incidents_leaves_the_same_signals_once_each(tmp_path: Path) -> None:
    whole = played(tmp_path / "whole", frozenset())
    assert {row["signal"] for row in whole} >= {"model_changed", "model_drift", "behaviour_shift", "error_shift"}
    assert played(tmp_path / "killed", frozenset({37, 58, 59, 76, 107})) == whole
