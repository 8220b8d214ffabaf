"""The topic on Kafka: made with stated settings, compared where it is there already; counted and trimmed."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Final

from windvane.errors import LogError

__all__ = ["Outcome", "create_topic", "delete_before", "partition_count", "settings_of", "wait_for_topic"]

_log: Final = logging.getLogger("windvane")


@dataclass(frozen=True, slots=True)
class Outcome:
    """What `create_topic` did. `differs` names each setting with what was asked and what is there."""

    topic: str
    created: bool
    partitions: int
    settings: dict[str, str]
    differs: dict[str, tuple[str, str]] = field(default_factory=dict)

    def __str__(self) -> str:
        told = [f"{self.topic}: {'created' if self.created else 'was there'}, {self.partitions} partitions"]
        told += [f"  {name} = {value}" for name, value in self.settings.items()]
        told += [
            f"  {name} is {is_}, asked for {asked}: change it with {_TOOLS.get(name, 'kafka-configs')}"
            for name, (asked, is_) in self.differs.items()
        ]
        return "\n".join(told)


_TOOLS = {"partitions": "kafka-topics", "replication": "kafka-reassign-partitions"}


def settings_of(retention_h: float, replication: int) -> dict[str, str]:
    """Return the settings of a topic of envelopes.

    >>> settings_of(72, 3)["min.insync.replicas"]
    '2'
    """
    return {
        "cleanup.policy": "delete",
        # Envelopes are compressed; 900 KB of rows that do not compress still fit.
        "compression.type": "producer",
        "max.message.bytes": str(1 << 20),
        # The stream judges an event's time by its record's: the broker's clock, not the sender's.
        "message.timestamp.type": "LogAppendTime",
        "min.insync.replicas": str(max(1, replication - 1)),
        "retention.ms": str(int(retention_h * 3_600_000)),
    }


def create_topic(bootstrap: str, topic: str, *, partitions: int, replication: int, retention_h: float) -> Outcome:
    """Create `topic`, or compare the one that is there, which is not changed. Blocks until the broker has answered.

    Raises:
        LogError: no broker answers, or it refuses.
    """
    from kafka.admin import NewTopic
    from kafka.errors import TopicAlreadyExistsError

    asked = settings_of(retention_h, replication)
    with _admin(bootstrap) as admin:
        try:
            admin.create_topics([NewTopic(topic, partitions, replication, topic_configs=asked)], timeout_ms=15_000)
        except TopicAlreadyExistsError:
            return _compare(admin, topic, partitions, replication, asked)
    return Outcome(topic, True, partitions, asked)


def _compare(admin: Any, topic: str, partitions: int, replication: int, asked: dict[str, str]) -> Outcome:
    from kafka.admin import ConfigResource, ConfigResourceType

    found = admin.describe_configs([ConfigResource(ConfigResourceType.TOPIC, topic)], config_filter="all")
    there = {name: str(entry["value"]) for name, entry in found["topic"][topic].items()}
    differs = {name: (value, there.get(name, "unknown")) for name, value in asked.items() if there.get(name) != value}
    layout = admin.describe_topics([topic])[0]["partitions"]
    for name, want, have in (
        ("partitions", partitions, len(layout)),
        ("replication", replication, min(len(partition["replica_nodes"]) for partition in layout)),
    ):
        if want != have:
            differs[name] = (str(want), str(have))
    same = {name: value for name, value in asked.items() if name not in differs}
    return Outcome(topic, False, len(layout), same, differs)


def partition_count(bootstrap: str, topic: str) -> int:
    """Return how many partitions `topic` has. Blocks until the broker has answered.

    Raises:
        LogError: no broker answers, or it knows no such topic.
    """
    with _admin(bootstrap) as admin:
        described = admin.describe_topics([topic])
    # A broker that has just come back may describe nothing yet.
    found: dict[str, Any] = described[0] if described else {"error_code": -1}
    if found["error_code"] or not found["partitions"]:
        raise LogError(f"Kafka at {bootstrap} has no topic {topic}: create it with windvane topics create")
    return len(found["partitions"])


def wait_for_topic(bootstrap: str, topic: str, wait_s: float) -> int:
    """Return the topic's partitions once a broker answers that has it; what is waited for is said in the log.

    Raises:
        LogError: none has within `wait_s`.
    """
    deadline, said = time.monotonic() + wait_s, ""
    while True:
        try:
            return partition_count(bootstrap, topic)
        except LogError as error:
            if time.monotonic() > deadline:
                raise
            if str(error) != said:
                _log.warning("%s. Trying again for %.0f s", error, wait_s)
            said = str(error)
            time.sleep(1.0)


def delete_before(bootstrap: str, offsets: Mapping[Any, int]) -> None:
    """Delete, by TopicPartition, the records before an offset. Blocks until the broker has answered.

    Raises:
        LogError: no broker answers, or it refuses.
    """
    with _admin(bootstrap) as admin:
        admin.delete_records(dict(offsets))


@contextmanager
def _admin(bootstrap: str) -> Iterator[Any]:
    from kafka.admin import KafkaAdminClient
    from kafka.errors import KafkaError

    try:
        # The bound: a client that was never connected waits without one, whatever its request timeout.
        admin = KafkaAdminClient(
            bootstrap_servers=bootstrap.split(","), bootstrap_timeout_ms=5_000, request_timeout_ms=10_000
        )
    except (KafkaError, OSError, ValueError) as error:
        raise LogError(f"no broker answers at {bootstrap}: {error!r}. Start Kafka, or give --bootstrap") from error
    try:
        yield admin
    except (KafkaError, OSError) as error:
        raise LogError(f"the broker at {bootstrap} refused: {error!r}") from error
    finally:
        admin.close()
