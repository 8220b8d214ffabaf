"""Real parts for the tests: a Kafka broker, ClickHouse's engine behind its protocol, the real data sets."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.running import windvane
from tests.servers.clickhouse import ClickHouseServer
from tests.servers.kafka import KafkaBroker, NoBroker

# gRPC's own handlers of forks, once a test has had a server, abort some of the children that other tests begin.
os.environ.setdefault("GRPC_ENABLE_FORK_SUPPORT", "false")

DATA = Path(os.environ.get("WINDVANE_TEST_DATA", Path(__file__).parents[2] / "shared" / "data"))


@pytest.fixture(scope="session")
def kafka(tmp_path_factory: pytest.TempPathFactory) -> Iterator[KafkaBroker]:
    """A broker. Skips where there is none; fails instead where WINDVANE_REQUIRE_KAFKA is set."""
    try:
        broker = KafkaBroker(tmp_path_factory.mktemp("kafka"))
    except NoBroker as error:
        if os.environ.get("WINDVANE_REQUIRE_KAFKA"):
            pytest.fail(str(error))
        pytest.skip(str(error))
    yield broker
    broker.kill()


@pytest.fixture(scope="session")
def clickhouse(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ClickHouseServer]:
    """The real engine behind ClickHouse's HTTP protocol."""
    server = ClickHouseServer(tmp_path_factory.mktemp("clickhouse"))
    yield server
    server.kill()


class Played(NamedTuple):
    """A demo that was played to its end: what it has said, and what it leaves."""

    said: str
    directory: Path


@pytest.fixture(scope="session")
def demo_played(tmp_path_factory: pytest.TempPathFactory) -> Played:
    """What `windvane demo` does. It is played once for all processes of a run: only look at it."""
    base = tmp_path_factory.getbasetemp()
    shared = base.parent if "PYTEST_XDIST_WORKER" in os.environ else base
    directory, said = shared / "demo-played" / "data", shared / "demo-played" / "said.txt"
    with (shared / "demo.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not said.exists():
            told = windvane("demo", "--dir", directory, "--port", 0, "--exit", timeout_s=600).stdout
            said.write_text(told)
    return Played(said.read_text(), directory)


@pytest.fixture(autouse=True)
def own_state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep spools and checkpoints of a test in its own folder."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))


def data_file(name: str) -> Path:
    """Return a file of the real data sets; skip, by name, where it is absent."""
    path = DATA / name
    if not path.exists():
        pytest.skip(f"{name} is not in {DATA.name}/: set WINDVANE_TEST_DATA")
    return path
