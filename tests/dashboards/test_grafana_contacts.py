"""Channels as Grafana's contact points: which there are, and who is told of a rule."""

from __future__ import annotations

from typing import Any

import pytest

from tests.dashboards.test_grafana_rules import rule
from tests.servers.grafana import check
from windvane.dashboards.alerts.rule import Channel, Severity
from windvane.dashboards.grafana.contact import contacts
from windvane.dashboards.grafana.equivalent import equivalent
from windvane.errors import ConfigError

HOOK, PAGER = "json://hooks.example", "pagerduty://abcdef0123456789@apikey"
SLACK = "slack://T1JJ3T3L2/A1BRTD4JD/TIiajkdnlazkcOXrIdevi7"


@pytest.mark.parametrize(
    ("url", "kind", "settings"),
    [
        (HOOK, "webhook", {"url": "http://hooks.example", "httpMethod": "POST"}),
        (
            "jsons://me:pa%24s@hooks.example:8443/a/b",
            "webhook",
            {"url": "https://hooks.example:8443/a/b", "httpMethod": "POST", "username": "me", "password": "pa$s"},
        ),
        (
            "mailtos://me:pw@smtp.example/oncall@x.example/b@x.example",
            "email",
            {"addresses": "oncall@x.example;b@x.example", "singleEmail": True},
        ),
        (SLACK, "slack", {"url": "https://hooks.slack.com/services/T1JJ3T3L2/A1BRTD4JD/TIiajkdnlazkcOXrIdevi7"}),
        ("slack://xoxb-1234-1234-abc/#alerts", "slack", {"token": "xoxb-1234-1234-abc", "recipient": "#alerts"}),
        (PAGER, "pagerduty", {"integrationKey": "abcdef0123456789", "severity": "{{ .CommonLabels.severity }}"}),
        (
            "workflows://prod.example:443/0123abcd/SiG/",
            "teams",
            {
                "url": "https://prod.example:443/workflows/0123abcd/triggers/manual/paths/invoke"
                "?api-version=2016-06-01&sp=%2Ftriggers%2Fmanual%2Frun&sv=1.0&sig=SiG"
            },
        ),
    ],
)
def test_a_url_has_its_like_in_grafana(url: str, kind: str, settings: dict[str, Any]) -> None:
    assert equivalent(url) == {"type": kind, "settings": settings}


def test_what_has_none_is_named_and_what_cannot_be_read_is_an_error_that_keeps_the_secret() -> None:
    assert equivalent("ntfy://topic") is None and equivalent("jsons://hooks.example?+X-Key=secret-word") is None
    with pytest.raises(ConfigError) as told:
        equivalent("nothing://secret-word")
    assert "secret-word" not in str(told.value) and "nothing://" in str(told.value)


def test_each_set_of_channels_that_a_rule_needs_is_one_contact_point() -> None:
    channels = [Channel(name="hook", url=HOOK), Channel(name="pager", url=PAGER, severities=(Severity.CRITICAL,))]
    critical, warning = rule(name="a", severity=Severity.CRITICAL), rule(name="b")
    told = contacts(channels, [critical, warning, rule(name="c", severity=Severity.INFO)])
    assert told.receivers == {"a": "windvane hook + pager", "b": "windvane hook"} and not told.left_out
    assert [(point["name"], point["type"]) for point in told.points] == [
        ("windvane hook + pager", "webhook"),
        ("windvane hook + pager", "pagerduty"),
        ("windvane hook", "webhook"),
    ]
    assert len({point["uid"] for point in told.points}) == 3
    for point in told.points:
        check("EmbeddedContactPoint", point)
    assert told == contacts(channels, [critical, warning]), "uids stay"


def test_a_rule_goes_by_its_own_labels_those_of_series_are_not_known_yet() -> None:
    channels = [
        Channel(name="search", url=HOOK, match={"team": "search-*", "rule": "a"}),
        Channel(name="shop", url=HOOK, match={"service": "shop"}),
        Channel(name="chat", url="ntfy://topic"),
    ]
    told = contacts(channels, [rule(name="a", extra={"team": "search-eu"}), rule(name="b", extra={"team": "search"})])
    assert told.receivers == {"a": "windvane search"}
    assert set(told.left_out) == {"shop", "chat"}
    assert "labels" in told.left_out["shop"] and "nothing like it" in told.left_out["chat"]
