"""A store for the tests of rules, and those tests read from text."""

from __future__ import annotations

from pathlib import Path

from windvane.cli.alerts.trial import Trial, run
from windvane.cli.alerts.trial_table import trials_of
from windvane.dashboards.alerts.reading import load
from windvane.storage.reader import Reader
from windvane.storage.store import ClickHouseStore
from windvane.stream.signals import Signal

__all__ = ["RULE", "Trying"]

RULE = '''[[rule]]
name = "slow"
title = "Slow"
sql = """
SELECT service_name AS service, max(latency_max) AS value, sum(activity.calls) AS called
FROM activity WHERE step = 60 AND $__timeFilter(begins) GROUP BY service
"""
labels = ["service"]
above = 10
message = "{service}: {value}, {called} calls"
todo = "Look."
link = {board = "overview", service = "service"}
'''


class Trying:
    """Runs tests of rules in one store, one after the other."""

    def __init__(self, store: ClickHouseStore, reader: Reader) -> None:
        self.store, self.reader = store, reader

    def text(self, path: Path, text: str) -> dict[str, list[str]]:
        """Return what is wrong with each test of a file with this text."""
        path.write_text(text, encoding="utf-8")
        rules = {rule.name: rule for rule in load([path], list(Signal)).rules}
        return {trial.name: self.one(trial, path) for trial in trials_of([path], rules)}

    def one(self, trial: Trial, *paths: Path) -> list[str]:
        rules = {rule.name: rule for rule in load(paths, list(Signal)).rules}
        return run(trial, rules[trial.rule], self.store, self.reader)
