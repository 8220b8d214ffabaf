"""What is remembered of a partition: saved in pages that have changed, and loaded again."""

from __future__ import annotations

import logging
from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator
from typing import Any, ClassVar, Final

import msgspec
import numpy as np
import zstandard

__all__ = ["ArrayState", "Stateful"]

_log: Final = logging.getLogger("windvane.stream")


class Stateful(ABC):
    """Has state that is all it remembers: no clock, no randomness without a seed."""

    name: str
    """Its name; also that of its saved state."""

    @abstractmethod
    def pages(self, *, whole: bool) -> Iterator[tuple[int, bytes]]:
        """Yield the pages of state that have changed since they were last asked for; all of them if `whole`."""

    @abstractmethod
    def load(self, pages: Iterable[tuple[int, bytes]]) -> None:
        """Take the pages of a snapshot, all or none: one of another version's layout is passed over, and said so."""


class ArrayState(Stateful):
    """State that is one record of a numpy dtype per place, such as a series: growth, pages and loading come from here.

    Who changes `state[place]` marks it in `_dirty[place // page_size]`.
    """

    dtype: ClassVar[np.dtype[Any]]
    version: ClassVar[int] = 1
    """To be raised when a field of `dtype` keeps its name and changes its meaning."""
    page_size: ClassVar[int] = 256

    def __init__(self) -> None:
        self.state = np.zeros(0, dtype=self.dtype)
        self._count = 0
        self._dirty = np.zeros(0, dtype=bool)

    def _grow(self, count: int) -> None:
        if count > len(self.state):
            size = max(count, 2 * len(self.state), self.page_size)
            state = np.zeros(size, dtype=self.dtype)
            state[: len(self.state)] = self.state
            dirty = np.zeros(-(-size // self.page_size), dtype=bool)
            dirty[: len(self._dirty)] = self._dirty
            self.state, self._dirty = state, dirty
        self._count = max(self._count, count)

    def pages(self, *, whole: bool) -> Iterator[tuple[int, bytes]]:
        """See `Stateful.pages`."""
        used = -(-self._count // self.page_size)
        for page in range(used) if whole else np.flatnonzero(self._dirty[:used]).tolist():
            records = self.state[page * self.page_size : min((page + 1) * self.page_size, self._count)]
            yield page, zstandard.compress(msgspec.msgpack.encode((self._layout(), records.tobytes())), 1)
        self._dirty[:] = False

    def load(self, pages: Iterable[tuple[int, bytes]]) -> None:
        """See `Stateful.load`."""
        read = [
            (page, *msgspec.msgpack.decode(zstandard.decompress(data), type=tuple[str, bytes])) for page, data in pages
        ]
        if any(layout != self._layout() for _, layout, _ in read):
            _log.warning("%s: saved state is of another version; it starts to learn anew", self.name)
            return
        for page, _, raw in read:
            records = np.frombuffer(raw, dtype=self.dtype)
            self._grow(page * self.page_size + len(records))
            self.state[page * self.page_size : page * self.page_size + len(records)] = records

    def _layout(self) -> str:
        return f"{self.version} {self.page_size} {self.dtype.descr}"
