"""Rules judged minute by minute, over values that a test gives to services."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from windvane.dashboards.alerts.book import Book
from windvane.dashboards.alerts.change import Change, State
from windvane.dashboards.alerts.evaluator import Evaluator
from windvane.dashboards.alerts.rule import Channel, Rule, RuleFile
from windvane.dashboards.board import Link
from windvane.storage.reader import Reader
from windvane.storage.store import ClickHouseStore

__all__ = ["CHAT", "START", "Judged", "rule"]

START: Final = datetime(2026, 11, 30, 3, tzinfo=UTC)
"""A Monday."""
CHAT: Final = Channel(name="chat", url="json://127.0.0.1:9/")
_SQL: Final = "SELECT service, provider, value FROM given WHERE at = $__toTime AND what = '{}'"


def rule(name: str = "load", **more: Any) -> Rule:
    """A rule over what the test gives under its name: more than 1 is too much."""
    given: dict[str, Any] = {
        "title": "Too much",
        "sql": _SQL.format(name),
        "labels": ("service", "provider"),
        "above": None if "below" in more else 1.0,
        "message": "{service} has {value}",
        "todo": "Look.",
        "link": Link("windvane-overview", {"service": "service"}),
    }
    return Rule(name=name, **{**given, **more})


@dataclass
class Judged:
    store: ClickHouseStore
    reader: Reader
    minute: int = 0
    evaluator: Evaluator | None = None
    file: RuleFile = field(default_factory=RuleFile)

    def begin(self) -> None:
        with self.store.connections.client() as client:
            for table in ("alert_changes", "alert_deliveries", "alert_silences", "alert_budgets", "claims"):
                client.command(f"TRUNCATE TABLE {table}")
            client.command("DROP TABLE IF EXISTS given")
            client.command(
                "CREATE TABLE given (at DateTime('UTC'), what String, service String, provider String,"
                " value Nullable(Float64)) ENGINE = Memory"
            )

    def by(self, *rules: Rule, **more: Any) -> Judged:
        """Judge by these rules from now on: as a process that starts now."""
        self.file = RuleFile(rules=rules, **more)
        self.evaluator = Evaluator(self.file, self.reader, Book(self.store))
        return self

    @property
    def now(self) -> datetime:
        return START + timedelta(minutes=self.minute)

    def minute_of(self, values: dict[str, float | None], what: str = "load", provider: str = "") -> list[Change]:
        """Give services their values, judge, go on a minute; return what was written."""
        self.give(values, what, provider)
        return self.round()

    def give(self, values: dict[str, float | None], what: str = "load", provider: str = "") -> None:
        rows = [[self.now, what, service, provider, value] for service, value in values.items()]
        with self.store.connections.client() as client:
            if rows:
                client.insert("given", rows, ["at", "what", "service", "provider", "value"])

    def round(self) -> list[Change]:
        assert self.evaluator
        written = self.evaluator.round(self.now)
        self.minute += 1
        return written

    def states(self, *minutes: dict[str, float | None]) -> list[list[str]]:
        """Return of each minute the states that were written."""
        return [[str(change.state) for change in self.minute_of(values)] for values in minutes]


def told(changes: list[Change]) -> list[tuple[str, State]]:
    """Return what somebody is told: of which service, and what."""
    return [(change.labels.get("service", ""), change.state) for change in changes if change.notification]
