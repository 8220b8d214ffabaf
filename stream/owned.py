"""The partitions that a worker owns, each driven by a `PartitionScorer`: taken over, fed, written, let go.

A record is acknowledged after its block is written, and nothing that a record holds can raise out of here.
"""

from __future__ import annotations

import asyncio
import logging
import os
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final

from faust.types import TP

from windvane.collectors.block import BlockStore, Home
from windvane.collectors.log.base import Stored
from windvane.errors import Fenced, StoreError
from windvane.stream.partition import Limits, PartitionScorer
from windvane.stream.pipeline import Pipeline

__all__ = ["EXIT_STORE", "Owned"]

_log: Final = logging.getLogger("windvane.stream")
_RECLAIM_S: Final = 1.0
_STORE_THREADS: Final = 4
EXIT_STORE: Final = 75
"""Exit code of a worker whose store refused for too long (sysexits: temporary failure); start it again."""


class Owned:
    """Methods run on the worker's event loop; the store is used from a few threads."""

    def __init__(
        self, store: BlockStore, make_pipeline: Callable[[], Pipeline], limits: Limits, *, retry_s: float
    ) -> None:
        self._store, self._make_pipeline, self._limits, self._retry_s = store, make_pipeline, limits, retry_s
        self._scorers: dict[TP, PartitionScorer] = {}
        self._unacked: dict[TP, list[Any]] = {}
        self._gaps: dict[TP, tuple[int, int]] = {}
        self._fenced: dict[TP, float] = {}
        self._lock = asyncio.Lock()
        # Blocks of a partition are written in order, each awaited; those of several partitions side by side.
        self._threads = ThreadPoolExecutor(_STORE_THREADS, "windvane-store")

    async def starts(self, assigned: set[TP]) -> dict[TP, int]:
        """Take the assigned partitions over; return the offset to read next, for each."""
        async with self._lock:
            for tp in assigned - self._scorers.keys():
                await self._take_over(tp)
            return {tp: self._scorers[tp].next_offset for tp in assigned}

    async def take(self, events: Sequence[Any], seek: Callable[[TP, int], Any]) -> None:
        """Take records in, in order of offset; `seek` is asked to go back where one is missing."""
        by_partition: dict[TP, list[Any]] = {}
        for event in events:
            by_partition.setdefault(TP(event.message.topic, event.message.partition), []).append(event)
        async with self._lock:
            # While one partition's block is written, another's records are decoded.
            await asyncio.gather(*(self._take_one(tp, some, seek) for tp, some in by_partition.items()))

    async def _take_one(self, tp: TP, events: Sequence[Any], seek: Callable[[TP, int], Any]) -> None:
        for event in events:
            message = event.message
            scorer = self._scorers.get(tp)
            if scorer is None or message.offset < scorer.next_offset:
                continue  # left over in a buffer from before a rebalance
            if message.offset > scorer.next_offset and not await self._nothing_between(tp, message.offset, seek):
                continue
            scorer.add(_stored(message))
            self._unacked[tp].append(event)
            if scorer.due():
                await self._write(tp)

    async def _nothing_between(self, tp: TP, offset: int, seek: Callable[[TP, int], Any]) -> bool:
        """Return whether the log has no record between the next one due and this one.

        A rebalance may have dropped some from a buffer. So it is read again from there; if this same record then comes
        first, there is nothing between.
        """
        expected = self._scorers[tp].next_offset
        asked = self._gaps.get(tp)
        if asked is None or asked[0] != expected:
            self._gaps[tp] = expected, offset
            await seek(tp, expected)
            return False
        return asked[1] == offset

    async def tick(self, assigned: set[TP], seek: Callable[[TP, int], Any]) -> None:
        """Write the blocks that have waited long enough; take back what another has claimed but Kafka says is ours.

        In the middle of a rebalance two workers may claim a partition, and the wrong one last. Claims only decide who
        may write; who should is Kafka's to say, and the loser's next turn puts it right.
        """
        async with self._lock:
            await asyncio.gather(*(self._write(tp) for tp, scorer in list(self._scorers.items()) if scorer.due()))
            for tp in [tp for tp, at in self._fenced.items() if time.monotonic() - at > _RECLAIM_S]:
                del self._fenced[tp]
                if tp in assigned and tp not in self._scorers:
                    await self._take_over(tp)
                    await seek(tp, self._scorers[tp].next_offset)

    async def finish(self) -> None:
        """Write what is at hand, save state, and let every partition go: the next owner has little to replay.

        Never raises: what cannot be written is read again by the next owner.
        """
        async with self._lock:
            await asyncio.gather(*(self._finish_one(tp, scorer) for tp, scorer in list(self._scorers.items())))
            self._fenced.clear()

    async def _finish_one(self, tp: TP, scorer: PartitionScorer) -> None:
        try:
            if not scorer.replaying:
                await self._in_thread(scorer.write)
                self._ack(tp)
                await self._in_thread(scorer.save)
        except StoreError as error:
            _log.warning("%s/%d: left to the next owner: %s", tp.topic, tp.partition, error)
        self._let_go(tp)
        _log.info("%s/%d: let go", tp.topic, tp.partition)

    async def _take_over(self, tp: TP) -> None:
        home = Home(tp.topic, tp.partition)
        scorer = PartitionScorer(home, self._make_pipeline(), self._store, self._limits, clock=time.monotonic)
        await self._retried(scorer.recover)
        self._scorers[tp], self._unacked[tp] = scorer, []
        _log.info("%s/%d: taken over, from offset %d on", tp.topic, tp.partition, scorer.next_offset)
        self._gaps.pop(tp, None)

    def _let_go(self, tp: TP) -> None:
        self._scorers.pop(tp, None)
        self._unacked.pop(tp, None)

    async def _write(self, tp: TP) -> None:
        try:
            await self._retried(self._scorers[tp].write)
        except Fenced as error:
            _log.warning("%s", error)
            self._let_go(tp)
            self._fenced[tp] = time.monotonic()
        else:
            self._ack(tp)

    def _ack(self, tp: TP) -> None:
        for event in self._unacked[tp]:
            event.ack()
        self._unacked[tp] = []

    async def _in_thread(self, call: Callable[[], None]) -> None:
        await asyncio.get_running_loop().run_in_executor(self._threads, call)

    async def _retried(self, call: Callable[[], None]) -> None:
        """Call the store until it takes it; after `retry_s` end the process, with all that is unwritten un-acked."""
        deadline, wait_s = time.monotonic() + self._retry_s, 0.1
        while True:
            try:
                return await self._in_thread(call)
            except Fenced:
                raise
            except StoreError as error:
                if time.monotonic() + wait_s > deadline:
                    _log.critical("%s; gave up after %.0f s. What is not stored stays in the log", error, self._retry_s)
                    logging.shutdown()
                    os._exit(EXIT_STORE)
                _log.warning("%s; trying again in %.1f s", error, wait_s)
                await asyncio.sleep(wait_s)
                wait_s = min(2 * wait_s, 10.0)


def _stored(message: Any) -> Stored:
    time_us = round(message.timestamp * 1_000_000)
    return Stored(message.topic, message.partition, message.offset, time_us, message.key or b"", message.value or b"")
