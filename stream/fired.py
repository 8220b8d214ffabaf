"""Which signals are fired now: a series that fires says which of its segments had fired before it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

import msgspec

from windvane.stream.detector import Change
from windvane.stream.series import Series
from windvane.stream.state import Stateful

__all__ = ["Fired"]


class Fired(Stateful):
    """What has fired and not ended yet. Kept where series have segments."""

    name = "fired"

    def __init__(self) -> None:
        self._since: dict[tuple[int, str, str], int] = {}
        self._changed = False

    def name_segments(self, changes: Sequence[Change], keys: Sequence[Series]) -> list[Change]:
        """Take changes in, in the log's order, and return them; where a whole series fires, with its `segments`.

        These are the segments of it in which the same has fired, the first to move first. None: it is not one of them.
        """
        named = []
        for change in changes:
            about = (change.series, str(change.signal), str(change.evidence.get("feature")))
            if change.state == "fired":
                self._since[about] = change.since_us
                if not keys[change.series].segment:
                    change = replace(change, evidence={**change.evidence, "segments": self._segments(about, keys)})
            else:
                self._since.pop(about, None)
            named.append(change)
        self._changed |= bool(changes)
        return named

    def _segments(self, about: tuple[int, str, str], keys: Sequence[Series]) -> list[str]:
        whole, *what = about
        found = [
            (since, keys[series].segment)
            for (series, *fired), since in self._since.items()
            if fired == what and series != whole and keys[series]._replace(segment="") == keys[whole]
        ]
        return [segment for _, segment in sorted(found)]

    def pages(self, *, whole: bool) -> Iterator[tuple[int, bytes]]:
        """See `Stateful.pages`: one page."""
        if whole or self._changed:
            yield 0, msgspec.msgpack.encode(sorted(self._since.items()))
        self._changed = False

    def load(self, pages: Iterable[tuple[int, bytes]]) -> None:
        """See `Stateful.load`."""
        for _, data in pages:
            self._since = dict(msgspec.msgpack.decode(data, type=list[tuple[tuple[int, str, str], int]]))
