"""Opening a store: what is no store is said, who owns a directory is named, a password is never shown."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from tests.servers.clickhouse import ClickHouseServer
from tests.servers.process import free_port
from windvane.errors import ConfigError, DirectoryInUse, StoreError, StoreUnavailable
from windvane.storage.connect import Connections
from windvane.storage.ownership import Ownership
from windvane.storage.store import ClickHouseStore


@pytest.mark.parametrize(
    "url",
    ["", "clickhouse", "ftp://hush@host", "http://", "https//u:hush@host:8123", "http://u:hush@host:port",
     "u:hush@host", "http://u:hu/sh@", "chdb:"],
)  # fmt: skip
def test_what_is_no_store_is_refused_with_what_is_one(url: str) -> None:
    with pytest.raises(ConfigError, match="no store: use chdb:///path or http") as caught:
        ClickHouseStore(url or " ", "windvane")
    assert "hu" not in str(caught.value)


@pytest.mark.parametrize("database", ["", "two words", "a;b", "a.b", "1st"])
def test_what_is_no_name_of_a_database_is_refused(database: str) -> None:
    with pytest.raises(ConfigError, match="no name for a database"):
        Connections("http://127.0.0.1:1", database)


def test_a_server_that_is_not_there_is_unavailable_and_the_password_is_not_shown() -> None:
    connections = Connections(f"http://user:hush-hush@127.0.0.1:{free_port()}", "windvane")
    with pytest.raises(StoreUnavailable, match="does not answer") as caught:
        connections.get()
    assert "hush" not in str(caught.value)


def test_a_query_that_is_wrong_stays_wrong(served: ClickHouseStore) -> None:
    with pytest.raises(StoreError, match="UNKNOWN_TABLE") as caught:
        served.query("SELECT * FROM nowhere")
    assert not isinstance(caught.value, StoreUnavailable)


def test_each_thread_has_a_connection_of_its_own(clickhouse: ClickHouseServer) -> None:
    connections, found = Connections(clickhouse.url, "default"), []
    threads = [threading.Thread(target=lambda: found.append(connections.get())) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len({id(client) for client in found}) == 3
    assert connections.get() is connections.get()
    connections.close()


def test_a_directory_has_one_owner_and_who_comes_second_is_told_which_process(tmp_path: Path) -> None:
    owner = Ownership(tmp_path / "store")
    command = ["-m", "windvane", "sql", "SELECT 1", "--store", f"chdb://{tmp_path / 'store'}"]
    (tmp_path / "store").mkdir()
    with pytest.raises(DirectoryInUse, match=f"open in process {os.getpid()}. Stop it"):
        Ownership(tmp_path / "store")
    done = subprocess.run([sys.executable, *command], capture_output=True, text=True, timeout=60, cwd=tmp_path)
    assert done.returncode and "Traceback" not in done.stderr
    owner.release()
    owner.release()
    Ownership(tmp_path / "store").release()


def test_a_directory_whose_owner_died_is_free(tmp_path: Path) -> None:
    script = (
        "import os, sys; from pathlib import Path; from windvane.storage.ownership import Ownership;"
        " owner = Ownership(Path(sys.argv[1])); os.kill(os.getpid(), 9)"
    )
    done = subprocess.run([sys.executable, "-c", script, str(tmp_path / "store")], timeout=60)
    assert done.returncode == -9
    Ownership(tmp_path / "store").release()
