"""What the rules have said and who was told, in the store: a round is one insert, so it is whole or has not been."""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Any, Final

from windvane.dashboards.alerts.change import Change, Notification, State
from windvane.dashboards.alerts.quiet import Silence
from windvane.dashboards.alerts.rule import Budget, Severity
from windvane.errors import Fenced
from windvane.storage.store import ClickHouseStore

__all__ = ["Book"]

_COLUMNS: Final = (
    "time", "rule", "alert", "labels", "severity", "state", "value", "since", "says", "link", "quiet", "notification",
    "channels", "round",
)  # fmt: skip
_CHANGE: Final = ", ".join(_COLUMNS[:-1])
# Of what has been told before an alert was last resolved, nothing is held against it.
_HELD: Final = f"""SELECT {_CHANGE}, told, noted FROM
(
    SELECT *, maxIf(time, notEmpty(channels)) OVER episode AS told,
        maxIf(time, notification != '') OVER episode AS noted
    FROM alert_changes
    INNER JOIN
    (
        SELECT rule, alert, maxIf(round, state = 'resolved') AS ended FROM alert_changes
        GROUP BY rule, alert HAVING max(round) > ended
    ) AS episodes USING (rule, alert)
    WHERE round > ended
    WINDOW episode AS (PARTITION BY rule, alert)
    ORDER BY round DESC LIMIT 1 BY rule, alert
)"""
_WAITING: Final = f"""SELECT {_CHANGE}, channel, attempts FROM
(
    SELECT *, channel FROM alert_changes ARRAY JOIN channels AS channel
    WHERE notification != '' AND logged_at > now() - INTERVAL 2 DAY AND alert_changes.time > now() - INTERVAL 9 DAY
) AS told
LEFT JOIN
(
    SELECT notification, channel, argMax(alert_deliveries.state, alert_deliveries.attempts) AS came_to,
        max(alert_deliveries.attempts) AS attempts
    FROM alert_deliveries WHERE alert_deliveries.logged_at > now() - INTERVAL 3 DAY GROUP BY notification, channel
) AS delivered USING (notification, channel)
WHERE came_to NOT IN ('sent', 'given_up')
ORDER BY round"""
_HOME: Final = "windvane.alerts"


class Book:
    """Of one evaluator at a time: one that opens it later fences the earlier one off. Every call blocks on the store.

    Every call may raise StoreUnavailable. Where `write` does, what it wrote is not known: open the book again.
    """

    def __init__(self, store: ClickHouseStore) -> None:
        self._store = store
        self._epoch = self._round = 0

    def open(self) -> list[tuple[Change, datetime | None, datetime | None]]:
        """Take the book over; return the last word on every alert that is not resolved.

        With it, when a channel was last told of it, and when it was last to be told, to whatever channels there were.

        Raises:
            Fenced: it was ours, and another evaluator has taken it over since.
        """
        if self._epoch:
            self.check()
        with self._store.connections.client() as client:
            found = client.query(f"SELECT max(epoch) FROM claims WHERE topic = '{_HOME}'").result_rows[0][0]
            self._epoch = (int(found) >> 20) + 1 << 20 | secrets.randbits(20)
            client.insert("claims", [[_HOME, 0, self._epoch]], ["topic", "partition", "epoch"])
        self._round = int(self._store.query("SELECT max(round) FROM alert_changes")[1][0][0])
        _, rows = self._store.query(_HELD)
        return [(_change(row), _ever(row[-2]), _ever(row[-1])) for row in rows]

    def check(self) -> None:
        """Do nothing.

        Raises:
            Fenced: another evaluator has taken the book over.
        """
        _, rows = self._store.query(f"SELECT max(epoch) FROM claims WHERE topic = '{_HOME}'")
        if int(rows[0][0]) > self._epoch:
            raise Fenced("another process judges the alert rules of this store now; this one stops")

    def write(self, changes: Sequence[Change]) -> None:
        """Write what one round has changed: all of it, or nothing.

        Raises:
            Fenced: another evaluator has taken the book over.
        """
        rows = [
            [
                c.time, c.rule, c.alert, dict(c.labels), c.severity, c.state, c.value, c.since, c.says, c.link, c.quiet,
                c.notification, list(c.channels), self._round + 1,
            ]
            for c in changes
        ]  # fmt: skip
        self.check()
        with self._store.connections.client() as client:
            settings = {"insert_deduplication_token": f"{self._epoch}-{self._round + 1}"}
            client.insert("alert_changes", rows, list(_COLUMNS), settings=settings)
        self._round += 1

    def waiting(self) -> list[Notification]:
        """Return what channels have not been told yet, oldest first, each with how often it was tried.

        Raises:
            Fenced: another evaluator has taken the book over: telling is its business, too.
        """
        if self._epoch:
            self.check()
        _, rows = self._store.query(_WAITING)
        parts: dict[tuple[str, str], list[Any]] = {}
        for row in rows:
            parts.setdefault((row[11], row[13]), []).append(row)
        return [
            Notification(id=id, channel=channel, changes=tuple(map(_change, part)), attempts=int(part[0][14]))
            for (id, channel), part in parts.items()
        ]

    def delivered(self, notification: Notification, state: str, detail: str) -> None:
        """Write what became of an attempt: `sent`, `failed` (it waits on) or `given_up`."""
        row = [notification.id, notification.channel, state, notification.attempts + 1, detail]
        with self._store.connections.client() as client:
            client.insert("alert_deliveries", [row], ["notification", "channel", "state", "attempts", "detail"])

    def silences(self, at: datetime) -> list[Silence]:
        """Return the silences that hold at this moment, or later."""
        query = "SELECT id, labels, starts, ends, comment, author FROM silences WHERE ends > {at:DateTime64(6, 'UTC')}"
        _, rows = self._store.query(f"{query} ORDER BY ends", {"at": at})
        return [
            Silence(id=id, labels=labels, starts=_utc(starts), ends=_utc(ends), comment=comment, author=author)
            for id, labels, starts, ends, comment, author in rows
        ]

    def silence(self, silence: Silence) -> None:
        """Write a silence; one with the same id is replaced: to end it, write an earlier end."""
        row = [silence.id, dict(silence.labels), silence.starts, silence.ends, silence.comment, silence.author]
        with self._store.connections.client() as client:
            client.insert("alert_silences", [row], ["id", "labels", "starts", "ends", "comment", "author"])

    def set_budgets(self, budgets: Iterable[Budget]) -> None:
        """Make these the budgets there are."""
        wanted = {(budget.scope, budget.name, budget.period): budget.usd for budget in budgets}
        _, rows = self._store.query("SELECT scope, name, period, usd FROM budgets")
        have = {tuple(row[:3]): float(row[3]) for row in rows}
        changed = [[*key, wanted.get(key, 0.0)] for key in {*have, *wanted} if have.get(key) != wanted.get(key)]
        if changed:
            with self._store.connections.client() as client:
                client.insert("alert_budgets", changed, ["scope", "name", "period", "usd"])


def _change(row: Sequence[Any]) -> Change:
    time, rule, alert, labels, severity, state, value, since, says, link, quiet, notification, channels = row[:13]
    return Change(
        time=_utc(time), rule=rule, alert=alert, labels=labels, severity=Severity(severity), state=State(state),
        value=value, since=_utc(since), says=says, link=link, quiet=quiet, notification=notification,
        channels=tuple(channels),
    )  # fmt: skip


def _ever(time: datetime) -> datetime | None:
    return _utc(time) if time.year > 1970 else None


def _utc(time: datetime) -> datetime:
    return time if time.tzinfo else time.replace(tzinfo=UTC)
