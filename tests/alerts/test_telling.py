"""Who is told, in how many notifications, and when nobody is."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta

import pytest

from tests.alerts.judged import CHAT, START, Judged, rule, told
from windvane.dashboards.alerts.book import Book
from windvane.dashboards.alerts.change import State
from windvane.dashboards.alerts.quiet import Silence
from windvane.dashboards.alerts.rule import Channel, Maintenance, Severity

PAGER = Channel(name="pager", url="json://127.0.0.1:9/", severities=(Severity.CRITICAL,))
SHOPS = Channel(name="shops", url="json://127.0.0.1:9/", match={"service": "shop*", "team": "retail"})


@pytest.mark.parametrize(
    ("group_by", "notifications"), [((), 1), (("service",), 2), (("provider",), 1), (("rule",), 1)]
)
def test_what_fires_together_is_told_together(judged: Judged, group_by: tuple[str, ...], notifications: int) -> None:
    judged.by(rule(group_by=group_by), channels=(CHAT,))
    written = judged.minute_of({"a": 2, "b": 2})
    assert len({change.notification for change in written}) == notifications
    assert len(Book(judged.store).waiting()) == notifications


def test_alerts_of_several_rules_share_a_notification_unless_one_wants_more(judged: Judged) -> None:
    judged.by(rule(), rule("other", sql=rule().sql), rule("grave", sql=rule().sql, severity=Severity.CRITICAL))
    load, other, grave = judged.minute_of({"shop": 2})
    assert load.notification == other.notification != grave.notification


def test_a_channel_hears_what_it_asked_for(judged: Judged) -> None:
    judged.by(
        rule(severity=Severity.INFO),
        rule("retail", sql=rule().sql, extra={"team": "retail"}),
        rule("grave", sql=rule().sql, severity=Severity.CRITICAL),
        channels=(CHAT, PAGER, SHOPS),
    )
    heard = {
        change.rule + "/" + change.labels["service"]: change.channels
        for change in judged.minute_of({"shop": 2, "lab": 2})
    }
    assert heard["load/shop"] == () and heard["grave/lab"] == ("chat", "pager")
    assert heard["retail/shop"] == ("chat", "shops") and heard["retail/lab"] == ("chat",)


def test_what_goes_on_is_told_again_after_its_time(judged: Judged) -> None:
    judged.by(rule(repeat_s=180), channels=(CHAT,))
    assert [told(judged.minute_of({"shop": 2})) != [] for _ in range(5)] == [True, False, False, True, False]


def test_a_notification_waits_until_it_is_delivered_or_given_up(judged: Judged) -> None:
    judged.by(rule(), channels=(CHAT, SHOPS))
    judged.minute_of({"a": 2})
    judged.minute_of({"a": 0})
    book = Book(judged.store)
    fired, over = book.waiting()
    assert [change.says for change in fired.changes] == ["a has 2"] and fired.channel == "chat"
    book.delivered(fired, "failed", "no answer")
    [again, _] = book.waiting()
    assert (again.id, again.attempts) == (fired.id, 1)
    book.delivered(again, "sent", "")
    book.delivered(over, "given_up", "a day has passed")
    assert book.waiting() == []
    rows = judged.reader.rows("SELECT state, attempts, detail FROM notifications ORDER BY time")
    assert [tuple(row.values()) for row in rows] == [("sent", 2, ""), ("given_up", 1, "a day has passed")]


def silence(judged: Judged, minutes: int, **labels: str) -> None:
    Book(judged.store).silence(
        Silence(id="s1", labels=labels, starts=judged.now, ends=judged.now + timedelta(minutes=minutes))
    )


def test_a_silence_ends_and_what_still_fires_is_told_then(judged: Judged) -> None:
    judged.by(rule())
    silence(judged, 2, service="shop", rule="load")
    first = judged.minute_of({"shop": 2, "lab": 2})
    assert told(first) == [("lab", State.FIRING)] and first[1].quiet == "" and first[0].quiet == "silence s1"
    assert judged.minute_of({"shop": 2, "lab": 2}) == []
    assert told(judged.minute_of({"shop": 2, "lab": 2})) == [("shop", State.FIRING)]


def test_what_fired_and_ended_in_a_silence_was_never_told(judged: Judged) -> None:
    judged.by(rule())
    silence(judged, 5, service="sh*")
    assert [told(judged.minute_of({"shop": value})) for value in (2, 0)] == [[], []]
    assert [row["state"] for row in judged.reader.rows("SELECT state FROM alerts ORDER BY time")] == [
        "firing",
        "resolved",
    ]


def test_a_silence_that_is_ended_early_is_over(judged: Judged) -> None:
    judged.by(rule())
    silence(judged, 60, service="shop")
    assert told(judged.minute_of({"shop": 2})) == []
    silence(judged, 0, service="shop")
    assert told(judged.minute_of({"shop": 2})) == [("shop", State.FIRING)]


def test_nobody_is_told_in_a_maintenance_window(judged: Judged) -> None:
    once = Maintenance(name="move", match={"service": "shop"}, starts=START, ends=START + timedelta(minutes=1))
    judged.by(rule(), maintenance=(once,))
    first = judged.minute_of({"shop": 2, "lab": 2})
    assert [change.quiet for change in first] == ["maintenance move", ""]
    assert told(judged.minute_of({"shop": 2, "lab": 2})) == [("shop", State.FIRING)]


@pytest.mark.parametrize(
    ("at", "quiet"),
    [
        (datetime(2026, 11, 28, 22, 0, tzinfo=UTC), True),  # Saturday
        (datetime(2026, 11, 29, 5, 59, tzinfo=UTC), True),
        (datetime(2026, 11, 29, 6, 0, tzinfo=UTC), False),
        (datetime(2026, 11, 29, 22, 30, tzinfo=UTC), False),
        (datetime(2026, 11, 28, 21, 59, tzinfo=UTC), False),
    ],
)
def test_a_weekly_window_may_end_on_the_next_day(judged: Judged, at: datetime, quiet: bool) -> None:
    nights = Maintenance(name="nights", days=(5,), opens=time(22), closes=time(6))
    judged.by(rule(), maintenance=(nights,))
    judged.minute = round((at - START).total_seconds() / 60)
    assert (told(judged.minute_of({"shop": 2})) == []) is quiet


def test_a_cause_that_fires_silences_what_follows_from_it(judged: Judged) -> None:
    judged.by(rule("outage"), rule("slow", follows=("outage",)))
    judged.give({"": 2}, "outage", "anthropic")
    judged.give({"shop": 2}, "slow", "anthropic")
    judged.give({"lab": 2}, "slow", "openai")
    written = judged.round()
    assert told(written) == [("", State.FIRING), ("lab", State.FIRING)]
    assert [change.quiet for change in written if change.labels["service"] == "shop"] == ["follows outage"]
    judged.give({"shop": 2}, "slow", "anthropic")
    judged.give({"lab": 2}, "slow", "openai")
    assert told(judged.round()) == [("", State.RESOLVED), ("shop", State.FIRING)], "it goes on without its cause"
    judged.give({"": 2}, "outage", "openai")
    assert ("lab", State.RESOLVED) in told(judged.round()), "that it is over is told all the same"


def test_who_was_told_that_it_fires_is_told_that_it_is_over_even_in_a_silence(judged: Judged) -> None:
    judged.by(rule())
    judged.minute_of({"shop": 2})
    silence(judged, 60, service="shop")
    assert told(judged.minute_of({"shop": 0})) == [("shop", State.RESOLVED)]


def test_a_rule_that_cannot_be_judged_is_told_whatever_is_its_cause(judged: Judged) -> None:
    judged.by(rule("outage"), rule("slow", sql="SELECT oops", follows=("outage",)))
    judged.give({"": 2}, "outage", "anthropic")
    assert [(change.rule, change.quiet) for change in judged.round()] == [("outage", ""), ("slow", "")]


def test_a_channel_that_is_new_hears_of_what_fires(judged: Judged) -> None:
    judged.by(rule())
    judged.minute_of({"shop": 2})
    judged.by(rule(), channels=(CHAT,))
    [change] = judged.minute_of({"shop": 2})
    assert change.channels == ("chat",)
    assert judged.minute_of({"shop": 2}) == []
