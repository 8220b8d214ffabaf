"""Log records and the spans that they are about: two requests, often of two threads of the app, in either order.

Neither is answered before the log has both as one row: so each is held for the other, for some seconds at most. Spans
never are; records are where their exporter would else hold back, behind them, others that the same spans wait for. What
cannot be done is in docs/gateway.md.
"""

from __future__ import annotations

import asyncio
import time
from collections import OrderedDict
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Final

from windvane.collectors.gateway.otlp.span import SpanEvent

__all__ = ["Claim", "Group", "Joiner"]

_REMEMBERED: Final = 50_000
"""Spans that were stored, of which it is known for a while that they were."""
_KNOWN_S: Final = 600.0
"""How long it is known of a service whether records of it come."""
_PATIENCE_S: Final = 2.0
"""Exporters send records once a second, spans every five seconds: so spans need not wait as long as records."""
_LONGEST_S: Final = 60.0
"""For the log to take what was claimed; after that records are to be sent again."""
_MOST_SERVICES: Final = 1000
_LAST: Final = ("gen_ai.choice", "gen_ai.client.inference.operation.details")
"""What ends a call, among its records."""

JOINED, ALONE, LATE, REPEATED, FAILED = "joined", "alone", "late", "repeated", "failed"


@dataclass(slots=True, eq=False)
class Group:
    """The records of one call in one request; `outcome` is set once it is known what becomes of them."""

    id: str
    events: list[SpanEvent]
    outcome: asyncio.Future[str] | None = None
    claim: Claim | None = None
    taken: asyncio.Event = field(default_factory=asyncio.Event)
    """Set once it is claimed, or settled."""

    def settle(self, outcome: str) -> None:
        """Say what has become of them. On the event loop."""
        if self.outcome is not None and not self.outcome.done():
            self.outcome.set_result(outcome)
        self.taken.set()

    @property
    def sticks(self) -> bool:
        """Whether its span waits for records that can only come once these are answered."""
        return self.claim is not None and bool(self.claim.awaited)


@dataclass(slots=True, eq=False)
class Claim:
    """What a request of spans has got: its groups by the event's id."""

    wanted: dict[str, list[Group]]
    awaited: dict[str, bool]
    """Those whose records have not all come yet; whether the call failed, and so has no answer among them."""
    services: set[str]
    """Whose calls are awaited."""
    whole: asyncio.Event = field(default_factory=asyncio.Event)

    def take(self, group: Group) -> None:
        """Add a group, and see whether that was the last that was waited for."""
        group.claim = self
        self.wanted[group.id].append(group)
        if self.awaited.get(group.id) or any(event.name in _LAST for event in group.events):
            self.awaited.pop(group.id, None)
        if not self.awaited:
            self.whole.set()
        group.taken.set()

    def events(self) -> dict[str, Sequence[SpanEvent]]:
        """Return the records by the event's id, in the order of their times."""
        said = {
            id: [event for group in groups for event in group.events] for id, groups in self.wanted.items() if groups
        }
        return {id: sorted(events, key=lambda event: event.time_ns) for id, events in said.items()}


class Joiner:
    """Holds what waits for its other half. All but `expects` and `idle` on the event loop."""

    def __init__(self, wait_s: float) -> None:
        """`wait_s`: how long a request may be held; 0 joins nothing."""
        self.wait_s = wait_s
        self._groups: dict[str, list[Group]] = {}
        self._claims: dict[str, Claim] = {}
        self._stored: OrderedDict[str, bool] = OrderedDict()
        self._services: OrderedDict[str, tuple[float, bool]] = OrderedDict()

    def expects(self, service: str, now: float) -> bool | None:
        """Return whether records of this service come; None where that is not known. Any thread may ask."""
        at, come = self._services.get(service, (-_KNOWN_S, False))
        return come if now - at < _KNOWN_S else None

    @property
    def idle(self) -> bool:
        """Whether no record waits for its span."""
        return not self._groups

    def expect(self, services: Iterable[str], now: float, *, come: bool = True) -> None:
        """Note that records of these services come, or that none has."""
        for service in services:
            if come or not self.expects(service, now):
                self._services[service] = now, come
                self._services.move_to_end(service)
        while len(self._services) > _MOST_SERVICES:
            self._services.popitem(last=False)

    async def collect(self, claim: Claim) -> None:
        """Give a request of spans the records that are here; wait for those that are to come."""
        for id in claim.wanted:
            for group in self._groups.pop(id, ()):
                claim.take(group)
        if claim.awaited:
            self._claims.update(dict.fromkeys(claim.wanted, claim))
            try:
                async with asyncio.timeout(min(self.wait_s, _PATIENCE_S)):
                    await claim.whole.wait()
            except TimeoutError:
                if not any(claim.wanted.values()):
                    self.expect(claim.services, time.monotonic(), come=False)
            finally:
                for id in claim.wanted:
                    if self._claims.get(id) is claim:
                        del self._claims[id]

    async def offer(self, groups: Sequence[Group]) -> None:
        """Wait until it is known what becomes of the records."""
        loop = asyncio.get_running_loop()
        for group in groups:
            group.outcome = loop.create_future()
            if (claim := self._claims.get(group.id)) is not None:
                claim.take(group)
            elif (told := self._stored.get(group.id)) is not None:
                group.settle(REPEATED if told else LATE)
            else:
                self._groups.setdefault(group.id, []).append(group)
        futures = [group.outcome for group in groups if group.outcome is not None]
        with suppress(TimeoutError):
            async with asyncio.timeout(self.wait_s):
                for group in groups:
                    await group.taken.wait()
        for group in groups:
            if group.claim is None and group.outcome is not None and not group.outcome.done():
                self._forget(group)
                group.settle(ALONE)
        # An exporter sends one request at a time: what the spans still wait for is behind this one, and would never
        # come. So it is answered, though it is not durable yet: the spans are not answered before it is.
        if any(group.sticks for group in groups):
            for group in groups:
                group.settle(JOINED)
        # What a span has claimed is about to be durable, or not.
        await asyncio.wait(futures, timeout=_LONGEST_S)
        for group in groups:
            group.settle(FAILED)

    def _forget(self, group: Group) -> None:
        held = self._groups.get(group.id, [])
        if group in held:
            held.remove(group)
        if not held:
            self._groups.pop(group.id, None)

    def settle(self, claim: Claim | None, stored: Mapping[str, bool] | None) -> None:
        """Say that a request of spans is durable, and which of them tell what was said; None where it is not."""
        if claim is not None:
            for groups in claim.wanted.values():
                for group in groups:
                    group.settle(JOINED if stored is not None else FAILED)
        if stored is not None:
            for id, told in stored.items():
                for group in self._groups.pop(id, ()):  # it came while the span was on its way to the log
                    group.settle(REPEATED if told else LATE)
                self._stored[id] = told
            while len(self._stored) > _REMEMBERED:
                self._stored.popitem(last=False)
