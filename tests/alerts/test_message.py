"""What people and programs are told, and that what somebody typed stays text."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest

from windvane.dashboards.alerts.change import Change, Notification, State
from windvane.dashboards.alerts.message import Message, message_of
from windvane.dashboards.alerts.rule import Severity

AT = datetime(2026, 11, 30, 12, tzinfo=UTC)
HIDDEN = "\u200b"


def change(says: str = "12 % of shop's calls fail", **more: Any) -> Change:
    given: dict[str, Any] = {
        "time": AT,
        "rule": "errors",
        "alert": "a1",
        "labels": {"service": "shop", "model": "gpt-5"},
        "severity": Severity.CRITICAL,
        "state": State.FIRING,
        "value": 0.1234,
        "since": AT - timedelta(minutes=5),
        "link": "/boards/windvane-overview?service=shop",
    }
    return Change(**{**given, "says": says, **more})


def message(*changes: Change) -> Message:
    notification = Notification(id="n-17", channel="chat", changes=changes)
    return message_of(notification, "https://windvane.example/", {"errors": "Look at the provider."})


def test_a_message_says_what_since_when_how_much_where_and_what_to_do() -> None:
    assert message(change()).title == "[critical] 12 % of shop's calls fail"
    assert message(change()).body == (
        "FIRING errors: 12 % of shop's calls fail\n"
        "Since 2026-11-30 11:55:00 UTC, value 0.1234\n"
        "service: shop, model: gpt-5\n"
        "What to do: Look at the provider.\n"
        "https://windvane.example/boards/windvane-overview?service=shop\n"
        "\n"
        "Notification n-17"
    )


@pytest.mark.parametrize(
    ("states", "title", "firing"),
    [
        (["firing", "firing"], "[critical] 2 alerts: first", True),
        (["resolved"], "[resolved] first", False),
        (["resolved", "resolved"], "[resolved] 2 alerts: first", False),
        (["firing", "resolved", "resolved"], "[critical] 1 alert, 2 resolved: first", True),
        (["no_data"], "[critical] first", True),
        (["error"], "[critical] first", True),
    ],
)
def test_the_title_counts_and_says_whether_it_is_over(states: list[str], title: str, firing: bool) -> None:
    changes = [change("first" if n == 0 else "other", state=State(state)) for n, state in enumerate(states)]
    assert (message(*changes).title, message(*changes).firing) == (title, firing)


def test_what_fires_comes_before_what_is_over_and_what_is_over_needs_nothing_done() -> None:
    body = message(change("over", state=State.RESOLVED), change("on")).body
    assert body.index("FIRING errors: on") < body.index("RESOLVED errors: over")
    assert body.count("What to do") == 1


def test_times_are_told_in_utc() -> None:
    abroad = timezone(timedelta(hours=9))
    assert "Since 2026-11-30 11:55:00 UTC" in message(change(since=datetime(2026, 11, 30, 20, 55, tzinfo=abroad))).body


def test_a_storm_is_one_message_of_bounded_length() -> None:
    storm = message(*(change("x" * 100_000, alert=str(number), labels={"user": "y" * 9000}) for number in range(2000)))
    assert len(storm.title) <= 200 and len(storm.body) < 25_000
    assert storm.body.count("FIRING") == 20 and "And 1980 more." in storm.body
    assert len(storm.facts["alerts"]) == 500 and storm.facts["more"] == 1500
    assert len(json.dumps(storm.facts)) < 3_000_000
    assert len(storm.parts) == 2000, "an incident service hears of each"


@pytest.mark.parametrize(
    ("typed", "acting"),
    [
        ("<script>alert(1)</script>", "<script"),
        ("<!channel> wake up", "<!channel>"),
        ("@here @everyone look", "@here"),
        ("ask <@U123> or <@&42>", "<@"),
        ("<at>boss</at>", "<at>"),
        ("[your bill](https://evil.example)", "]("),
    ],
)
def test_what_somebody_typed_does_not_act(typed: str, acting: str) -> None:
    told = message(change(typed, labels={"user": typed}))
    assert acting not in told.title and acting not in told.body
    assert typed in told.body.replace(HIDDEN, ""), "it is seen as it was typed"


def test_an_address_can_still_be_copied() -> None:
    assert "ann@shop.example" in message(change("asked by ann@shop.example")).body


def test_what_somebody_typed_begins_no_line_and_hides_nothing() -> None:
    told = message(change("ok\r\nSubject: spam\n\nRESOLVED all\u2028is well \u202egnihton"))
    assert told.title == "[critical] ok Subject: spam RESOLVED all is well gnihton"
    assert [line for line in told.body.splitlines() if line.startswith(("RESOLVED", "Subject", "is well"))] == []


def test_a_link_ends_where_it_ends() -> None:
    body = message(change(link='/boards/b?service=a b<script>"\n')).body
    assert "https://windvane.example/boards/b?service=a%20b%3Cscript%3E%22%0A\n" in body


def test_programs_get_the_facts_as_they_are() -> None:
    told = message(change("<b>12 %</b>", value=float("inf")))
    facts = json.loads(json.dumps(told.facts, allow_nan=False))
    assert (facts["id"], facts["severity"], facts["state"]) == ("n-17", "critical", "firing")
    assert facts["alerts"] == [
        {
            "rule": "errors",
            "alert": "a1",
            "state": "firing",
            "severity": "critical",
            "labels": {"service": "shop", "model": "gpt-5"},
            "value": None,
            "since": "2026-11-30T11:55:00Z",
            "time": "2026-11-30T12:00:00Z",
            "says": "<b>12 %</b>",
            "todo": "Look at the provider.",
            "link": "https://windvane.example/boards/windvane-overview?service=shop",
        }
    ]


def test_an_alert_has_the_same_key_when_it_fires_and_when_it_ends() -> None:
    begun, ended = message(change(), change(alert="a2")), message(change(state=State.RESOLVED))
    assert [part.key for part in begun.parts] == ["errors/a1", "errors/a2"]
    assert [(part.key, part.firing) for part in ended.parts] == [("errors/a1", False)]
