"""A real Kafka broker: one that is there, else one of our own on Java, its jars by Maven, cached per user."""

from __future__ import annotations

import base64
import os
import re
import shutil
import subprocess
import tempfile
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


_HOW: Final = (
    "install Java 17 or newer and Maven; or with Docker: docker run -d -p 127.0.0.1:9092:9092"
    f" apache/kafka:{_VERSION}, and set WINDVANE_TEST_KAFKA=127.0.0.1:9092"
)


class NoBroker(Exception):
    """There is no broker here, and none can be started; says how to get one."""


class KafkaBroker:
    """`bootstrap` is host:port, `child` the process: None of one that was there already (WINDVANE_TEST_KAFKA).

    That one can be neither stopped nor killed.
    """

    def __init__(self, folder: Path) -> None:
        """Start one in `folder`, or find the one that is there.

        Raises:
            NoBroker: neither can be done.
        """
        self.child: Child | None = None
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
        # Its first letter is fixed: an id that begins with «-» would be read as an option.
        cluster = "w" + base64.urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=")[1:]
        self._java("kafka.tools.StorageTool", "format", "--standalone", "-t", cluster, "-c", str(self._properties))
        self.start()

    def _java(self, *arguments: str) -> None:
        subprocess.run(["java", "-Xmx256m", "-cp", self._jars, *arguments], check=True, capture_output=True, timeout=60)

    def start(self) -> None:
        """Start the broker again, with what it had stored."""
        command = ["java", "-Xmx512m", "-XX:+UseSerialGC", "-cp", self._jars, "kafka.Kafka", str(self._properties)]
        self.child = Child(command, self._folder / "broker.log")
        self.child.wait_for_port(self._port)

    def kill(self) -> None:
        """kill -9."""
        if self.child is not None:
            self.child.kill()
            self.child = None

    def stop(self) -> None:
        """SIGTERM, and wait: the broker hands over and leaves its data sound."""
        if self.child is not None:
            self.child.terminate()
            self.child = None


def _jars() -> Path:
    """Return the folder of Kafka's jars, fetched once per user."""
    if _java_version() < 17:
        raise NoBroker(f"no Kafka, for there is no Java: {_HOW}")
    cache = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "windvane-tests"
    lib = cache / f"kafka-{_VERSION}" / "lib"
    if lib.exists():
        return lib
    if not shutil.which("mvn"):
        raise NoBroker(f"no Kafka, for there is no Maven to fetch it: {_HOW}")
    cache.mkdir(parents=True, exist_ok=True)
    # Fetched beside, then renamed: what has the name is whole, whoever else fetches or is interrupted.
    with tempfile.TemporaryDirectory(dir=cache) as folder:
        (Path(folder) / "pom.xml").write_text(_POM)
        command = ["mvn", "-q", "-B", "-f", f"{folder}/pom.xml", "dependency:copy-dependencies"]
        try:
            subprocess.run(
                [*command, f"-DoutputDirectory={folder}/new/lib"],
                check=True,
                capture_output=True,
                text=True,
                timeout=150,
            )
        except subprocess.CalledProcessError as error:
            raise NoBroker(f"no Kafka, for Maven failed: {error.stdout[-300:]}. Or {_HOW}") from error
        except subprocess.TimeoutExpired as error:
            raise NoBroker(f"no Kafka, for Maven took more than {error.timeout:.0f} s: try again, or {_HOW}") from error
        try:
            (Path(folder) / "new").rename(lib.parent)
        except OSError:
            if not lib.exists():  # else another run was faster
                raise
    return lib


def _java_version() -> int:
    """Return the major version of the Java that is on the path; 0 if none is."""
    if not shutil.which("java"):
        return 0
    told = subprocess.run(["java", "-version"], capture_output=True, text=True, timeout=30).stderr
    found = re.search(r'version "(\d+)', told)
    return int(found[1]) if found else 0
