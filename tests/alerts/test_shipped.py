"""The rules that come with windvane: each fires where it should, is silent where it should, and says what it needs."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.alerts.trying import Trying
from tests.servers.clickhouse import ClickHouseServer
from windvane.cli.alerts.columns_checked import column_faults
from windvane.cli.alerts.trial import Trial
from windvane.cli.alerts.trial_table import trials_of
from windvane.dashboards.alerts.reading import load, shipped_files
from windvane.dashboards.macros import Span, expand
from windvane.storage.migrations import latest, migrate
from windvane.storage.reader import Reader
from windvane.storage.store import ClickHouseStore
from windvane.stream.signals import Signal

RULES = {rule.name: rule for rule in load([], list(Signal)).rules}
TRIALS = trials_of(shipped_files(), RULES)


@pytest.fixture(scope="module")
def trying(clickhouse: ClickHouseServer) -> Iterator[Trying]:
    store = ClickHouseStore(clickhouse.url, "shipped_rules")
    for _ in migrate(store.connections, latest()):
        pass
    reader = Reader(store.connections)
    yield Trying(store, reader)
    reader.close()
    store.close()


@pytest.mark.parametrize("name", RULES)
def test_over_a_store_in_which_nothing_has_happened_it_says_nothing_and_has_what_it_tells(
    trying: Trying, name: str
) -> None:
    rule = RULES[name]
    assert list(column_faults(rule, trying.reader)) == []
    span = Span(1_768_392_000_000 - rule.window_s * 1000, 1_768_392_000_000)
    assert trying.reader.rows(expand(rule.sql, span)) == []


@pytest.mark.parametrize("trial", TRIALS, ids=[f"{trial.rule}: {trial.name}" for trial in TRIALS])
def test_it_fires_and_is_silent_as_its_file_says(trying: Trying, trial: Trial) -> None:
    assert trying.one(trial) == []


@pytest.mark.parametrize("path", shipped_files(), ids=lambda path: path.stem)
def test_a_file_holds_one_rule_of_its_name_with_tests_of_both_kinds(path: Path) -> None:
    (rule,) = tomllib.loads(path.read_text())["rule"]
    own = [trial for trial in TRIALS if trial.rule == path.stem]
    assert rule["name"] == path.stem
    assert any(expected.firing for trial in own for expected in trial.expected), "no test in which it fires"
    assert any(not trial.expected for trial in own), "no test in which it is silent"
    assert path.read_text().startswith("# "), "what it is for stands at its top"


@pytest.mark.parametrize("name", RULES)
def test_it_says_what_is_wrong_and_what_to_do(name: str) -> None:
    rule = RULES[name]
    assert rule.todo.endswith(("?", ".")) and rule.title[0].isupper() and not rule.title.endswith(".")
    assert "{" in rule.message
    assert all(RULES[cause].severity in ("critical", rule.severity) for cause in rule.follows), "a cause weighs as much"


def test_every_signal_of_a_series_has_a_rule() -> None:
    asked = {match for rule in RULES.values() for match in re.findall(r"signal = '(\w+)'", rule.sql)}
    signals = list(Signal)
    assert set(signals[signals.index(Signal.MODEL_DRIFT) :]) <= asked | {rule.signal for rule in RULES.values()}


def test_the_docs_have_every_rule_with_its_severity_and_files_that_are_right(trying: Trying, tmp_path: Path) -> None:
    page = (Path(__file__).parents[2] / "docs" / "alerts.md").read_text()
    rows = re.findall(r"^\| ([a-z, -]+) \| (critical|warning|info) \|", page, re.MULTILINE)
    told = {name: severity for names, severity in rows for name in names.split(", ")}
    assert told == {rule.name: str(rule.severity) for rule in RULES.values()}
    for name in ("payments.url", "pagerduty.url"):
        (tmp_path / name).write_text("json://there")
    files = re.findall(r"^```toml\n(.*?)^```", page, re.MULTILINE | re.DOTALL)
    for text in files:
        assert [wrong for wrong in trying.text(tmp_path / "rules.toml", text).values() if wrong] == []
    assert len(files) > 3 and "[[test]]" in files[0]
