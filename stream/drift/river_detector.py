"""Any drift or anomaly detector of river's, plugged in by name from the settings.

River's objects take one value at a time, so this one loops over events: it is the user's choice, not the hot path's.
"""

from __future__ import annotations

import logging
import math
import pickle
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Final

import river

from windvane.stream.batch import Batch
from windvane.stream.detector import Change, Detector
from windvane.stream.drift.river_spec import read
from windvane.stream.evidence import evidence
from windvane.stream.series import Members

__all__ = ["RiverDetector"]

_log: Final = logging.getLogger("windvane.stream")
_QUIET: Final = 200
"""Events without another alarm after which the series counts as recovered."""
_VERSION: Final = f"river {river.__version__}\n".encode()


@dataclass(slots=True)
class _Watch:
    """One series: river's object, and whether it has fired."""

    model: Any
    fired: bool = False
    quiet: int = 0
    since_us: int = 0


class RiverDetector(Detector):
    """River's detector, one object per series, on one column; its name is its specification.

    Silent while the level stays, and once more when it has stayed at a new one for 200 events.

    >>> from windvane.stream.testing import batch_of
    >>> from windvane.stream.pipeline import Pipeline
    >>> adwin = "river.drift.ADWIN(delta=0.002) on latency"
    >>> shift = [{"latency": 1.0 + (n % 7) / 10 + 5 * (n >= 300)} for n in range(600)]
    >>> [(change.row, change.state) for change in Pipeline([RiverDetector(adwin)]).score(batch_of(shift)).changes]
    [(319, 'fired'), (519, 'recovered')]
    >>> calm = [{"latency": 1.0 + (n % 7) / 10} for n in range(2000)]
    >>> Pipeline([RiverDetector(adwin)]).score(batch_of(calm)).changes
    []
    """

    def __init__(self, spec: str) -> None:
        """Read `spec`, as `river_spec` says.

        Raises:
            ConfigError: it cannot be read, or river does not know it.
        """
        self.name = spec
        self._spec = read(spec)
        self._watches: dict[int, _Watch] = {}
        self._touched: set[int] = set()

    def update(self, batch: Batch, members: Members) -> list[Change]:
        """See `Detector.update`."""
        values, times = self._spec.values(batch), batch.times_us()
        changes = []
        for row, series in zip(members.rows.tolist(), members.series.tolist(), strict=True):
            value = float(values[row])
            if math.isnan(value):
                continue
            watch = self._watches.get(series)
            if watch is None:
                watch = self._watches[series] = _Watch(self._spec.make())
            self._touched.add(series)
            if change := self._one(watch, value, row, series, int(times[row])):
                changes.append(change)
        return changes

    def _one(self, watch: _Watch, value: float, row: int, series: int, time_us: int) -> Change | None:
        score = None
        if self._spec.kind == "anomaly":
            score = self._score(watch.model, value)
            alarm = score > (self._spec.threshold or 0.0)
        else:
            watch.model.update(bool(value) if self._spec.kind == "drift.binary" else value)
            alarm = bool(watch.model.drift_detected)
        watch.quiet = 0 if alarm else watch.quiet + 1
        if alarm and not watch.fired:
            watch.fired, watch.since_us = True, time_us
            says = f"{self._spec.feature} at {value:.6g}: {self.name.split(' on ')[0]} has noticed a change"
            return Change(row, series, self.name, "fired", time_us, self._evidence(says, value, score))
        if watch.fired and watch.quiet >= _QUIET:
            watch.fired = False
            says = f"{self._spec.feature}: nothing noticed in {_QUIET} events"
            return Change(row, series, self.name, "recovered", watch.since_us, self._evidence(says, value, score))
        return None

    def _evidence(self, says: str, value: float, score: float | None) -> dict[str, Any]:
        return evidence(self._spec.feature, says, current=value, current_n=1, score=score)

    def _score(self, model: Any, value: float) -> float:
        x: dict[str, float] = {} if self._spec.supervised else {self._spec.feature: value}
        y = (value,) if self._spec.supervised else ()
        score = float(model.score_one(x, *y))
        model.learn_one(x, *y)
        return score

    def pages(self, *, whole: bool) -> Iterator[tuple[int, bytes]]:
        """See `Detector.pages`: a page per series, as pickle: river's objects have no other form."""
        for series in sorted(self._watches if whole else self._touched):
            yield series, _VERSION + pickle.dumps(self._watches[series])
        self._touched.clear()

    def load(self, pages: Iterable[tuple[int, bytes]]) -> None:
        """See `Detector.load`. Reads pickle: only workers may write the store's state table."""
        saved = list(pages)
        if not all(data.startswith(_VERSION) for _, data in saved):
            _log.warning("%s: saved state is of another version of river; it starts to learn anew", self.name)
            return
        self._watches = {series: pickle.loads(data[len(_VERSION) :]) for series, data in saved}
