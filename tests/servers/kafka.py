"""A real Kafka broker: one that is there, else one of our own on Java, its jars by Maven, cached."""

from __future__ import annotations

import base64
import os
import shutil
import subprocess
import uuid
from pathlib import Path
from typing import Final

from tests.servers.process import Child, free_port

__all__ = ["KafkaBroker", "NoBroker"]

_VERSION: Final = "4.3.1"
_POM: Final = f"""<project xmlns="http://maven.apache.org/POM/4.0.0"><modelVersion>4.0.0</modelVersion>
<groupId>windvane</groupId><artifactId>kafka-for-tests</artifactId><version>1</version><dependencies><dependency>
<groupId>org.apache.kafka</groupId><artifactId>kafka_2.13</artifactId><version>{_VERSION}</version>
</dependency></dependencies></project>
"""
_PROPERTIES: Final = """process.roles=broker,controller
node.id=1
controller.quorum.bootstrap.servers=127.0.0.1:{controller}
listeners=PLAINTEXT://127.0.0.1:{port},CONTROLLER://127.0.0.1:{controller}
advertised.listeners=PLAINTEXT://127.0.0.1:{port}
controller.listener.names=CONTROLLER
log.dirs={data}
offsets.topic.replication.factor=1
offsets.topic.num.partitions=4
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
group.initial.rebalance.delay.ms=0
"""


class NoBroker(Exception):
    """There is no broker here, and none can be started; says how to get one."""


class KafkaBroker:
    """`bootstrap` is host:port. One that was there already (WINDVANE_TEST_KAFKA) can be neither stopped nor killed."""

    def __init__(self, folder: Path) -> None:
        """Start one in `folder`, or find the one that is there.

        Raises:
            NoBroker: neither can be done.
        """
        self._child: Child | None = None
        given = os.environ.get("WINDVANE_TEST_KAFKA")
        if given:
            self.bootstrap, self.owned = given, False
            return
        self.owned = True
        self._jars, self._folder = str(_jars() / "*"), folder
        self._port = free_port()
        self.bootstrap = f"127.0.0.1:{self._port}"
        self._properties = folder / "server.properties"
        self._properties.write_text(_PROPERTIES.format(port=self._port, controller=free_port(), data=folder / "data"))
        cluster = base64.urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=")
        self._java("kafka.tools.StorageTool", "format", "--standalone", "-t", cluster, "-c", str(self._properties))
        self.start()

    def _java(self, *arguments: str) -> None:
        subprocess.run(["java", "-Xmx256m", "-cp", self._jars, *arguments], check=True, capture_output=True, timeout=60)

    def start(self) -> None:
        """Start the broker again, with what it had stored."""
        command = ["java", "-Xmx512m", "-XX:+UseSerialGC", "-cp", self._jars, "kafka.Kafka", str(self._properties)]
        self._child = Child(command, self._folder / "broker.log")
        self._child.wait_for_port(self._port)

    def kill(self) -> None:
        """kill -9."""
        if self._child is not None:
            self._child.kill()
            self._child = None

    stop = kill


def _jars() -> Path:
    """Return the folder of Kafka's jars, fetched once per user."""
    home = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "windvane-tests" / f"kafka-{_VERSION}"
    if not (home / "complete").exists():
        if not shutil.which("java") or not shutil.which("mvn"):
            raise NoBroker("no Kafka: set WINDVANE_TEST_KAFKA=host:port, or install Java 17 and Maven")
        home.mkdir(parents=True, exist_ok=True)
        (home / "pom.xml").write_text(_POM)
        command = ["mvn", "-q", "-B", "-f", str(home / "pom.xml"), "dependency:copy-dependencies"]
        done = subprocess.run(
            [*command, f"-DoutputDirectory={home / 'lib'}"], capture_output=True, text=True, timeout=600
        )
        if done.returncode:
            raise NoBroker(f"no Kafka: Maven could not fetch it: {done.stdout[-300:]}")
        (home / "complete").touch()
    return home / "lib"
