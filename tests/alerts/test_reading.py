"""A file of rules says what it says, or where it is wrong and what to write instead."""

from __future__ import annotations

import re
from datetime import UTC, datetime, time
from pathlib import Path

import pytest

from windvane.dashboards.alerts.reading import load, origins, shipped_files
from windvane.dashboards.alerts.rule import Budget, Missing, RuleFile, Severity
from windvane.dashboards.board import Link, Unit
from windvane.errors import ConfigError
from windvane.stream.signals import Signal

SIGNALS = ("model_drift", "silence")
RULE = '''[[rule]]
name = "slow"
title = "Slow"
sql = """
SELECT service_name AS service,
    max(latency_max) AS value
FROM activity WHERE step = 60 AND $__timeFilter(begins) GROUP BY service
"""
labels = ["service"]
above = 10
message = "{service}: {value}"
todo = "Look."
link = {board = "overview", service = "service"}
'''
SERIES = '[[rule]]\nname = "drift"\ntitle = "Drift"\nsignal = "model_drift"\ntodo = "Look."\n'


def read(path: Path, text: str, *, shipped: bool = False) -> RuleFile:
    path.write_text(text, encoding="utf-8")
    return load([path], SIGNALS, shipped=shipped)


def faults(path: Path, text: str) -> list[tuple[int, str]]:
    with pytest.raises(ConfigError) as raised:
        read(path, text)
    found = [re.fullmatch(rf"{re.escape(str(path))}:(\d+): (.+; .+)", line) for line in str(raised.value).splitlines()]
    assert all(found), str(raised.value)
    return [(int(match[1]), match[2]) for match in found if match]


@pytest.fixture
def toml(tmp_path: Path) -> Path:
    return tmp_path / "rules.toml"


def test_a_rule_is_what_its_table_says(toml: Path) -> None:
    more = (
        'until = 5\nunit = "seconds"\nwindow = "1h30m"\nevery = "90s"\nfor = "2m"\nkeep = "1d"\nseverity = "critical"\n'
        'no_data = "alert"\nrepeat = "7d"\ngroup_by = ["service", "team"]\nextra = {team = "search"}\n'
    )
    (rule,) = read(toml, RULE + more).rules
    assert (rule.name, rule.labels, rule.above, rule.below, rule.until) == ("slow", ("service",), 10, None, 5)
    assert (rule.window_s, rule.every_s, rule.for_s, rule.keep_s, rule.repeat_s) == (5400, 90, 120, 86400, 604800)
    assert (rule.severity, rule.no_data, rule.unit) == (Severity.CRITICAL, Missing.ALERT, Unit.SECONDS)
    assert rule.link == Link("windvane-overview", {"service": "service"})
    assert dict(rule.extra) == {"team": "search"} and rule.group_by == ("service", "team")


def test_a_rule_over_a_signal_needs_no_more_than_its_name(toml: Path) -> None:
    (rule,) = read(toml, SERIES).rules
    assert rule.signal == "model_drift" and rule.above == 0 and rule.message == "{service}: {says}"
    assert rule.labels == ("service", "model", "operation", "prompt_version", "segment", "feature")
    assert rule.link.board == "windvane-signal"


