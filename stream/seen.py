"""What has been seen: a sender that retries after a lost answer sends an envelope twice, and each event counts once.

All goes by the log's order and time, never by a clock: a replay forgets what the first run forgot.
"""

from __future__ import annotations

import logging
from bisect import bisect_left, bisect_right
from collections import OrderedDict
from collections.abc import Iterable, Iterator, Sequence
from hashlib import blake2b
from typing import Final
from zlib import crc32

import msgspec
import zstandard

from windvane.collectors.block import Page

__all__ = ["Seen"]

_log: Final = logging.getLogger("windvane.stream")
_HOUR_US: Final = 3_600 * 1_000_000
_PAGES: Final = 64
_LONGEST_NAME: Final = 64


class _Source(msgspec.Struct, array_like=True):
    """One source: when it was last heard, and the numbers seen under each key as begin, end, begin, end …"""

    name: str
    at: int
    keys: dict[str, list[int]] = {}


class _Saved(msgspec.Struct, array_like=True):
    """A page. `forgotten` is the time of the last source that was forgotten, when the page was written."""

    now: int
    forgotten: int
    sources: list[_Source]


class _Memory:
    """Sources by when they were last heard. The oldest are forgotten: after `kept_us`, or above `most` runs in all."""

    def __init__(self, kind: str, kept_us: int, most: int, *, once: bool) -> None:
        """`once`: a source counts as heard when it is first heard, and is saved with those of the same minute."""
        self.kind, self._kept_us, self._most, self._once = kind, kept_us, most, once
        self._sources: OrderedDict[str, _Source] = OrderedDict()
        self._runs, self._now, self._forgotten, self._said_at = 0, 0, 0, -_HOUR_US
        self._changed: set[int] = set()

    def admit(self, name: str, key: str, first: int, end: int, time_us: int) -> list[range]:
        # Never the same time twice: the times alone say who was heard last.
        self._now = max(time_us, self._now + 1)
        source = self._sources.get(name)
        if source is None:
            source = self._sources[name] = _Source(name, self._now)
        elif not self._once:
            source.at = self._now
            self._sources.move_to_end(name)
        known = source.keys.setdefault(key, [])
        before = len(known)
        fresh = _merge(known, first, end)
        self._runs += (len(known) - before) // 2
        self._changed.add(self._page(source))
        self._forget()
        return fresh

    def _forget(self) -> None:
        while self._sources:
            oldest = next(iter(self._sources.values()))
            crowded = self._runs > self._most
            if not crowded and oldest.at > self._now - self._kept_us:
                break
            if crowded and self._now - self._said_at >= _HOUR_US:
                self._said_at = self._now
                text = (
                    "%s: more than %d runs; sources silent for %d s are forgotten, and their repeats would count anew"
                )
                _log.warning(text, self.kind, self._most, (self._now - oldest.at) // 1_000_000)
            self._sources.popitem(last=False)
            self._runs -= _runs(oldest)
            self._forgotten = oldest.at

    def _page(self, source: _Source) -> int:
        return source.at // 60_000_000 % _PAGES if self._once else crc32(source.name.encode()) % _PAGES

    def pages(self, *, whole: bool) -> Iterator[Page]:
        pages: dict[int, list[_Source]] = {}
        for source in self._sources.values():
            number = self._page(source)
            if whole or number in self._changed:
                pages.setdefault(number, []).append(source)
        for number in sorted(pages):
            saved = _Saved(self._now, self._forgotten, pages[number])
            yield Page(self.kind, number, zstandard.compress(msgspec.msgpack.encode(saved), 1))
        self._changed.clear()

    def load(self, pages: Iterable[Page]) -> None:
        saved = [
            msgspec.msgpack.decode(zstandard.decompress(page.data), type=_Saved)
            for page in pages
            if page.kind == self.kind
        ]
        self._now = max((page.now for page in saved), default=0)
        self._forgotten = max((page.forgotten for page in saved), default=0)
        # A page still has what was forgotten after it was written: forgetting alone is no reason to write it again.
        known = [source for page in saved for source in page.sources if source.at > self._forgotten]
        self._sources = OrderedDict((source.name, source) for source in sorted(known, key=lambda source: source.at))
        self._runs = sum(map(_runs, known))


class Seen:
    """The numbers seen under each (source, key). State of a partition, bounded, saved in pages.

    A sender is forgotten when it has been silent for a week: none retries for so long. A request to the gateway that
    has an Idempotency-Key is a source of its own, `request/…`: it is forgotten an hour after it came.
    """

    def __init__(self, *, most: int = 250_000) -> None:
        """`most`: runs without a gap to keep, of senders and of requests each; a sound sender has one per key."""
        self._senders = _Memory("seen/senders", 7 * 24 * _HOUR_US, most, once=False)
        self._requests = _Memory("seen/requests", _HOUR_US, most, once=True)

    def admit(self, source: str, key: str, first: int, count: int, time_us: int) -> Sequence[range]:
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
        memory = self._requests if source.startswith("request/") else self._senders
        return memory.admit(_short(source), _short(key), first, first + count, time_us)

    def pages(self, *, whole: bool) -> Iterator[Page]:
        """Yield the pages that have changed since they were last asked for; all of them if `whole`."""
        yield from self._senders.pages(whole=whole)
        yield from self._requests.pages(whole=whole)

    def load(self, pages: Sequence[Page]) -> None:
        """Take the pages of a snapshot."""
        self._senders.load(pages)
        self._requests.load(pages)


def _merge(known: list[int], first: int, end: int) -> list[range]:
    """Put [first, end) into the runs of `known`; return what was not in them, as places from `first`."""
    if known and known[-1] == first:  # as a sender that is heard goes on
        known[-1] = end
        return [range(end - first)]
    low, high = bisect_left(known, first), bisect_right(known, end)
    low, high = low - low % 2, high + high % 2  # whole runs: all that touch [first, end)
    fresh, at = [], first
    for begin, stop in zip(known[low:high:2], known[low + 1 : high : 2], strict=True):
        if begin > at:
            fresh.append(range(at - first, begin - first))
        at = max(at, stop)
    if at < end:
        fresh.append(range(at - first, end - first))
    touched = known[low:high]
    known[low:high] = [min(first, *touched[:1]), max(end, *touched[-1:])] if touched else [first, end]
    return fresh


def _runs(source: _Source) -> int:
    return sum(map(len, source.keys.values())) // 2


def _short(name: str) -> str:
    """Whoever sends chooses the names: a long one is known by its digest."""
    return name if len(name) <= _LONGEST_NAME else "#" + blake2b(name.encode(), digest_size=16).hexdigest()
