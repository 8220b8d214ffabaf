"""The cluster's log: a Kafka topic, over kafka-python."""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from contextlib import suppress
from typing import Any, Final

from windvane.collectors.log.base import Log, Record, Stored
from windvane.collectors.log.topics import delete_before, partition_count
from windvane.errors import LogError, RecordTooLarge

__all__ = ["KafkaLog"]

_BLOCK_MS: Final = 5_000
_DELIVERY_MS: Final = 20_000
_COMMON: Final[dict[str, Any]] = {
    # Pinned: asking the broker for it makes constructors block for 30 s when there is none.
    "api_version": (2, 6),
    "request_timeout_ms": 10_000,
    # The default grows to 30 s: a broker that is back would go unnoticed for as long.
    "reconnect_backoff_max_ms": 1_000,
}


class KafkaLog(Log):
    """One topic. Connections are opened when first used, so a broker that is down delays nobody's start.

    `append` is idempotent and waits for all in-sync replicas. It holds no more than it was given: kafka-python's own
    buffer has no bound, so nothing is sent that is not waited for.
    """

    def __init__(self, bootstrap: str, *, topic: str) -> None:
        """`bootstrap` is host:port[,host:port]. Does not connect."""
        self.topic, self.max_record_bytes = topic, 1_000_000
        self._bootstrap = bootstrap.split(",")
        self._lock = threading.Lock()
        self._producer: Any = None
        self._threads = threading.local()
        self._consumers: list[Any] = []
        self._closed = self._found = False

    def _error(self, error: object) -> LogError:
        remedy = "Is the broker up, and is the topic there (windvane topics create)?"
        return LogError(f"Kafka at {','.join(self._bootstrap)}, topic {self.topic}: {error}. {remedy}")

    def append(self, records: Sequence[Record]) -> None:
        """See `Log.append`. Gives up after about 25 s; 30 s if it is the first."""
        from kafka.errors import KafkaError

        for record in records:
            if len(record.value) > self.max_record_bytes:
                raise RecordTooLarge(
                    f"{len(record.value)} bytes; the topic takes {self.max_record_bytes}. Send less at once"
                )
        self._find_topic()
        deadline = time.monotonic() + (_BLOCK_MS + _DELIVERY_MS) / 1000
        producer = self._ensure_producer()
        try:
            waiting = []
            for record in records:
                waiting.append(producer.send(self.topic, value=record.value, key=record.key))
                if waiting[-1].failed():
                    break  # an unknown topic fails each send only after a wait: one is enough
            for future in waiting:
                future.get(max(0.001, deadline - time.monotonic()))
        except (KafkaError, OSError, AssertionError, ValueError) as error:
            # A producer that has failed once may hold records back for good: the next append begins with a new one.
            self._drop_producer(producer)
            raise self._error(repr(error)) from error

    def _ensure_producer(self) -> Any:
        from kafka import KafkaProducer
        from kafka.errors import KafkaError

        with self._lock:
            self._check_open()
            if self._producer is not None:
                return self._producer
            try:
                self._producer = KafkaProducer(
                    bootstrap_servers=self._bootstrap,
                    **_COMMON,
                    acks="all",
                    enable_idempotence=True,
                    compression_type=None,  # envelopes are compressed
                    linger_ms=0,
                    max_request_size=1_048_576,
                    max_block_ms=_BLOCK_MS,
                    delivery_timeout_ms=_DELIVERY_MS,
                )
            except (KafkaError, OSError, ValueError) as error:
                raise self._error(repr(error)) from error
            return self._producer

    def _drop_producer(self, producer: Any) -> None:
        from kafka.errors import KafkaError

        with self._lock:
            if producer is self._producer:  # else another thread has replaced it: that one is sound
                self._producer = None
        if producer is not None:
            # Its close begins with a flush, which raises while a record is held back: those are given up before.
            producer._sender.force_close()
            with suppress(KafkaError):
                producer.close(timeout=1)

    def _find_topic(self) -> None:
        # Most brokers create a topic that they are asked about, with settings of their own, and kafka-python 3.0.12
        # asks so whatever `allow_auto_create_topics` says; only its admin client does not.
        if not self._found:
            self.partitions()
            self._found = True

    def _check_open(self) -> None:
        if self._closed:
            raise LogError(f"the log on topic {self.topic} is closed: open another")

    def _consumer(self) -> Any:
        from kafka import KafkaConsumer
        from kafka.errors import KafkaError

        self._check_open()
        held = getattr(self._threads, "consumer", None)
        if held is None:
            self._find_topic()
            try:
                held = KafkaConsumer(
                    bootstrap_servers=self._bootstrap,
                    **_COMMON,
                    group_id=None,
                    enable_auto_commit=False,
                    auto_offset_reset="earliest",
                    max_partition_fetch_bytes=4 << 20,
                )
            except (KafkaError, OSError, ValueError) as error:
                raise self._error(repr(error)) from error
            self._threads.consumer = held
            with self._lock:
                self._consumers.append(held)
        return held

    def _asked(self, what: str, partition: int) -> int:
        from kafka import TopicPartition
        from kafka.errors import KafkaError

        place = TopicPartition(self.topic, partition)
        try:
            return int(getattr(self._consumer(), what)([place])[place])
        except (KafkaError, OSError, KeyError, TypeError) as error:
            raise self._error(repr(error)) from error

    def partitions(self) -> int:
        """See `Log.partitions`. Asks the broker each time: partitions can be added."""
        self._check_open()
        return partition_count(",".join(self._bootstrap), self.topic)

    def begin(self, partition: int) -> int:
        """See `Log.begin`."""
        return self._asked("beginning_offsets", partition)

    def end(self, partition: int) -> int:
        """See `Log.end`."""
        return self._asked("end_offsets", partition)

    def read(self, partition: int, offset: int, *, limit: int = 1000, timeout_s: float = 0.0) -> list[Stored]:
        """See `Log.read`. Asks the broker for the end first, so that nothing is waited for where there is something."""
        from kafka import TopicPartition
        from kafka.errors import KafkaError

        place, consumer = TopicPartition(self.topic, partition), self._consumer()
        start, end = max(offset, self.begin(partition)), self.end(partition)
        deadline = time.monotonic() + max(timeout_s, 10.0 if start < end else 0.0)
        found: list[Any] = []
        try:
            consumer.assign([place])
            # Behind the end Kafka knows no offset and would begin anew: wait at the end, and pass over what is before.
            consumer.seek(place, min(start, end))
            while not found and (left := deadline - time.monotonic()) > 0:
                batch = consumer.poll(timeout_ms=int(left * 1000) + 1, max_records=limit).get(place, [])
                found = [record for record in batch if record.offset >= start]
        except (KafkaError, OSError) as error:
            raise self._error(repr(error)) from error
        if not found and start < end:
            raise self._error(f"offset {start} of partition {partition} does not come")
        return [
            Stored(self.topic, partition, r.offset, r.timestamp * 1000, r.key or b"", r.value or b"") for r in found
        ]

    def trim(self, before_us: int) -> None:
        """See `Log.trim`. Kafka does this by itself, by the topic's retention."""
        from kafka import TopicPartition
        from kafka.errors import KafkaError

        places = [TopicPartition(self.topic, number) for number in range(self.partitions())]
        consumer = self._consumer()
        try:
            # The ends first: what is appended after them is young, and must not count as «nothing young is there».
            ends = consumer.end_offsets(places)
            young = consumer.offsets_for_times({place: -(-before_us // 1000) for place in places})
        except (KafkaError, OSError) as error:
            raise self._error(repr(error)) from error
        cuts = {place: ends[place] if young.get(place) is None else young[place].offset for place in places}
        delete_before(",".join(self._bootstrap), cuts)

    def close(self) -> None:
        """See `Log.close`."""
        with self._lock:
            self._closed = True
            producer, self._producer = self._producer, None
            consumers, self._consumers = self._consumers, []
        self._drop_producer(producer)
        for consumer in consumers:
            consumer.close()
        self._threads = threading.local()
