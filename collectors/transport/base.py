"""The door from the SDK to the log: takes envelopes, says when they are durable."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence

__all__ = ["Transport"]


class Transport(ABC):
    """Carries envelopes to the log. Used by one thread, the sender's; opened by it, not by the app's."""

    @abstractmethod
    def send(self, envelopes: Sequence[tuple[str, bytes]]) -> None:
        """Carry `envelopes`, each a record key and a record, and return once all of them are durable in the log.

        May block, for seconds at most. Opens its connection when first called and again after a failure. Calling it
        again with the same envelopes is safe: the stream recognizes repeats by source and sequence.

        Raises:
            TransportError: at least one of them may not be durable. `retry_after` says when to come back, if known.
        """

    @abstractmethod
    def close(self) -> None:
        """Give up the connection. Does not wait for the other side. May be called twice."""
