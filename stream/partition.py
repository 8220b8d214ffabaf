"""One partition's way from records to the store: cut blocks, score them, write them once, save state, resume.

Both loops, Faust's and the local one, drive this and nothing else.
"""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from windvane.collectors.block import BlockStore, Edge, Home
from windvane.collectors.envelope import Envelope
from windvane.collectors.log.base import Stored
from windvane.errors import EnvelopeError, StoreError
from windvane.stream.block import gather, open_record
from windvane.stream.pipeline import Pipeline
from windvane.stream.seen import Seen
from windvane.stream.tables import tables_of

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["Limits", "PartitionScorer"]

_log: Final = logging.getLogger("windvane.stream")
_BLOCK_BYTES: Final = 8 << 20
"""Records in one block, as they are in the log: events with long contexts fill the memory before they are many."""


@dataclass(frozen=True, slots=True)
class Limits:
    """When a block is cut, and how often state is saved."""

    block_rows: int
    flush_s: float
    snapshot_s: float


@dataclass(slots=True)
class _Block:
    """A block that was scored and waits to be written: writing it may be tried again, scoring may not."""

    edge: Edge
    tables: Mapping[str, pa.Table]
    edge_known: bool


class PartitionScorer:
    """The state of one partition in this process. Not thread-safe: one thread or task at a time.

    Order of life: `recover` once, then `add` records in order of offset, and `write` whenever `due`.
    """

    def __init__(
        self, home: Home, pipeline: Pipeline, store: BlockStore, limits: Limits, *, clock: Callable[[], float]
    ) -> None:
        """`clock` gives seconds that only grow."""
        self.home, self._pipeline, self._store, self._limits = home, pipeline, store, limits
        self._epoch, self._clock = 0, clock
        self._seen = Seen()
        self._records: list[Stored] = []
        self._opened: list[Envelope | EnvelopeError] = []
        self._events = self._bytes = 0
        self._wrote_at = clock()
        self._plan: deque[Edge] = deque()
        self._scored: _Block | None = None
        self._saved_at = clock()
        self._whole = True
        self.next_offset = 0
        """The offset to read next."""
        self.written_offset = -1
        """The last offset whose events are in the store."""
        self.written_us = 0
        """The log's time of that record."""

    def recover(self) -> None:
        """Take the partition over and set `next_offset`. Blocks on the store.

        Raises:
            StoreError: the store refused; try again, or give the partition up.
        """
        self._epoch = self._store.claim(self.home)
        offset, pages = self._store.load_pages(self.home)
        self._pipeline.load(pages)
        self._seen.load(pages)
        # What was written after the snapshot is scored again, cut at the same edges: the state comes to where it was.
        self._plan = deque(self._store.edges(self.home, offset))
        self.written_offset = self._plan[-1].last if self._plan else offset
        if self._plan:
            _log.info("%s/%d: replays %d blocks to restore its state", *_names(self.home), len(self._plan))
        self.next_offset = offset + 1

    @property
    def replaying(self) -> bool:
        """Whether records are being scored again that are in the store already."""
        return bool(self._plan)

    def add(self, record: Stored) -> None:
        """Take the next record. Never raises for what is in it."""
        self._skip_lost_edges(record.offset)
        self.next_offset = record.offset + 1
        opened = open_record(record)
        self._records.append(record)
        self._opened.append(opened)
        self._events += 1 if isinstance(opened, EnvelopeError) else opened.header.count
        self._bytes += len(record.value)

    def _skip_lost_edges(self, offset: int) -> None:
        """Give blocks up whose records the log no longer has."""
        while self._plan and offset > self._plan[0].last and not self._scored and not self._at_edge():
            edge = self._plan.popleft()
            _log.warning(
                "%s/%d: the log no longer has %d-%d; state learnt there is lost",
                *_names(self.home),
                edge.first,
                edge.last,
            )

    def _at_edge(self) -> bool:
        return bool(self._plan and self._records and self._records[-1].offset >= self._plan[0].last)

    def due(self) -> bool:
        """Return whether `write` has something to do now."""
        if self._scored or self._at_edge():
            return True
        if not self._records or self._plan:
            return False
        full = self._events >= self._limits.block_rows or self._bytes >= _BLOCK_BYTES
        return full or self._clock() - self._wrote_at >= self._limits.flush_s

    def write(self) -> None:
        """Score what was added since the last time, and store it; when it is due, save state too. Blocks on the store.

        Raises:
            Fenced: another worker owns the partition; this object is of no more use.
            StoreError: nothing is lost; call it again.
        """
        if self._scored is None:
            if not self._records:
                return
            self._scored = self._score()
        self._wrote_at = self._clock()
        block = self._scored
        in_doubt = block.edge_known and not self._plan
        if not block.edge_known:
            self._store.write_edge(block.edge, self._epoch)
            block.edge_known = in_doubt = True
        if in_doubt:
            self._store.write_rows(block.edge, block.tables)
        self._scored = None
        self.written_offset = max(self.written_offset, block.edge.last)
        if not self._plan and self._clock() - self._saved_at >= self._limits.snapshot_s:
            self.save()

    def _score(self) -> _Block:
        """Turn the records at hand into a scored block: up to the planned edge while replaying, else all of them."""
        known = bool(self._plan)
        planned = self._plan.popleft() if known else None
        records, opened = self._records, self._opened
        held = gather(records, opened, self._seen)
        edge = planned or Edge(self.home, records[0].offset, records[-1].offset, held.counts, records[-1].time_us)
        self._records, self._opened = [], []
        self._events = self._bytes = 0
        self.written_us = records[-1].time_us
        if held.unknown_columns:
            _log.info("%s/%d: a newer sender's columns were passed over; update this worker", *_names(self.home))
        scored = self._pipeline.score(held.batch())
        # Of a block that is stored for sure only the state was asked for.
        return _Block(edge, {} if self._plan else tables_of(self.home, scored, held.letters), known)

    def save(self) -> None:
        """Save the state as of the last block. A store that refuses costs a longer replay, nothing else."""
        if self._plan or self._scored:
            return
        pages = [*self._pipeline.pages(whole=self._whole), *self._seen.pages(whole=self._whole)]
        self._saved_at = self._clock()
        try:
            if pages:
                self._store.save_pages(self.home, self._epoch, self.written_offset, pages, whole=self._whole)
            self._whole = False
        except StoreError as error:
            # Pages count as saved once they were asked for: after a failure only all of them are sure.
            self._whole = True
            _log.warning("%s/%d: state was not saved: %s", *_names(self.home), error)


def _names(home: Home) -> tuple[str, int]:
    return home.topic, home.partition
