"""What the stream hands the store, and the door between them. The SDK does not import this.

A block is a run of whole records of one partition, scored. Its edges are written first, then its rows under a
deduplication token made from the edges; so a block that is in doubt after a crash is cut again at the same edges and
written again, with no effect where it was whole.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["BlockStore", "Edge", "Home", "Page", "SourceCount"]


@dataclass(frozen=True, slots=True, order=True)
class Home:
    """One partition of one topic."""

    topic: str
    partition: int


@dataclass(slots=True)
class SourceCount:
    """What one block says of one sender: the server's counts in this block, the sender's own so far."""

    accepted: int = 0
    """Events the log had taken, repeats and unsound ones included."""
    duplicates: int = 0
    """Of them, events that had been seen before: skipped."""
    refused: int = 0
    """Of them, events that went to the dead letters."""
    emitted: int = 0
    """Events the app had emitted, by the sender's last word."""
    dropped: Mapping[str, int] = field(default_factory=dict)
    """Of them, events that never left the app, by reason."""


@dataclass(frozen=True, slots=True)
class Edge:
    """Where a block begins and ends (offsets of its first and last record), and its counts by source."""

    home: Home
    first: int
    last: int
    sources: Mapping[str, SourceCount] = field(default_factory=dict)
    logged_us: int = 0
    """The log's time of its last record, microseconds since 1970."""

    @property
    def token(self) -> str:
        """The insert_deduplication_token of the block's rows."""
        return f"{self.home.topic}/{self.home.partition}/{self.first}-{self.last}"


@dataclass(frozen=True, slots=True)
class Page:
    """A piece of detector state: `kind` and `number` name it, `data` is the owner's own encoding."""

    kind: str
    number: int
    data: bytes


class BlockStore(ABC):
    """The store as the stream sees it. Every method blocks until the store has answered.

    Raises, from every method:
        StoreUnavailable: no answer, or a refusal that will pass; the same call may be made again.
        StoreError: a refusal that will not pass.
    """

    @abstractmethod
    def claim(self, home: Home) -> int:
        """Take `home` over and return the epoch to write under; every earlier owner's is fenced from now on.

        Call it before `edges` and `load_pages`: what an earlier owner has under way is then either visible to them, or
        fenced off.
        """

    @abstractmethod
    def edges(self, home: Home, after: int) -> list[Edge]:
        """Return the edges of the blocks whose last offset is above `after`, in order: their offsets alone."""

    @abstractmethod
    def write_edge(self, edge: Edge, epoch: int) -> None:
        """Write the edges of the block that comes next.

        Raises:
            Fenced: a higher epoch has claimed the partition; the block's rows must not be written.
        """

    @abstractmethod
    def write_rows(self, edge: Edge, tables: Mapping[str, pa.Table]) -> None:
        """Write the block's rows, by table. Writing a block again has no effect on what is there, rollups included.

        All but the last block of a partition are known to be whole: call it in order.
        """

    @abstractmethod
    def load_pages(self, home: Home) -> tuple[int, list[Page]]:
        """Return the newest whole snapshot: the last offset it covers (-1 where there is none) and its pages."""

    @abstractmethod
    def save_pages(self, home: Home, epoch: int, offset: int, pages: Iterable[Page], *, whole: bool) -> None:
        """Save the pages that have changed, and with them the snapshot up to `offset`.

        `whole` says that these are all pages: true for the first snapshot of an epoch, which then replaces those of
        the epochs before it. A crash in the middle leaves the snapshot before.
        """
