"""Any drift or anomaly detector of river's, plugged in by name from the settings.

River's objects take one value at a time, so this one loops over events: it is the user's choice, not the hot path's.
"""

from __future__ import annotations

import ast
import importlib
import inspect
import math
import pickle
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

from windvane.collectors.event import COLUMNS, Kind
from windvane.collectors.normalize import PLACES
from windvane.errors import ConfigError
from windvane.stream.batch import Batch
from windvane.stream.detector import Change, Detector
from windvane.stream.series import Run

__all__ = ["RiverDetector"]

_SPEC: Final = re.compile(
    r"river\.(?P<module>drift(?:\.binary)?|anomaly)\.(?P<name>\w+)(?:\((?P<parameters>.*)\))?"
    r"\s+on\s+(?P<column>[\w.]+)(?:\s*>\s*(?P<threshold>[\d.]+))?"
)
_NUMERIC: Final = (Kind.COUNT, Kind.NUMBER, Kind.SECONDS)
_QUIET: Final = 200
"""Events without another alarm after which the series counts as recovered."""


@dataclass(slots=True)
class _Watch:
    """One series: river's object, and whether it has fired."""

    model: Any
    fired: bool = False
    quiet: int = 0
    since_us: int = 0


class RiverDetector(Detector):
    """River's detector, one object per series, on one numeric column.

    >>> from windvane.stream.testing import batch_of
    >>> from windvane.stream.pipeline import Pipeline
    >>> events = [{"latency": 1.0 + (n % 7) / 10 + 5 * (n >= 300)} for n in range(600)]
    >>> found = Pipeline([RiverDetector("river.drift.ADWIN(delta=0.002) on latency")]).score(batch_of(events)).changes
    >>> [(change.row, change.state) for change in found]
    [(319, 'fired'), (519, 'recovered')]
    """

    def __init__(self, spec: str) -> None:
        """Read `spec`: river.drift.NAME(…) on COLUMN, or river.anomaly.NAME(…) on COLUMN > THRESHOLD.

        Raises:
            ConfigError: it cannot be read, or river does not know it.
        """
        match = _SPEC.fullmatch(spec.strip())
        if not match:
            raise ConfigError(f"{spec!r} cannot be read. As: 'river.drift.ADWIN(delta=0.002) on latency'")
        self.name = spec
        self._threshold = float(match["threshold"]) if match["threshold"] else None
        place = PLACES.get(match["column"])
        if place is None or COLUMNS[place].kind not in _NUMERIC:
            raise ConfigError(f"{spec!r}: {match['column']!r} is no numeric column; latency and output_tokens are")
        self._column, self._feature = COLUMNS[place].name, match["column"]
        if (match["module"] == "anomaly") != (self._threshold is not None):
            raise ConfigError(
                f"{spec!r}: detectors of river.anomaly, and only they, need a threshold: '… on latency > 0.9'"
            )
        self._make = _maker(spec, match["module"], match["name"], match["parameters"] or "")
        self._make()
        self._watches: dict[int, _Watch] = {}
        self._touched: set[int] = set()

    def update(self, batch: Batch, layout: Sequence[Run], count: int) -> list[Change]:
        """See `Detector.update`."""
        values, times = batch.numbers(self._column), batch.times_us()
        changes = []
        for run in layout:
            for series, rows, mask in zip(run.series.tolist(), run.rows, run.mask, strict=True):
                watch = self._watches.get(series)
                if watch is None:
                    watch = self._watches[series] = _Watch(self._make())
                self._touched.add(series)
                for row in rows[mask].tolist():
                    value = float(values[row])
                    if not math.isnan(value) and (change := self._one(watch, value, row, series, int(times[row]))):
                        changes.append(change)
        return changes

    def _one(self, watch: _Watch, value: float, row: int, series: int, time_us: int) -> Change | None:
        evidence: dict[str, Any] = {"feature": self._feature, "value": value}
        if self._threshold is None:
            watch.model.update(value)
            alarm = bool(watch.model.drift_detected)
        else:
            evidence["score"] = float(watch.model.score_one({self._feature: value}))
            watch.model.learn_one({self._feature: value})
            alarm = evidence["score"] > self._threshold
        watch.quiet = 0 if alarm else watch.quiet + 1
        if alarm and not watch.fired:
            watch.fired, watch.since_us = True, time_us
            return Change(row, series, self.name, "fired", time_us, evidence)
        if watch.fired and watch.quiet >= _QUIET:
            watch.fired = False
            return Change(row, series, self.name, "recovered", watch.since_us, evidence)
        return None

    def pages(self, *, whole: bool) -> Iterator[tuple[int, bytes]]:
        """See `Detector.pages`: a page per series, as pickle: river's objects have no other form."""
        for series in sorted(self._watches if whole else self._touched):
            yield series, pickle.dumps(self._watches[series])
        self._touched.clear()

    def load(self, pages: Iterable[tuple[int, bytes]]) -> None:
        """See `Detector.load`. Reads pickle: only workers may write the store's state table."""
        for series, data in pages:
            self._watches[series] = pickle.loads(data)


def _maker(spec: str, module: str, name: str, parameters: str) -> Any:
    """Return a function that makes a new river object."""
    try:
        call = ast.parse(f"f({parameters})", mode="eval").body
        assert isinstance(call, ast.Call)
        if call.args:
            raise ValueError("parameters are named: delta=0.002")
        given = {str(word.arg): ast.literal_eval(word.value) for word in call.keywords}
        kind = getattr(importlib.import_module(f"river.{module}"), name)
        if "seed" in inspect.signature(kind).parameters:
            given.setdefault("seed", 0)  # the same log gives the same signals
        inspect.signature(kind).bind(**given)
    except (SyntaxError, ValueError, TypeError, AttributeError, ImportError) as error:
        raise ConfigError(f"{spec!r}: {error}") from error
    return lambda: kind(**given)
