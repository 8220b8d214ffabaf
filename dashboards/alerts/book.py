"""The store's part in alerts: their changes, what became of notifications, silences. One evaluator writes at a time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from windvane.dashboards.alerts.change import Change
from windvane.dashboards.alerts.quiet import Silence
from windvane.errors import Fenced
from windvane.storage.store import ClickHouseStore

__all__ = ["OWNER", "AlertBook", "Delivery", "Waiting"]

OWNER: Final = ("windvane.alerts", 0)
"""What an evaluator claims before it opens the book: `ClickHouseStore.claim(Home(*OWNER))`."""

_COLUMNS: Final = {
    "time_us": "toUnixTimestamp64Micro(alert_changes.time)", "rule": "rule", "alert": "alert", "labels": "labels",
    "severity": "severity", "state": "state", "value": "value",
    "since_us": "toUnixTimestamp64Micro(alert_changes.since)", "says": "says", "link": "link", "quiet": "quiet",
    "notification": "notification", "channels": "channels", "round": "round",
}  # fmt: skip
_NAMES: Final = [name.removesuffix("_us") for name in _COLUMNS]
_SELECTED: Final = ", ".join(_COLUMNS.values())
_STANDING: Final = f"""
SELECT {_SELECTED}, told
FROM alert_changes
INNER JOIN
(
    SELECT rule, alert, max(round) AS round,
        maxIf(alert_changes.round, notification != '' AND state != 'resolved')
            > maxIf(alert_changes.round, state = 'resolved') AS told
    FROM alert_changes GROUP BY rule, alert
) AS newest USING (rule, alert, round)
WHERE state != 'resolved'
ORDER BY rule, alert
"""
# Those that have ended come last: what has no row is tried as if for the first time.
_WAITING: Final = f"""
SELECT {_SELECTED}, channel, greatest(tried.attempts, 0), toUnixTimestamp(alert_changes.logged_at)
FROM alert_changes
ARRAY JOIN channels AS channel
LEFT JOIN
(
    SELECT notification, channel, argMax(state, alert_deliveries.attempts) AS came, max(alert_deliveries.attempts) AS attempts,
        1 AS known
    FROM alert_deliveries GROUP BY notification, channel
) AS tried USING (notification, channel)
WHERE notification != '' AND tried.came NOT IN ('sent', 'given_up')
ORDER BY round, rule, alert
"""


@dataclass(frozen=True, slots=True)
class Delivery:
    """What became of a notification on a channel."""

    notification: str
    channel: str
    state: str
    attempts: int
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Waiting:
    """A notification without a final delivery on a channel."""

    changes: tuple[Change, ...]
    channel: str
    attempts: int
    told_at: int
    """When the round that it is of was written, seconds since 1970."""


class AlertBook:
    """Reads and writes the alerts' tables. Every method blocks until the store has answered.

    Raises, from every method:
        StoreUnavailable: no answer, or a refusal that will pass; the same call may be made again.
        StoreError: a refusal that will not pass.
    """

    def __init__(self, store: ClickHouseStore, epoch: int = 0) -> None:
        """`epoch` is what claiming `OWNER` gave; without one, the book takes silences only."""
        self._store, self._epoch, self._newest = store, epoch, 0

    def standing(self) -> list[tuple[Change, bool]]:
        """Return the last change of each alert that is not resolved, and whether a notification has said that it fires."""
        self._newest = self._look()[1]
        rows = self._store.query(_STANDING)[1]
        return [(_change(row), bool(row[-1])) for row in rows]

    @property
    def newest(self) -> int:
        """The number of the newest round that has changed something."""
        return self._newest

    def check(self) -> None:
        """Return if this evaluator still owns the book.

        Raises:
            Fenced: another one has claimed it, or has written since this one has read it.
        """
        highest, newest = self._look()
        if highest > self._epoch:
            raise Fenced("another evaluator owns the alerts of this store now; this one stops. Run one at a time")
        if newest > self._newest:
            raise Fenced("another evaluator has written in between; this one stops. Start it again: it reads what is new")

    def _look(self) -> tuple[int, int]:
        query = (
            "SELECT (SELECT max(epoch) FROM claims WHERE topic = {topic:String} AND partition = {partition:UInt32}),"
            " (SELECT max(round) FROM alert_changes)"
        )
        epoch, newest = self._store.query(query, {"topic": OWNER[0], "partition": OWNER[1]})[1][0]
        return int(epoch or 0), int(newest or 0)

    def write(self, changes: Sequence[Change]) -> None:
        """Write the changes of one round: all or none. The same round may be written again, without effect.

        Raises:
            Fenced: as `check`.
        """
        number = changes[0].round
        if number != self._newest:
            self.check()
        rows = [[list(v) if isinstance(v := getattr(change, name), tuple) else v for name in _COLUMNS]
                for change in changes]  # fmt: skip
        with self._store.connections.client() as client:
            client.insert(
                "alert_changes", rows, _NAMES, settings={"insert_deduplication_token": f"alerts/{self._epoch}/{number}"}
            )
        self._newest = number

    def waiting(self) -> list[Waiting]:
        """Return the outbox: notifications without a final delivery, by channel, in the order of their rounds."""
        found: dict[tuple[str, str], tuple[list[Change], int, int]] = {}
        for row in self._store.query(_WAITING)[1]:
            change, (channel, attempts, at) = _change(row), row[-3:]
            found.setdefault((change.notification, channel), ([], int(attempts), int(at)))[0].append(change)
        return [Waiting(tuple(changes), channel, attempts, at)
                for (_, channel), (changes, attempts, at) in found.items()]  # fmt: skip

    def note(self, deliveries: Sequence[Delivery]) -> None:
        """Write what became of notifications."""
        names = ["notification", "channel", "state", "attempts", "detail"]
        rows = [[getattr(delivery, name) for name in names] for delivery in deliveries]
        with self._store.connections.client() as client:
            client.insert("alert_deliveries", rows, names)

    def silences(self, at_us: int) -> list[Silence]:
        """Return the silences that have not ended at that moment."""
        query = (
            "SELECT id, labels, toUnixTimestamp64Micro(starts), toUnixTimestamp64Micro(ends), comment, author"
            " FROM silences WHERE ends > fromUnixTimestamp64Micro({at:Int64}) ORDER BY id"
        )
        return [Silence(*row) for row in self._store.query(query, {"at": at_us})[1]]

    def silence(self, silence: Silence) -> None:
        """Write a silence; one with the same id is replaced."""
        names = ["id", "labels", "starts", "ends", "comment", "author"]
        row: list[Any] = [silence.id, dict(silence.labels), silence.starts_us, silence.ends_us, silence.comment,
                          silence.author]  # fmt: skip
        with self._store.connections.client() as client:
            client.insert("alert_silences", [row], names)


def _change(row: Sequence[Any]) -> Change:
    given: Mapping[str, Any] = dict(zip(_COLUMNS, row, strict=False))
    return Change(**{**given, "channels": tuple(given["channels"])})
