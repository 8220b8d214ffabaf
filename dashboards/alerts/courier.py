"""Telling channels what they have to be told, until they have been: sent first, then written down."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Mapping
from concurrent.futures import FIRST_COMPLETED, ThreadPoolExecutor, wait
from typing import Final, NamedTuple, Protocol

from windvane.dashboards.alerts.change import Notification
from windvane.dashboards.alerts.channels import send
from windvane.dashboards.alerts.message import message_of
from windvane.dashboards.alerts.rule import Channel
from windvane.errors import NotifyError

__all__ = ["Courier", "Waiting"]

_FIRST_S: Final = 5.0
_MOST_S: Final = 600.0
_END_S: Final = 24 * 3600.0
_BUDGET_S: Final = 30.0
_PARALLEL: Final = 8

_Key = tuple[str, str]


class Waiting(Protocol):
    """What the courier needs of the book. Both may block, and raise StoreError."""

    def waiting(self) -> list[Notification]:
        """Return what channels have not been told, oldest first: that which is neither `sent` nor `given_up`."""
        ...

    def delivered(self, notification: Notification, state: str, detail: str) -> None:
        """Write what became of one attempt, and that it was one more than `notification.attempts`."""
        ...


class _Outcome(NamedTuple):
    notification: Notification
    state: str
    detail: str


class Courier:
    """Delivers notifications; `deliver` is called again and again, by one thread.

    A channel gets one message at a time, and the next only when it is written down what became of the one before: after
    a kill -9, a channel may be told one notification twice, with the same id, and nothing is lost. A channel that fails
    is tried again after 5, 10, 20 … seconds, ten minutes at most, and at once after a restart; a notification is given
    up when it is a day old and has failed, or at once when another attempt cannot mend it.
    """

    def __init__(
        self,
        channels: Mapping[str, Channel],
        book: Waiting,
        page_url: str,
        clock: Callable[[], float] = time.time,
        *,
        todos: Mapping[str, str] | None = None,
        timeout_s: float = 10.0,
    ) -> None:
        """`clock` returns seconds since 1970; `todos` are what to do next, by rule."""
        self._channels, self._book, self._page_url, self._clock = channels, book, page_url, clock
        self._todos, self._timeout_s = todos or {}, timeout_s
        self._again: dict[_Key, float] = {}
        self._unwritten: dict[_Key, _Outcome] = {}

    def deliver(self) -> int:
        """Tell channels what is due; return how many notifications were sent.

        Channels are told in parallel. Blocks until all have answered or failed, and begins nothing new after 30 s: the
        rest is for the next call.

        Raises:
            StoreError: the book cannot be read or written. What was sent is kept in mind and written by the next call.
        """
        for key in list(self._unwritten):
            self._write(key)
        end, sent = self._clock() + _BUDGET_S, 0
        with ThreadPoolExecutor(_PARALLEL, thread_name_prefix="windvane-courier") as pool:
            begun = {pool.submit(self._attempt, queue.popleft()): queue for queue in self._due()}
            while begun:
                for future in wait(begun, return_when=FIRST_COMPLETED).done:
                    queue, state = begun.pop(future), self._write(future.result())
                    sent += state == "sent"
                    # A channel that fails is left alone until the next call.
                    if queue and state != "failed" and self._clock() < end:
                        begun[pool.submit(self._attempt, queue.popleft())] = queue
        return sent

    def _due(self) -> list[deque[Notification]]:
        waiting = {(found.id, found.channel): found for found in self._book.waiting()}
        self._again = {key: at for key, at in self._again.items() if key in waiting}
        now, queues = self._clock(), dict[str, deque[Notification]]()
        for key, notification in waiting.items():
            if self._again.get(key, now) <= now:
                queues.setdefault(notification.channel, deque()).append(notification)
        return list(queues.values())

    def _attempt(self, notification: Notification) -> _Key:
        key = (notification.id, notification.channel)
        state, detail = self._told(notification)
        if state == "failed":
            self._again[key] = self._clock() + min(_FIRST_S * 2 ** min(notification.attempts, 10), _MOST_S)
        # Kept here, so that it is not forgotten if another channel's outcome cannot be written.
        self._unwritten[key] = _Outcome(notification, state, detail)
        return key

    def _told(self, notification: Notification) -> tuple[str, str]:
        channel = self._channels.get(notification.channel)
        if channel is None:
            return "given_up", "the rules files have no channel of this name any more"
        try:
            send(channel, message_of(notification, self._page_url, self._todos), self._timeout_s)
        except NotifyError as error:
            age_s = self._clock() - max(change.time.timestamp() for change in notification.changes)
            return "given_up" if error.permanent or age_s >= _END_S else "failed", str(error)
        return "sent", ""

    def _write(self, key: _Key) -> str:
        outcome = self._unwritten[key]
        self._book.delivered(*outcome)
        del self._unwritten[key]
        return outcome.state
