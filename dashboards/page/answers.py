"""Answers of the store for the page: a few at a time, the same question asked once within two seconds."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import Any, Final

import msgspec

from windvane.storage.reader import Reader

__all__ = ["Answers", "Column", "Gone"]

Column = dict[str, Any]
"""`name`, `type` (ClickHouse's) and `values`."""

_AT_ONCE: Final = 2
_SHARED_S: Final = 2.0


class Gone(Exception):
    """Nobody waits for the answer any more; the store was not asked."""


class Answers:
    """Asks a reader. To be used from one event loop."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader
        self._free = asyncio.Semaphore(_AT_ONCE)
        self._asked: dict[str, tuple[float, asyncio.Task[list[Column]]]] = {}

    async def columns(self, sql: str, wanted: Callable[[], bool]) -> list[Column]:
        """Return the answer by column. `wanted` is asked when it is this question's turn.

        Raises:
            Gone: it was not wanted any more.
            StoreError: the store refused, or does not answer.
        """
        async with self._free:
            if not wanted():
                raise Gone
            now = time.monotonic()
            for old in [key for key, (at, task) in self._asked.items() if task.done() and now - at > _SHARED_S]:
                del self._asked[old]
            if sql not in self._asked:
                self._asked[sql] = (now, asyncio.create_task(asyncio.to_thread(self._ask, sql)))
            task = self._asked[sql][1]
            try:
                # One who leaves does not take the answer from the others.
                return await asyncio.shield(task)
            finally:
                # A failure is nobody's second answer: the next who asks asks the store.
                if task.done() and task.exception() and self._asked.get(sql, (0, None))[1] is task:
                    del self._asked[sql]

    def _ask(self, sql: str) -> list[Column]:
        answer = self._reader.text(sql, "columns")
        decoded = msgspec.json.decode(answer)
        values = list(zip(*decoded["data"], strict=True)) or [()] * len(decoded["meta"])
        return [{**column, "values": found} for column, found in zip(decoded["meta"], values, strict=True)]
