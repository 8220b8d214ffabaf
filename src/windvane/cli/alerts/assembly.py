"""Puts the evaluator together: rules and store in, a loop that judges and tells out."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path

from windvane.collectors.block import Home
from windvane.dashboards.alerts.book import OWNER, AlertBook
from windvane.dashboards.alerts.channels import AppriseChannel
from windvane.dashboards.alerts.evaluator import Evaluator
from windvane.dashboards.alerts.loop import AlertLoop
from windvane.dashboards.alerts.notify import Notifier
from windvane.dashboards.alerts.rule import RuleFile
from windvane.storage.reader import Reader
from windvane.storage.store import ClickHouseStore

__all__ = ["evaluator_of", "load_rules", "loop_of"]


def load_rules(paths: Sequence[Path]) -> RuleFile:
    """Return the shipped rules, and those of the user's files after them.

    Raises:
        ConfigError: a file cannot be read, or is wrong; the message names the line.
    """
    from windvane.dashboards.alerts.reading import load
    from windvane.stream.registry import SIGNALS

    return load(paths, SIGNALS["series"])


def evaluator_of(store: ClickHouseStore, reader: Reader, file: RuleFile) -> tuple[Evaluator, AlertBook]:
    """Claim the store's alerts, and return what judges them. Who had them before is fenced off.

    Raises:
        StoreError: the store does not answer, or refuses.
    """
    book = AlertBook(store, store.claim(Home(*OWNER)))
    book.set_budgets(file.budgets)
    return Evaluator(file, reader.rows, book), book


def loop_of(store: ClickHouseStore, reader: Reader, file: RuleFile, page: str) -> AlertLoop:
    """Return the loop that judges by this machine's clock; start it. `page` is the address that links begin with.

    Raises:
        ConfigError: a channel's URL is wrong.
        StoreError: as `evaluator_of`.
    """
    ways = [AppriseChannel(channel) for channel in file.channels]
    evaluator, book = evaluator_of(store, reader, file)
    notifier = Notifier(file, book, ways, page=page, clock=time.time)
    return AlertLoop(evaluator, notifier, clock=time.time)