FAULTS = {
    "an unknown key": (RULE + 'sevrity = "info"\n', 14, "no key 'sevrity'; write severity"),
    "an unknown key of the file": ("colour = 1\n" + RULE, 1, "no key 'colour'"),
    "a text that is a number": (RULE.replace('"Slow"', "3"), 3, "title is 3; write text in quotes"),
    "an empty text": (RULE.replace('"Slow"', '" "'), 3, "title is empty"),
    "no title": (RULE.replace('title = "Slow"\n', ""), 1, "the rule slow has no title"),
    "a bad name": (RULE.replace('"slow"', '"Too Slow"'), 2, "at most 40 of a-z, 0-9 and -"),
    "a long name": (RULE.replace('"slow"', f'"{"a" * 41}"'), 2, "at most 40"),
    "a bad length of time": (RULE + 'for = "5 minutes"\n', 14, 'for is "5 minutes"; write a length of time: "90s"'),
    "a number as a length of time": (RULE + "for = 300\n", 14, "for is 300"),
    "no window": (RULE + 'window = "0s"\n', 14, 'write "1s" or more'),
    "above and below": (RULE + "below = 3\n", 14, "both above and below; give it exactly one"),
    "neither above nor below": (RULE.replace("above = 10\n", ""), 1, "neither above nor below"),
    "a bound that is none": (RULE.replace("= 10", "= nan"), 10, "write a finite number"),
    "a bound that is true": (RULE.replace("= 10", "= true"), 10, "above is true; write a number"),
    "until beyond above": (RULE + "until = 11\n", 14, "until is 11, and above is 10; write 10 or less"),
    "until beyond below": (RULE.replace("above", "below") + "until = 9\n", 14, "write 10 or more"),
    "sql and signal": (RULE + 'signal = "silence"\n', 14, "both sql and signal"),
    "neither sql nor signal": (SERIES.replace('signal = "model_drift"\n', "above = 1\n"), 1, "neither sql nor signal"),
    "an unknown signal": (SERIES.replace("model_drift", "model_drfit"), 4, "no signal 'model_drfit'"),
    "where without signal": (RULE + 'where = "1"\n', 14, "where goes with signal alone"),
    "labels that are no list": (RULE.replace('["service"]', '"service"'), 9, "write a list"),
    "a label twice": (RULE.replace('["service"]', '["service", "service"]'), 9, "names something twice"),
    "a label that is taken": (RULE.replace('["service"]', '["value"]'), 9, "'value' cannot be a label"),
    "an unknown group": (RULE + 'group_by = ["modl"]\n', 14, "no label 'modl' to group by"),
    "a constant label that is a column": (RULE + 'extra = {service = "x"}\n', 14, "which the rule has anyway"),
    "an unknown rule to follow": (RULE + 'follows = ["other"]\n', 14, "no rule 'other' to follow"),
    "an unknown severity": (RULE + 'severity = "page"\n', 14, "write one of critical, warning, info"),
    "an unknown unit": (RULE + 'unit = "second"\n', 14, "write seconds"),
    "a brace in the message": (RULE.replace("{value}", "{value"), 11, "message has a { that names no column"),
    "a format in the message": (RULE.replace("{value}", "{value:.2f}"), 11, "message has a {"),
    "an unknown board": (RULE.replace('"overview"', '"overveiw"'), 13, "write overview"),
    "an unknown filter": (RULE.replace(", service =", ", servce ="), 13, "has no filter 'servce'; write service"),
    "a variable of boards": (RULE.replace("step = 60", "step = ${step}"), 7, "a rule has no variables"),
    "a condition of boards": (RULE.replace("step = 60", "$__conditionalAll(1, $x)"), 7, "no macro of a rule"),
    "an interval of boards": (RULE.replace("step = 60", "step = $__interval_s"), 7, "$__interval_s is no macro"),
    "a macro that is not closed": (RULE.replace("(begins)", "(begins"), 7, "not closed"),
    "the clock": (RULE.replace("max(latency_max)", "now()"), 6, "write $__toTime"),
    "today": (RULE.replace("step = 60", "begins > today()"), 7, "write $__toTime"),
    "two statements": (RULE.replace("step = 60", "1; DROP TABLE events"), 7, "more than one statement"),
    "no list of tables": (RULE.replace("[[rule]]", "[rule]"), 1, "write [[rule]]"),
    "the same name": (RULE + RULE, 15, "there is another rule slow"),
    "an unknown rule that is off": ('off = ["nope"]\n' + RULE, 1, "no shipped rule 'nope'"),
    "no TOML": (RULE + "above =\n", 14, "this is no TOML"),
    "a channel without a URL": ('[[channel]]\nname = "ops"\n', 1, "neither url nor url_file"),
    "a channel's URL that is none": ('[[channel]]\nname = "ops"\nurl = "ops@example.org"\n', 3, "it is no URL of"),
    "a channel's file that is not there": ('[[channel]]\nname = "ops"\nurl_file = "x"\n', 3, "cannot be read"),
    "a channel's severity": (
        '[[channel]]\nname = "o"\nurl = "json://a"\nseverities = ["critcal"]\n', 4, "write critical",
    ),
    "a channel's match": ('[[channel]]\nname = "o"\nurl = "json://a"\nmatch = {service = 1}\n', 4, "write texts alone"),
    "a budget of nobody": ('[[budget]]\nperiod = "day"\nusd = 1\n', 1, "has no scope"),
    "a budget's scope": ('[[budget]]\nscope = "servce"\nperiod = "day"\nusd = 1\n', 2, "write service"),
    "a budget of nothing": ('[[budget]]\nscope = "team"\nperiod = "day"\nusd = 0\n', 4, "more than 0"),
    "the same budget": ('[[budget]]\nscope = "team"\nperiod = "day"\nusd = 1\n' * 2, 5, "another budget"),
    "a window of no time": ('[[maintenance]]\nname = "m"\n', 1, "does not say when"),
    "a window of both": (
        '[[maintenance]]\nname = "m"\ndays = ["sat"]\nstarts = 2026-01-01T00:00:00Z\n', 1, "does not say when",
    ),
    "a window's day": (
        '[[maintenance]]\nname = "m"\ndays = ["sunday"]\nopens = "22:00"\ncloses = "6:00"\n', 3, "no day 'sunday'",
    ),
    "a window's hour": (
        '[[maintenance]]\nname = "m"\ndays = ["sun"]\nopens = "25:00"\ncloses = "06:00"\n', 4, "write a time of day",
    ),
    "a window that ends first": (
        '[[maintenance]]\nname = "m"\nstarts = 2026-01-02T00:00:00\nends = 2026-01-01T00:00:00\n', 4, "it ends before",
    ),
    "a window's text": ('[[maintenance]]\nname = "m"\nstarts = "soon"\nends = "later"\n', 3, "starts is"),
}  # fmt: skip


