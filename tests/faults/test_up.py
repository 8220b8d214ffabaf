"""Faults of `windvane up`: killed under load, the disk full, a store elsewhere that refuses or is gone for a while."""

from __future__ import annotations

import random
import shutil
import subprocess
import time
from pathlib import Path
from typing import Any

import pytest

from tests.running import Intake, Load, Up, assert_books, settle, stored, until
from tests.servers.clickhouse import ClickHouseServer
from windvane.collectors.log.base import Record
from windvane.collectors.normalize import normalize
from windvane.collectors.packing import Packer
from windvane.errors import TransportError
from windvane.storage.migrations import latest, migrate
from windvane.storage.store import ClickHouseStore


def test_kill_9_at_random_moments_under_load_neither_loses_nor_doubles(tmp_path: Path) -> None:
    chance = random.Random(5)
    up = Up(tmp_path / "up", WINDVANE_SNAPSHOT_S="1")
    with Load(Intake(up.url), "killed") as load:
        for _ in range(4):
            time.sleep(0.5 + 2 * chance.random())
            up.child.kill()
            up.start()
    settle(up.query, load.traffic)
    assert load.repeats > 0
    assert up.child.terminate() == 0


def test_a_store_on_a_server_may_refuse_or_be_gone_for_a_while(tmp_path: Path, clickhouse: ClickHouseServer) -> None:
    store = ClickHouseStore(clickhouse.url, "elsewhere")
    for _ in migrate(store.connections, latest()):
        pass

    def query(sql: str) -> list[dict[str, Any]]:
        names, rows = store.query(sql)
        return [dict(zip(names, row, strict=True)) for row in rows]

    up = Up(tmp_path / "up", WINDVANE_STORE=clickhouse.url, WINDVANE_DATABASE="elsewhere", WINDVANE_SNAPSHOT_S="1")
    with Load(Intake(up.url), "elsewhere") as load:
        until(lambda: stored(query, "elsewhere") > 0, "events are stored")
        clickhouse.refuse_inserts(True)
        until(lambda: "Too many parts" in up.health()[1]["trouble"], "its health says what is wrong")
        clickhouse.refuse_inserts(False)
        until(lambda: up.health()[0] == 200, "it is well again")
        clickhouse.kill()
        until(lambda: "does not answer" in up.health()[1]["trouble"], "its health says what is wrong")
        clickhouse.start()
        until(lambda: up.health()[0] == 200, "it is well again")
    settle(query, load.traffic)
    assert up.query("SELECT count() AS n FROM calls") == [{"n": load.traffic.sent}]
    assert not (up.directory / "store").exists()
    assert up.child.terminate() == 0
    store.close()


@pytest.fixture
def small_disk(tmp_path: Path) -> list[str]:
    """The start of a command that runs another with 320 MB of disk at tmp_path/up, 256 of them taken by a ballast.

    What was accepted on the small disk takes several times its room: in the log, in the store, in parts being merged.
    """
    mount = f'mkdir -p "{tmp_path}/up"; mount -t tmpfs -o size=320m none "{tmp_path}/up"'
    isolated = ["unshare", "-Urm", "sh", "-ec"]
    if not shutil.which("unshare") or subprocess.run([*isolated, mount], capture_output=True).returncode:
        pytest.skip("no small disk can be made here: unshare -Urm with a tmpfs is refused")
    return [*isolated, f'{mount}; head -c 256M /dev/zero > "{tmp_path}/up/ballast"; exec "$0" "$@"']


def test_on_a_full_disk_what_was_accepted_is_stored_once_and_what_was_not_is_answered(
    tmp_path: Path, small_disk: list[str]
) -> None:
    up = Up(tmp_path / "up", within=small_disk, WINDVANE_SNAPSHOT_S="1")
    intake, chance, packer = Intake(up.url), random.Random(3), Packer("full")
    refused: list[list[Record]] = []
    accepted = 0
    while len(refused) < 5:
        event = {"service": f"full-{accepted % 3}", "id": f"{accepted}-{len(refused)}", "input_tokens": 1}
        event["response"] = chance.randbytes(20_000).hex()
        records = [Record(key.encode(), record) for key, record in packer.pack([normalize(event)])]
        try:
            intake.append(records)
            accepted += 1
        except TransportError as error:
            assert "answered 503" in str(error) and "full: make room" in str(error)
            refused.append(records)
    until(lambda: "is full: make room" in up.health()[1]["trouble"], "its health says what to do")
    assert up.query("SELECT source FROM ledger WHERE NOT balanced") == []
    (up.inside / "ballast").unlink()
    until(lambda: up.health()[1]["records_behind"] == 0, "all that was accepted is stored")
    assert_books(up.query, "full", accepted)
    for records in refused:
        intake.append(records)
    until(lambda: up.health()[1]["records_behind"] == 0, "what was refused is stored when it is sent again")
    assert_books(up.query, "full", accepted + len(refused))
    assert up.child.terminate() == 0
