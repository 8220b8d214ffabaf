"""The log's door: append, read from (partition, offset), retain."""

from __future__ import annotations

import zlib
from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import NamedTuple

__all__ = ["Log", "Record", "Stored", "partition_of"]


class Record(NamedTuple):
    """What is appended: the key decides the partition, the value is an envelope or JSON."""

    key: bytes
    value: bytes


class Stored(NamedTuple):
    """A record in the log, with its place and the time of its append (microseconds since 1970, UTC)."""

    topic: str
    partition: int
    offset: int
    time_us: int
    key: bytes
    value: bytes


class Log(ABC):
    """An append-only sequence of records per partition. All methods may be called by any thread.

    Within a partition offsets grow; records keep the order of the append calls that returned before the next began.
    Records of one key are always in the same partition.
    """

    topic: str
    max_record_bytes: int

    @abstractmethod
    def append(self, records: Sequence[Record]) -> None:
        """Return once every record survives a crash of this process and of the log's. Blocks for that long.

        Raises:
            RecordTooLarge: a value is above `max_record_bytes`; nothing was appended.
            LogError: some of the records may not be durable; appending all of them again is the remedy.
        """

    @abstractmethod
    def partitions(self) -> int:
        """Return the number of partitions; they are numbered from 0."""

    @abstractmethod
    def begin(self, partition: int) -> int:
        """Return the offset of the oldest record kept, or that of the next append if there is none."""

    @abstractmethod
    def end(self, partition: int) -> int:
        """Return the offset that the next append to `partition` will have, at least."""

    @abstractmethod
    def read(self, partition: int, offset: int, *, limit: int = 1000, timeout_s: float = 0.0) -> list[Stored]:
        """Return up to `limit` records at or after `offset`, in order; at least one if there is one.

        Waits up to `timeout_s` for the first. An offset that retention has passed reads on from `begin`.

        Raises:
            LogError: the log does not answer.
        """

    @abstractmethod
    def trim(self, before_us: int) -> None:
        """Forget records appended before this time (microseconds since 1970). Offsets are never used again."""

    @abstractmethod
    def close(self) -> None:
        """Release connections and files. May be called twice. Appending afterwards is a LogError."""


def partition_of(key: bytes, partitions: int) -> int:
    """Return the partition of `key` in a log that hashes keys itself.

    >>> partition_of(b"checkout/gpt-4o", 4) == partition_of(b"checkout/gpt-4o", 4)
    True
    """
    return zlib.crc32(key) % partitions
