"""`windvane alerts test`, `check` and `rules`: what a test of a rule may say, and what is told where it fails."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.alerts.trying import RULE, Trying
from tests.running import windvane
from tests.servers.clickhouse import ClickHouseServer
from windvane.errors import ConfigError
from windvane.storage.migrations import latest, migrate
from windvane.storage.reader import Reader
from windvane.storage.store import ClickHouseStore

CALLS = 'calls = [{from = "0m", to = "3m", every = "30s", service = "shop", latency = 20.0}]\n'


def test(name: str, text: str) -> str:
    return f'[[test]]\nname = "{name}"\n{text}\n'


test.__test__ = False  # type: ignore[attr-defined]


@pytest.fixture(scope="module")
def trying(clickhouse: ClickHouseServer) -> Iterator[Trying]:
    store = ClickHouseStore(clickhouse.url, "tried_rules")
    for _ in migrate(store.connections, latest()):
        pass
    reader = Reader(store.connections)
    yield Trying(store, reader)
    reader.close()
    store.close()


@pytest.fixture
def toml(tmp_path: Path) -> Path:
    return tmp_path / "rules.toml"


def test_a_test_passes_where_exactly_what_is_expected_fires(trying: Trying, toml: Path) -> None:
    right = 'expect = [{at = "1m", firing = [{service = "shop"}]}, {at = "9m", firing = []}]'
    assert trying.text(toml, RULE + test("right", CALLS + right)) == {"right": []}


def test_one_that_fails_tells_what_was_expected_and_what_fired_when(trying: Trying, toml: Path) -> None:
    told = trying.text(
        toml,
        RULE
        + test("another", CALLS + 'expect = [{at = "1m", firing = [{service = "other"}]}]')
        + test("silent", CALLS + "silent = true")
        + test("too late", CALLS + 'expect = [{at = "9m", firing = [{service = "shop"}]}]'),
    )
    assert told["another"] == [
        "at 1m {service=other} should fire, and {service=shop} should not fire;"
        " seen: {service=shop} firing from 0s: shop: 20, 1 calls"
    ]
    assert told["silent"] == ["it should be silent; seen: {service=shop} firing from 0s: shop: 20, 1 calls"]
    (late,) = told["too late"]
    assert late.startswith("at 9m {service=shop} should fire; seen: ") and late.endswith(
        "{service=shop} resolved at 8m"
    )


def test_nothing_is_known_before_it_has_happened(trying: Trying, toml: Path) -> None:
    later = 'calls = [{from = "2m10s", to = "3m", every = "1m", service = "shop", latency = 20.0}]\n'
    expect = 'expect = [{at = "2m9s", firing = []}, {at = "2m10s", firing = [{service = "shop"}]}]'
    assert trying.text(toml, RULE + test("later", later + expect)) == {"later": []}


def test_tests_do_not_see_each_other(trying: Trying, toml: Path) -> None:
    text = RULE + test("one", CALLS + "silent = true") + test("other", 'ends = "5m"\nsilent = true')
    assert [bool(wrong) for wrong in trying.text(toml, text).values()] == [True, False]


def test_changes_rows_and_budgets_come_in_too(trying: Trying, toml: Path) -> None:
    text = (
        test(
            "change",
            'rule = "silence"\nchanges = [{at = "1m", signal = "silence", state = "fired", service = "a"}]\n'
            'expect = [{at = "1m", firing = [{service = "a"}]}]',
        )
        + test(
            "rows",
            'rule = "dead-letters"\nrows.dead_letters = [{at = "1m", times = 20, reason = "oversize"}]\n'
            'expect = [{at = "2m", firing = [{reason = "oversize"}]}]',
        )
        + test(
            "budget",
            'rule = "budget-spent"\nbudgets = [{scope = "user", period = "day", usd = 1}]\n'
            'calls = [{from = "0m", to = "1m", every = "1m", user = "u", cost = 2.0}]\n'
            'expect = [{at = "5m", firing = [{scope = "user", name = "u", period = "day"}]}]',
        )
    )
    assert trying.text(toml, RULE + text) == {"change": [], "rows": [], "budget": []}


def test_a_table_that_is_not_there_fails_the_test_alone(trying: Trying, toml: Path) -> None:
    text = RULE + test("wrong", 'rows.dead_leters = [{reason = "x"}]\nsilent = true') + test("well", "silent = true")
    told = trying.text(toml, text)
    assert "dead_leters" in told["wrong"][0] and told["well"] == []


FAULTS = {
    "no expectation": (CALLS, 13, "does not say what it expects"),
    "both": (CALLS + "silent = true\nexpect = []", 13, "does not say what it expects"),
    "an unknown key": ("silent = true\nsilence = true", 16, "no key 'silence'; write silent"),
    "an unknown field": (
        'calls = [{from = "0m", to = "1m", every = "1m", latncy = 1}]\nsilent = true',
        15,
        "write latency",
    ),
    "a field's value": (
        'calls = [{from = "0m", to = "1m", every = "1m", latency = "x"}]\nsilent = true',
        15,
        "latency is",
    ),
    "no end of calls": ('calls = [{from = "2m", to = "1m", every = "1m"}]\nsilent = true', 15, "write from before to"),
    "a moment": ('expect = [{at = "5 min", firing = []}]', 15, "at is '5 min'; write a length of time"),
    "an expectation": ('expect = [{at = "5m", firing = ["shop"]}]', 15, "is no expectation; write"),
    "a state": ('changes = [{at = "1m", signal = "silence", state = "on"}]\nsilent = true', 15, "is no change"),
    "a rule": ('rule = "slwo"\nsilent = true', 15, "no rule 'slwo'; write slow"),
    "a budget": ('budgets = [{scope = "usr", period = "day", usd = 1}]\nsilent = true', 15, "scope is"),
}


@pytest.mark.parametrize("what", FAULTS)
def test_a_fault_in_a_test_is_told_with_its_line(trying: Trying, toml: Path, what: str) -> None:
    text, line, words = FAULTS[what]
    with pytest.raises(ConfigError) as raised:
        trying.text(toml, RULE + test("x", text))
    assert f"{toml}:{line}: " in str(raised.value) and words in str(raised.value)


def test_the_command_tells_each_failure_in_a_line_and_ends_with_1(toml: Path) -> None:
    toml.write_text(RULE + test("wrong", CALLS + "silent = true") + test("well", "silent = true"))
    done = windvane("alerts", "test", toml, check=False)
    assert done.returncode == 1 and done.stderr == ""
    failure, count = done.stdout.splitlines()
    assert failure.startswith(f"{toml}:13: slow, wrong: it should be silent; seen: ") and count == "1 of 2 tests passed"
    assert windvane("alerts", "test", toml, "--only", "well").stdout == "1 of 1 tests passed\n"


def test_check_tries_the_sql_and_finds_what_a_rule_would_miss_at_night(toml: Path) -> None:
    right = RULE.replace('"slow"', '"right"')
    wrong = RULE.replace("service_name AS service", "service_nam AS service")
    types = (
        RULE.replace('"slow"', '"types"')
        .replace("service_name AS service", "begins AS service")
        .replace("max(latency_max)", "'much'")
        .replace("{called}", "{caled}")
        .replace("GROUP BY service", "GROUP BY begins")
    )
    toml.write_text(right + wrong + types)
    done = windvane("alerts", "check", toml, check=False)
    assert done.returncode == 1
    unknown, value, label, message, count = done.stdout.splitlines()
    assert unknown.startswith(f"{toml}:17: the SQL cannot be run: ") and "service_nam" in unknown
    assert value.startswith(f"{toml}:28: value is no number, but String; write toFloat64")
    assert label.startswith(f"{toml}:32: the label service is no text, but DateTime")
    assert message == f"{toml}:34: the SQL returns no column 'caled'; write called"
    assert count == "4 faults"
    toml.write_text(right)
    assert windvane("alerts", "check", toml).stdout == "1 rule: nothing is wrong\n"


def test_rules_are_listed_with_where_they_come_from(toml: Path) -> None:
    toml.write_text('off = ["silence"]\n' + RULE + 'for = "90s"\n')
    found = {row["name"]: row for row in json.loads(windvane("alerts", "rules", "--rules", toml, "--json").stdout)}
    assert "silence" not in found and found["no-calls"]["from"] == "shipped"
    assert found["slow"]["from"] == str(toml) and found["slow"]["for"] == "1m30s"
    assert found["slow"]["condition"] == "value > 10"
    assert found["model-drift"]["condition"] == "model_drift is fired"
    assert "no-calls" in windvane("alerts", "rules").stdout
