"""The local loop: one thread that drives the pipeline over a log in this process."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from typing import Final

from windvane.collectors.block import BlockStore, Home
from windvane.collectors.log.base import Log
from windvane.errors import LogError, StoreError
from windvane.stream.partition import Limits, PartitionScorer
from windvane.stream.pipeline import Pipeline

__all__ = ["LocalLoop"]

_log: Final = logging.getLogger("windvane.stream")
_IDLE_S: Final = 0.05
_TRIM_S: Final = 60.0


class LocalLoop(threading.Thread):
    """Reads every partition of `log`, scores, and writes to `store`, until stopped.

    A log or a store that refuses is retried, for as long as it takes: what waits is safe in the log. `trouble` then
    says what is wrong, for the page.
    """

    def __init__(self, log: Log, store: BlockStore, make_pipeline: Callable[[], Pipeline], limits: Limits, *,
                 retention_s: float) -> None:  # fmt: skip
        super().__init__(name="windvane-loop", daemon=True)
        self.trouble = ""
        self._events, self._store, self._limits, self._retention_s = log, store, limits, retention_s
        self._make_pipeline = make_pipeline
        self._halt = threading.Event()
        self._scorers: dict[int, PartitionScorer] = {}
        self._trimmed_at = time.monotonic()

    def run(self) -> None:
        """Drive the pipeline; on `stop`, finish the block in hand and save state."""
        wait_s = 0.1
        while not self._halt.is_set():
            try:
                self._turn()
                self.trouble, wait_s = "", 0.1
            except (StoreError, LogError) as error:
                if str(error) != self.trouble:
                    _log.warning("%s; trying again", error)
                self.trouble = str(error)
                self._halt.wait(wait_s)
                wait_s = min(2 * wait_s, 5.0)
            except Exception:
                _log.exception("the local loop failed; it goes on from what is stored")
                self.trouble = "the loop failed; see the log of this process"
                self._scorers.clear()
                self._halt.wait(1.0)
        self._finish()

    def stop(self, timeout_s: float = 30.0) -> None:
        """Ask the loop to end and wait for it. What it has not written stays in the log."""
        self._halt.set()
        self.join(timeout_s)

    def written(self) -> dict[int, int]:
        """Return the last offset whose events are stored, by partition."""
        return {partition: scorer.written_offset for partition, scorer in list(self._scorers.items())}

    def _turn(self) -> None:
        read = 0
        for partition in range(self._events.partitions()):
            scorer = self._scorers.get(partition) or self._take(partition)
            if scorer.due():
                scorer.write()
            for record in self._events.read(partition, scorer.next_offset, limit=100):
                scorer.add(record)
                read += 1
                if scorer.due():
                    scorer.write()
        if not read:
            self._halt.wait(_IDLE_S)
        self._trim()

    def _take(self, partition: int) -> PartitionScorer:
        home = Home(self._events.topic, partition)
        scorer = PartitionScorer(home, self._make_pipeline(), self._store, self._limits, clock=time.monotonic)
        scorer.recover()
        self._scorers[partition] = scorer
        return scorer

    def _trim(self) -> None:
        """Let the log forget what is old and stored."""
        if time.monotonic() - self._trimmed_at < _TRIM_S or not self._scorers:
            return
        self._trimmed_at = time.monotonic()
        stored_us = min(scorer.written_us for scorer in self._scorers.values())
        self._events.trim(min(stored_us, time.time_ns() // 1000 - int(self._retention_s * 1e6)))

    def _finish(self) -> None:
        for scorer in self._scorers.values():
            try:
                if not scorer.replaying:
                    scorer.write()
                    scorer.save()
            except StoreError as error:
                _log.warning("%s; what is not stored waits in the log", error)
