"""What has been seen: a sender that retries after a lost answer sends an envelope twice, and each event counts once."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator
from typing import Final

import msgspec
import zstandard

from windvane.collectors.block import Page

__all__ = ["Seen"]

_KEPT_US: Final = 7 * 86_400 * 1_000_000
"""A source that has been silent for this long, by the log's time, is forgotten: no sender retries for a week."""


class Seen:
    """The numbers seen under each (source, key), as runs without gaps. State of a partition, saved in one page."""

    kind: Final = "seen"

    def __init__(self) -> None:
        self._runs: dict[tuple[str, str], list[list[int]]] = {}
        self._last_us: dict[str, int] = {}
        self._changed = False

    def admit(self, source: str, key: str, first: int, count: int, time_us: int) -> list[range]:
        """Note the events numbered from `first` on; return the places among them, from 0, that are new.

        Without a source nothing is known, and all are new.

        >>> seen = Seen()
        >>> seen.admit("a", "k", 0, 10, 0), seen.admit("a", "k", 20, 5, 0), seen.admit("a", "k", 5, 20, 0)
        ([range(0, 10)], [range(0, 5)], [range(5, 15)])
        >>> seen.admit("a", "k", 0, 25, 0), seen.admit("b", "k", 0, 2, 0)
        ([], [range(0, 2)])
        """
        if not source or not count:
            return [range(count)] if count else []
        self._last_us[source] = max(time_us, self._last_us.get(source, 0))
        self._changed = True
        known = self._runs.setdefault((source, key), [])
        end = first + count
        # The runs that touch [first, end): all between these two places.
        low = bisect_left(known, first, key=lambda run: run[1])
        high = bisect_right(known, end, key=lambda run: run[0])
        fresh, at = [], first
        for begin, stop in known[low:high]:
            if begin > at:
                fresh.append(range(at - first, begin - first))
            at = max(at, stop)
        if at < end:
            fresh.append(range(at - first, count))
        touched = known[low:high]
        known[low:high] = [[min([first, *(run[0] for run in touched)]), max([end, *(run[1] for run in touched)])]]
        return fresh

    def pages(self, *, whole: bool) -> Iterator[Page]:
        """Yield the state if it has changed since it was last asked for, or if `whole`."""
        if whole or self._changed:
            newest = max(self._last_us.values(), default=0)
            gone = {source for source, last in self._last_us.items() if last < newest - _KEPT_US}
            if gone:
                self._runs = {name: run for name, run in self._runs.items() if name[0] not in gone}
                self._last_us = {source: last for source, last in self._last_us.items() if source not in gone}
            runs = [(source, key, run) for (source, key), run in self._runs.items()]
            yield Page(self.kind, 0, zstandard.compress(msgspec.msgpack.encode((runs, self._last_us)), 1))
        self._changed = False

    def load(self, pages: Iterable[Page]) -> None:
        """Take the page of a snapshot."""
        for page in pages:
            if page.kind == self.kind:
                kind = tuple[list[tuple[str, str, list[list[int]]]], dict[str, int]]
                runs, self._last_us = msgspec.msgpack.decode(zstandard.decompress(page.data), type=kind)
                self._runs = {(source, key): run for source, key, run in runs}
