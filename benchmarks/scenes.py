"""Both settings of the pipeline under the load of an SDK app, and the parts of them that may be killed: for chaos."""

from __future__ import annotations

import sys
import uuid
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from benchmarks.end_to_end import PARTITIONS, cluster
from tests.running import Query, Up, worker
from tests.servers.process import Child
from windvane.collectors.log.topics import create_topic
from windvane.errors import StoreError

__all__ = ["SERVICE", "Scene", "Victim", "cluster_scene", "local_scene"]

SERVICE = "chaos"
RATE = 300.0


@dataclass
class Victim:
    """A part that may die: `child` is its process now, `start` begins another."""

    name: str
    child: Callable[[], Child | None]
    start: Callable[[], None]

    def kill(self) -> bool:
        """kill -9; return whether it was still alive: nothing may end by itself."""
        child = self.child()
        alive = child is not None and child.process.poll() is None
        if child is not None:
            child.kill()
        return alive

    def last_words(self) -> str:
        """Return the end of what its process has said."""
        child = self.child()
        return child.log.read_text(errors="replace")[-3000:] if child is not None else ""


@dataclass
class Scene:
    """A running pipeline under load."""

    name: str
    folder: Path
    query: Query
    victims: list[Victim]
    refuse: Callable[[bool], None] | None = None
    endpoint: str = ""
    kills: Counter[str] = field(default_factory=Counter)
    app: Child | None = None
    ended_unasked: int = 0

    def __post_init__(self) -> None:
        self.victims.append(Victim("app", lambda: self.app, self.start_app))

    @contextmanager
    def ended(self) -> Iterator[None]:
        """End all that runs, whatever happens."""
        try:
            yield
        finally:
            for victim in self.victims:
                victim.kill()

    def start_app(self, rate: float = RATE) -> None:
        """Start the app; it sends what the one before has left."""
        command = [sys.executable, "-m", "benchmarks.chaos", "--as-app", self.endpoint, str(self.folder), str(rate)]
        self.app = Child(command, self.folder / "app.out")

    def emitted(self) -> set[str]:
        """Return the ids whose emit() has returned. The last line may be cut off."""
        return {name for file in self.folder.glob("*.emitted") for name in file.read_text().split("\n")[:-1]}

    def stored(self) -> int:
        """Return how many events are stored; -1 while nobody answers."""
        try:
            return int(self.query(f"SELECT count() AS n FROM events WHERE service_name = '{SERVICE}'")[0]["n"])
        except (OSError, StoreError):
            return -1


@contextmanager
def local_scene() -> Iterator[Scene]:
    """HTTP, SQLite, the local loop, chDB: `windvane up`."""
    with TemporaryDirectory(prefix="windvane-chaos-") as name:
        folder = Path(name)
        up = Up(folder / "up", WINDVANE_SNAPSHOT_S="2")
        scene = Scene("local", folder, up.query, [Victim("up", lambda: up.child, up.start)], endpoint=up.url)
        with scene.ended():
            yield scene


@contextmanager
def cluster_scene() -> Iterator[Scene]:
    """Kafka, two Faust workers, the store over HTTP."""
    with cluster() as (folder, broker, server, store):
        topic = f"chaos-{uuid.uuid4().hex[:8]}"
        create_topic(broker.bootstrap, topic, partitions=PARTITIONS, replication=1, retention_h=1)
        workers: dict[int, Child] = {}

        def query(sql: str) -> list[dict[str, Any]]:
            names, rows = store.query(sql)
            return [dict(zip(names, row, strict=True)) for row in rows]

        def start(number: int) -> None:
            workers[number] = worker(
                broker.bootstrap, topic, server.url, folder / f"worker{number}.out", WINDVANE_SNAPSHOT_S="2"
            )

        victims = [Victim("broker", lambda: broker.child, broker.start)]
        for number in range(2):
            start(number)
            victims.append(Victim("worker", partial(workers.get, number), partial(start, number)))
        endpoint = f"kafka://{broker.bootstrap}/{topic}"
        scene = Scene("cluster", folder, query, victims, server.refuse_inserts, endpoint)
        with scene.ended():
            yield scene
