"""Alert rules put together: files, evaluator, channels, in a process that has the store."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from windvane.dashboards.alerts.book import Book
from windvane.dashboards.alerts.courier import Courier
from windvane.dashboards.alerts.evaluator import Evaluator
from windvane.dashboards.alerts.loop import AlertLoop
from windvane.dashboards.alerts.reading import load
from windvane.dashboards.alerts.rule import RuleFile
from windvane.settings import setting
from windvane.storage.reader import Reader
from windvane.storage.store import ClickHouseStore
from windvane.stream.signals import Signal

__all__ = ["Alerts", "rule_file"]


def rule_file(paths: Sequence[Path] | None = None) -> RuleFile:
    """Return the shipped rules and what the user's files say (default: the settings').

    Raises:
        ConfigError: something in a file is wrong; the message names every line.
    """
    return load(setting("rules", paths), list(Signal))


class Alerts:
    """Judges rules over a store and tells, in threads of its own. `start` and `stop` are called once each."""

    def __init__(self, store: ClickHouseStore, file: RuleFile, page_url: str) -> None:
        """Take the rules of this store over. Blocks on it.

        Raises:
            StoreError: it cannot be read.
        """
        self._reader = Reader(store.connections, threads=1)
        book = Book(store)
        channels = {channel.name: channel for channel in file.channels}
        todos = {rule.name: rule.todo for rule in file.rules}
        self.loop = AlertLoop(Evaluator(file, self._reader, book), Courier(channels, book, page_url, todos=todos))

    def start(self) -> None:
        """Begin."""
        self.loop.start()

    def stop(self) -> None:
        """End what is in hand; the store's owner closes the store."""
        self.loop.stop()
        self._reader.close()
