"""Envelopes straight into Kafka."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import urlsplit

import kafka.errors  # noqa: F401  # the log's, at its first append: too late, see opening.py

from windvane.collectors.log.base import Record
from windvane.collectors.log.kafka import KafkaLog
from windvane.collectors.transport.base import Transport
from windvane.errors import LogError, TransportError
from windvane.settings import setting

__all__ = ["KafkaTransport"]


class KafkaTransport(Transport):
    """kafka://host:port[,host:port][/topic]."""

    def __init__(self, endpoint: str) -> None:
        parts = urlsplit(endpoint)
        self._log = KafkaLog(parts.netloc, topic=parts.path.strip("/") or setting("topic"))

    def send(self, envelopes: Sequence[tuple[str, bytes]]) -> None:
        """See `Transport.send`. Gives up after about 25 s."""
        try:
            self._log.append([Record(key.encode(), record) for key, record in envelopes])
        except LogError as error:
            raise TransportError(str(error)) from error

    def close(self) -> None:
        """See `Transport.close`."""
        self._log.close()
