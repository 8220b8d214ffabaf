"""The topic on Kafka: made with stated settings, compared where it is there already."""

from __future__ import annotations

from dataclasses import dataclass, field

from windvane.errors import LogError

__all__ = ["Outcome", "create_topic", "settings_of"]


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
            f"  {name} is {is_}, asked for {asked}: change it with kafka-configs"
            for name, (asked, is_) in self.differs.items()
        ]
        return "\n".join(told)


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
    """Create `topic`, or compare the one that is there. Blocks until the broker has answered.

    Raises:
        LogError: no broker answers, or it refuses.
    """
    from kafka.admin import ConfigResource, ConfigResourceType, KafkaAdminClient, NewTopic
    from kafka.errors import KafkaError, TopicAlreadyExistsError

    asked = settings_of(retention_h, replication)
    try:
        admin = KafkaAdminClient(bootstrap_servers=bootstrap.split(","), request_timeout_ms=10_000)
    except (KafkaError, OSError) as error:
        raise LogError(f"no broker answers at {bootstrap}: {error!r}. Start Kafka, or give --bootstrap") from error
    try:
        try:
            admin.create_topics([NewTopic(topic, partitions, replication, topic_configs=asked)], timeout_ms=15_000)
            return Outcome(topic, True, partitions, asked)
        except TopicAlreadyExistsError:
            resource = ConfigResource(ConfigResourceType.TOPIC, topic)
            found = admin.describe_configs([resource], config_filter="all")["topic"][topic]
            there = {name: str(entry["value"]) for name, entry in found.items()}
            count = len(admin.describe_topics([topic])[0]["partitions"])
            differs = {
                name: (value, there.get(name, "unknown")) for name, value in asked.items() if there.get(name) != value
            }
            if count != partitions:
                differs["partitions"] = (str(partitions), str(count))
            return Outcome(topic, False, count, {n: v for n, v in asked.items() if n not in differs}, differs)
    except (KafkaError, OSError) as error:
        raise LogError(f"the broker at {bootstrap} refused: {error!r}") from error
    finally:
        admin.close()
