"""The cluster's log: a Kafka topic, over kafka-python."""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from typing import Any, Final

from windvane.collectors.log.base import Log, Record, Stored
from windvane.errors import LogError, RecordTooLarge

__all__ = ["KafkaLog"]

_API: Final = (2, 6)
"""Pinned: asking the broker for it makes constructors block for 30 s when there is none."""
_BLOCK_MS: Final = 5_000
_DELIVERY_MS: Final = 20_000


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

    def _error(self, error: object) -> LogError:
        remedy = "Is the broker up, and is the topic there (windvane topics create)?"
        return LogError(f"Kafka at {','.join(self._bootstrap)}, topic {self.topic}: {error}. {remedy}")

    def append(self, records: Sequence[Record]) -> None:
        """See `Log.append`. Gives up after about 25 s."""
        from kafka.errors import KafkaError

        for record in records:
            if len(record.value) > self.max_record_bytes:
                raise RecordTooLarge(
                    f"{len(record.value)} bytes; the topic takes {self.max_record_bytes}. Send less at once"
                )
        try:
            producer = self._ensure_producer()
            waiting = [producer.send(self.topic, value=record.value, key=record.key) for record in records]
            deadline = time.monotonic() + (_BLOCK_MS + _DELIVERY_MS) / 1000
            for future in waiting:
                future.get(max(0.001, deadline - time.monotonic()))
        except (KafkaError, OSError, AssertionError, ValueError) as error:
            # A producer that has failed once may hold records back for good: the next append begins with a new one.
            self._drop_producer()
            raise self._error(repr(error)) from error

    def _ensure_producer(self) -> Any:
        from kafka import KafkaProducer

        with self._lock:
            if self._producer is None:
                self._producer = KafkaProducer(
                    bootstrap_servers=self._bootstrap,
                    api_version=_API,
                    acks="all",
                    enable_idempotence=True,
                    compression_type=None,  # envelopes are compressed
                    linger_ms=0,
                    max_request_size=1_048_576,
                    max_block_ms=_BLOCK_MS,
                    request_timeout_ms=10_000,
                    delivery_timeout_ms=_DELIVERY_MS,
                )
            return self._producer

    def _drop_producer(self) -> None:
        with self._lock:
            producer, self._producer = self._producer, None
        if producer is not None:
            producer.close(timeout=0)

    def _consumer(self) -> Any:
        from kafka import KafkaConsumer
        from kafka.errors import KafkaError

        held = getattr(self._threads, "consumer", None)
        if held is None:
            try:
                held = KafkaConsumer(
                    bootstrap_servers=self._bootstrap,
                    api_version=_API,
                    group_id=None,
                    enable_auto_commit=False,
                    auto_offset_reset="earliest",
                    max_partition_fetch_bytes=4 << 20,
                    request_timeout_ms=10_000,
                )
            except (KafkaError, OSError) as error:
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
        """See `Log.partitions`."""
        from kafka.errors import KafkaError

        try:
            found = self._consumer().partitions_for_topic(self.topic)
        except (KafkaError, OSError) as error:
            raise self._error(repr(error)) from error
        if not found:
            raise self._error("the topic is not known")
        return len(found)

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
        start = max(offset, self.begin(partition))
        wait_s = max(timeout_s, 5.0 if start < self.end(partition) else 0.0)
        try:
            consumer.assign([place])
            consumer.seek(place, start)
            found: list[Any] = []
            deadline = time.monotonic() + wait_s
            while not found and (left := deadline - time.monotonic()) > 0:
                found = consumer.poll(timeout_ms=int(left * 1000) + 1, max_records=limit).get(place, [])
        except (KafkaError, OSError) as error:
            raise self._error(repr(error)) from error
        return [
            Stored(self.topic, partition, r.offset, r.timestamp * 1000, r.key or b"", r.value or b"") for r in found
        ]

    def trim(self, before_us: int) -> None:
        """See `Log.trim`. Kafka does this by itself, by the topic's retention."""
        from kafka import TopicPartition
        from kafka.admin import KafkaAdminClient
        from kafka.errors import KafkaError

        try:
            places = [TopicPartition(self.topic, number) for number in range(self.partitions())]
            found = self._consumer().offsets_for_times({place: before_us // 1000 for place in places})
            cuts = {
                place: self.end(place.partition) if (at := found.get(place)) is None else at.offset for place in places
            }
            admin = KafkaAdminClient(bootstrap_servers=self._bootstrap, api_version=_API)
            try:
                admin.delete_records(cuts)
            finally:
                admin.close()
        except (KafkaError, OSError) as error:
            raise self._error(repr(error)) from error

    def close(self) -> None:
        """See `Log.close`."""
        self._drop_producer()
        with self._lock:
            consumers, self._consumers = self._consumers, []
        for consumer in consumers:
            consumer.close()
        self._threads = threading.local()
