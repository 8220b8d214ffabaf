"""How a detector of river's is named in the settings: `river.drift.ADWIN(delta=0.002) on latency`."""

from __future__ import annotations

import ast
import importlib
import inspect
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final, Literal

import numpy as np
from numpy.typing import NDArray

from windvane.collectors.event import COLUMNS, Kind
from windvane.collectors.normalize import PLACES
from windvane.errors import ConfigError
from windvane.stream.batch import Batch

__all__ = ["RiverSpec", "read"]

_FORMS: Final = (
    "'river.drift.ADWIN(delta=0.002) on latency', 'river.drift.binary.DDM() on error',"
    " 'river.drift.binary.DDM() on latency > 2', 'river.anomaly.HalfSpaceTrees() on latency > 0.9'"
)
_SPEC: Final = re.compile(
    r"river\.(?P<module>drift|drift\.binary|anomaly)\.(?P<name>\w+)(?:\((?P<parameters>.*)\))?"
    r"\s+on\s+(?P<column>[\w.]+)(?:\s*>\s*(?P<threshold>-?\d+(?:\.\d+)?))?"
)
_NUMERIC: Final = (Kind.COUNT, Kind.NUMBER, Kind.SECONDS)


@dataclass(frozen=True, slots=True)
class RiverSpec:
    """What a specification says: which of river's objects watches what of an event."""

    kind: Literal["drift", "drift.binary", "anomaly"]
    column: str
    feature: str
    """The column as the user calls it."""
    threshold: float | None
    """Of an anomaly's score; of the value, where a binary detector watches a number."""
    supervised: bool
    """Whether an anomaly detector takes the value as river's `y`."""
    make: Callable[[], Any]

    def values(self, batch: Batch) -> NDArray[np.float64]:
        """Return what is watched of each event, NaN where there is nothing to watch."""
        if self.kind != "drift.binary":
            return batch.numbers(self.column)
        if self.threshold is None:
            return np.asarray(batch.arrow(self.column).is_valid().to_numpy(zero_copy_only=False), np.float64)
        numbers = batch.numbers(self.column)
        return np.where(np.isnan(numbers), np.nan, numbers > self.threshold)


def read(spec: str) -> RiverSpec:
    """Read a specification.

    Raises:
        ConfigError: it cannot be read, river does not know it, or the column does not suit it.
    """
    match = _SPEC.fullmatch(spec.strip())
    if not match:
        raise ConfigError(f"{spec!r} cannot be read. Write it as one of {_FORMS}")
    kind: Any = match["module"]
    threshold = float(match["threshold"]) if match["threshold"] else None
    place = PLACES.get(match["column"])
    if place is None:
        raise ConfigError(f"{spec!r}: an event has no column {match['column']!r}; latency, output_tokens and error are")
    column = COLUMNS[place]
    presence = kind == "drift.binary" and column.kind is Kind.TEXT
    if not presence and column.kind not in _NUMERIC:
        raise ConfigError(f"{spec!r}: {match['column']!r} is no number. Watch latency, ttft or output_tokens")
    if (threshold is not None) != (kind == "anomaly" or (kind == "drift.binary" and not presence)):
        rule = "an anomaly's score and a number that is watched as yes or no have a threshold, all else has none"
        raise ConfigError(f"{spec!r}: {rule}. Write it as one of {_FORMS}")
    make, supervised = _maker(spec, kind, match["name"], match["parameters"] or "")
    return RiverSpec(kind, column.name, match["column"], threshold, supervised, make)


def _maker(spec: str, module: str, name: str, parameters: str) -> tuple[Callable[[], Any], bool]:
    """Return a function that makes a new object of river's, tried once; and whether it is supervised."""
    try:
        found = importlib.import_module(f"river.{module}")
        method = "score_one" if module == "anomaly" else "update"
        known = {
            each: value
            for each, value in vars(found).items()
            if inspect.isclass(value) and hasattr(value, method) and not inspect.isabstract(value)
        }
        if name not in known:
            raise ConfigError(f"{spec!r}: river.{module} has no detector {name!r}; it has {', '.join(sorted(known))}")
        kind: Any = known[name]
        call = ast.parse(f"f({parameters})", mode="eval").body
        if not isinstance(call, ast.Call) or call.args:
            raise ValueError("name the parameters, as in delta=0.002")
        given = {str(word.arg): ast.literal_eval(word.value) for word in call.keywords}
        if "seed" in inspect.signature(kind).parameters:
            given.setdefault("seed", 0)  # the same log gives the same signals
        kind(**given)
        supervised = module == "anomaly" and "y" in inspect.signature(kind.score_one).parameters
    except ConfigError:
        raise
    except Exception as error:  # river checks its parameters each in its own way
        raise ConfigError(f"{spec!r}: {error}. See the parameters of river.{module}.{name}") from error
    return lambda: kind(**given), supervised