@pytest.mark.parametrize("what", FAULTS)
def test_a_fault_is_told_with_its_line_and_what_to_write(toml: Path, what: str) -> None:
    text, line, words = FAULTS[what]
    found = faults(toml, text)
    assert [at for at, told in found if words in told] == [line], found


def test_all_faults_of_all_files_are_told_at_once(tmp_path: Path) -> None:
    one, other = tmp_path / "a.toml", tmp_path / "b.toml"
    one.write_text(RULE + 'unit = "x"\nfor = "y"\n')
    other.write_text('[[channel]]\nname = "ops"\n')
    with pytest.raises(ConfigError) as raised:
        load([one, other, tmp_path / "c.toml"], SIGNALS, shipped=False)
    told = [line.split(": ")[0] for line in str(raised.value).splitlines()]
    assert told == [f"{one}:14", f"{one}:15", f"{other}:1", f"{tmp_path / 'c.toml'}:1"]


def test_what_stands_in_texts_and_comments_is_no_key(toml: Path) -> None:
    sql = RULE.replace("SELECT", "# [[rule]]\nname = 'x'\n[[rule]]\nSELECT")
    assert faults(toml, sql + "# [[rule]]\nfor = 1 # for = 2\n")[0][0] == 18


def test_rules_that_follow_each_other_would_tell_nobody(toml: Path) -> None:
    one, other = RULE + 'follows = ["drift"]\n', SERIES + 'follows = ["slow"]\n'
    (found,) = faults(toml, one + other)
    assert "while all fire, nobody is told" in found[1]


def test_a_rule_of_ours_is_replaced_by_its_name_and_others_are_switched_off(toml: Path) -> None:
    shipped = {rule.name for rule in load([], list(Signal)).rules}
    assert {"provider-outage", "no-calls", "error-budget-burn"} <= shipped
    toml.write_text('off = ["provider-outage"]\n' + RULE.replace('"slow"', '"no-calls"'))
    rules = {rule.name: rule for rule in load([toml], list(Signal)).rules}
    assert set(rules) == shipped - {"provider-outage"}
    assert rules["no-calls"].title == "Slow"
    assert rules["error-budget-burn"].follows == (), "what is off cannot be followed"
    assert origins([toml])["no-calls"] == toml and origins([toml])["silence"] in shipped_files()


def test_a_channel_may_have_its_secret_in_a_file_beside_and_a_fault_never_tells_it(toml: Path) -> None:
    (toml.parent / "ops.url").write_text("json://hidden/token\n")
    text = '[[channel]]\nname = "ops"\nurl_file = "ops.url"\nmatch = {team = "search"}\n'
    (channel,) = read(toml, text).channels
    assert channel.url == "json://hidden/token" and dict(channel.match) == {"team": "search"}
    (toml.parent / "ops.url").write_text("hidden token")
    assert not any("hidden" in told for _, told in faults(toml, text))


def test_budgets_and_maintenance_are_read(toml: Path) -> None:
    file = read(
        toml,
        '[[budget]]\nscope = "team"\nperiod = "month"\nusd = 50\n'
        '[[maintenance]]\nname = "night"\ndays = ["sat", "sun"]\nopens = "22:00"\ncloses = "06:00"\n'
        '[[maintenance]]\nname = "move"\nstarts = 2026-12-01T08:00:00\nends = 2026-12-01T12:00:00+02:00\n',
    )
    assert file.budgets == (Budget(scope="team", name="*", period="month", usd=50.0),)
    night, move = file.maintenance
    assert (night.days, night.opens, night.closes) == ((5, 6), time(22), time(6))
    assert move.starts == datetime(2026, 12, 1, 8, tzinfo=UTC) and move.ends == datetime(2026, 12, 1, 10, tzinfo=UTC)


def test_tests_are_passed_over(toml: Path) -> None:
    assert len(read(toml, RULE + '[[test]]\nname = "x"\nsilent = true\n').rules) == 1
