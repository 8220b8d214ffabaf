"""Files of rules, read: TOML in, rules, channels, budgets and maintenance out, or every fault with its line."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import replace
from graphlib import CycleError, TopologicalSorter
from pathlib import Path
from typing import Any, Final, TypeVar

from windvane.dashboards.alerts.cells import Cells, Faults, nearest
from windvane.dashboards.alerts.other_tables import budget_of, channel_of, maintenance_of
from windvane.dashboards.alerts.places import Places
from windvane.dashboards.alerts.rule import Budget, Channel, Maintenance, Rule, RuleFile
from windvane.dashboards.alerts.rule_table import rule_of
from windvane.errors import ConfigError

__all__ = ["load", "origins", "shipped_files"]

_SHIPPED: Final = Path(__file__).parent / "shipped"
_AT: Final = re.compile(r" \(at line (\d+), column \d+\)$")
T = TypeVar("T")


def shipped_files() -> list[Path]:
    """Return the files of the rules that come with windvane, by name."""
    return sorted(_SHIPPED.glob("*.toml"))


def origins(paths: Sequence[Path]) -> dict[str, Path]:
    """Return of each rule the file that it comes from: of files that `load` has read without a fault."""
    tables = ((path, tomllib.loads(path.read_text(encoding="utf-8"))) for path in (*shipped_files(), *paths))
    return {rule["name"]: path for path, table in tables for rule in table.get("rule", [])}


def load(paths: Sequence[Path], signals: Collection[str], *, shipped: bool = True) -> RuleFile:
    """Return what these files say together, with the shipped rules first. Blocks on the disk.

    `signals` are the names of the series signals that there are. A rule with the name of a shipped one takes its
    place; shipped ones that `off` names are left out. Tables `[[test]]` are passed over.

    Raises:
        ConfigError: a line `file:line: what is wrong; what to write instead` for each fault of all files.
    """
    faults = Faults()
    ours, theirs = _Files(faults, signals), _Files(faults, signals)
    for path in shipped_files() if shipped else ():
        ours.read(path)
    for path in dict.fromkeys(paths):
        theirs.read(path)
    replaced = {rule.name for rule, _ in theirs.rules}
    rules = [(rule, cells) for rule, cells in ours.rules if rule.name not in replaced] + theirs.rules
    known = {rule.name for rule, _ in rules}
    off = theirs.off({rule.name for rule, _ in ours.rules}) - replaced
    _check_follows(rules, known)
    for read in (ours, theirs):
        read.check_twice()
    if faults.lines:
        raise ConfigError(faults.told())
    there = known - off
    kept = [replace(rule, follows=tuple(name for name in rule.follows if name in there)) for rule, _ in rules]
    return RuleFile(
        rules=tuple(rule for rule in kept if rule.name in there),
        channels=tuple(channel for channel, _ in theirs.channels),
        budgets=tuple(budget for budget, _ in theirs.budgets),
        maintenance=tuple(window for window, _ in theirs.maintenance),
    )


class _Files:
    """What some files say: each thing with its table."""

    def __init__(self, faults: Faults, signals: Collection[str]) -> None:
        self._faults, self._signals = faults, signals
        self._documents: list[Cells] = []
        self.rules: list[tuple[Rule, Cells]] = []
        self.channels: list[tuple[Channel, Cells]] = []
        self.budgets: list[tuple[Budget, Cells]] = []
        self.maintenance: list[tuple[Maintenance, Cells]] = []

    def read(self, path: Path) -> None:
        """Read one more file."""
        try:
            text = path.read_text(encoding="utf-8")
            document = tomllib.loads(text)
        except tomllib.TOMLDecodeError as error:
            at = _AT.search(str(error))
            line = int(at[1]) if at else len(text.splitlines())
            self._faults.add(path, line, f"this is no TOML: {_AT.sub('', str(error))}", "see https://toml.io")
            return
        except (OSError, UnicodeDecodeError) as error:
            why = error.strerror if isinstance(error, OSError) else "it is no UTF-8"
            self._faults.add(path, 1, f"the file cannot be read: {why}", "give the path of a file of rules")
            return
        places = Places(text)
        cells = Cells(self._faults, path, places, "", 0, document)
        cells.known(("rule", "channel", "budget", "maintenance", "test", "off"))
        self._documents.append(cells)

        def tables(kind: str, make: Callable[[Cells], T]) -> list[tuple[T, Cells]]:
            found: Any = document.get(kind, [])
            if not isinstance(found, list):
                self._faults.add(path, places.line(kind), f"{kind} is not a list of tables", f"write [[{kind}]]")
                return []
            each = [Cells(self._faults, path, places, kind, index, one) for index, one in enumerate(found)]
            return [(make(one), one) for one in each]

        self.rules += tables("rule", lambda table: rule_of(table, self._signals))
        self.channels += tables("channel", channel_of)
        self.budgets += tables("budget", budget_of)
        self.maintenance += tables("maintenance", maintenance_of)

    def off(self, shipped: Collection[str]) -> set[str]:
        """Return the shipped rules that are switched off."""
        named = set()
        for document in self._documents:
            for name in document.texts("off"):
                if name not in shipped:
                    document.fault("off", f"there is no shipped rule {name!r}", nearest(name, sorted(shipped)))
                named.add(name)
        return named

    def check_twice(self) -> None:
        """Note what is there twice."""
        _check_unique((rule.name, cells) for rule, cells in self.rules)
        _check_unique((channel.name, cells) for channel, cells in self.channels)
        _check_unique((window.name, cells) for window, cells in self.maintenance)
        _check_unique((f"{one.scope} {one.name} by {one.period}", cells) for one, cells in self.budgets)


def _check_unique(named: Iterable[tuple[str, Cells]]) -> None:
    seen: dict[str, Cells] = {}
    for name, cells in named:
        if name and name in seen:
            first = f"the first is in {seen[name].path}"
            cells.fault("name", f"there is another {cells.kind} {name}", f"give each a name of its own: {first}")
        seen.setdefault(name, cells)


def _check_follows(rules: Sequence[tuple[Rule, Cells]], known: Collection[str]) -> None:
    for rule, cells in rules:
        for name in rule.follows:
            if name not in known:
                cells.fault("follows", f"there is no rule {name!r} to follow", nearest(name, sorted(known)))
    try:
        TopologicalSorter({rule.name: rule.follows for rule, _ in rules}).prepare()
    except CycleError as error:
        around = error.args[1]
        cells = next(cells for rule, cells in rules if rule.name == around[0])
        told = " follows ".join(reversed(around))
        cells.fault("follows", f"{told}: while all fire, nobody is told", "let one of them follow none")
