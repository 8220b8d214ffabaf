"""Level shifts of latency and tokens, by a two-sided Page-Hinkley test on every series at once."""

from __future__ import annotations

import math
from typing import Any, ClassVar, Final

import numpy as np
from numpy.typing import NDArray

from windvane.stream.batch import Batch
from windvane.stream.detector import ArrayDetector, Change
from windvane.stream.series import Run
from windvane.stream.signals import Signal, SignalInfo

__all__ = ["PageHinkley"]

_FEATURES: Final = {
    "latency": ("gen_ai_client_operation_duration", 0.001),
    "input_tokens": ("gen_ai_usage_input_tokens", 0.5),
    "output_tokens": ("gen_ai_usage_output_tokens", 0.5),
}
"""What is watched, and the least that has a logarithm: answers that become empty have left their level, too."""
_FEATURE: Final = np.dtype(
    [
        ("n", "f8"), ("sum", "f8"), ("squares", "f8"),  # of the baseline, since the last change
        ("up", "f8", 2),  # the test's cumulative sums, for shifts up and down
        ("low", "f8", 2), ("low_n", "f8", 2), ("low_sum", "f8", 2), ("low_time", "i8", 2),  # at each sum's minimum
        ("fired", "i4"),  # 0, or 1 and the full windows of `warm_up` events since
        ("old_mean", "f8"), ("old_std", "f8"), ("since", "i8"),
    ]
)  # fmt: skip
_SIGNS: Final = np.array([1.0, -1.0])


class PageHinkley(ArrayDetector):
    """Fires when the level of a feature leaves its baseline; recovers when it is back, or has become the new normal.

    Works on logarithms, in units of the series' own running deviation, so one threshold serves every series. Silent for
    the first `warm_up` events of a series, while it learns; once fired, it looks at every `warm_up` events whether they
    are back.

    Source: Page (1954), Continuous inspection schemes, Biometrika 41; Hinkley (1971), Inference about the change-point
    from cumulative sum tests, Biometrika 58. Reference form: river's drift.PageHinkley.

    >>> from windvane.stream.testing import batch_of
    >>> from windvane.stream.pipeline import Pipeline
    >>> import numpy as np
    >>> seconds = np.random.default_rng(7).lognormal(0, 0.3, 600)
    >>> seconds[400:] *= 2
    >>> changes = Pipeline([PageHinkley()]).score(batch_of({"latency": float(s)} for s in seconds)).changes
    >>> [(change.row, change.state, change.evidence["direction"]) for change in changes]
    [(412, 'fired', 'up')]
    >>> calm = np.random.default_rng(7).lognormal(0, 0.3, 5000)
    >>> Pipeline([PageHinkley()]).score(batch_of({"latency": float(s)} for s in calm)).changes
    []
    """

    name = "page_hinkley"
    infos: ClassVar = {
        Signal.LEVEL_SHIFT: SignalInfo(
            unit="change of state",
            range="fired or recovered",
            columns=(
                "gen_ai_client_operation_duration",
                "gen_ai_usage_input_tokens",
                "gen_ai_usage_output_tokens",
            ),
            source="Page (1954), Continuous inspection schemes; Hinkley (1971)",
            cost_us=3.0,
            doc="Latency or tokens per call have moved to another level, up or down.",
        )
    }
    dtype: ClassVar = np.dtype([("features", _FEATURE, (len(_FEATURES),))])

    def __init__(self, *, delta: float = 0.5, threshold: float = 20.0, warm_up: int = 100, accept: int = 2000) -> None:
        """`delta`: shift per event to overlook, and `threshold`: sum that fires, both in deviations. `warm_up`: events
        that a level is judged by. `accept`: events after which a new level counts as normal."""
        super().__init__()
        self.delta, self.threshold, self.warm_up, self.accept = delta, threshold, warm_up, accept

    def step(self, state: NDArray[Any], batch: Batch, run: Run) -> list[Change]:
        """See `ArrayDetector.step`."""
        changes: list[Change] = []
        times = batch.times_us()[run.rows]
        for place, feature in enumerate(_FEATURES):
            values = batch.derived(_logarithms)[place][run.rows]
            mask = run.mask & np.isfinite(values)
            todo = np.flatnonzero(mask.any(axis=1))
            while todo.size:
                part = state["features"][todo, place]
                stop = self._advance(part, np.where(mask[todo], values[todo], 0.0), mask[todo], times[todo])
                for at in np.flatnonzero(stop < mask.shape[1]):
                    row, series = run.rows[todo[at], stop[at]], run.series[todo[at]]
                    changes += self._judge(part[at], feature, int(row), int(series))
                state["features"][todo, place] = part
                # A change ends a baseline: what follows it in this batch is taken in again, from the new state.
                mask[todo] &= np.arange(mask.shape[1]) > stop[:, None]
                todo = todo[mask[todo].any(axis=1)]
        return changes

    def _advance(self, s: NDArray[Any], x: NDArray[np.float64], mask: NDArray[np.bool_],
                 times: NDArray[np.int64]) -> NDArray[np.int64]:  # fmt: skip
        """Take the events of each series in, up to the first to be judged; return its column, or the width."""
        width = x.shape[1]
        n = _running(s["n"], mask.astype(np.float64))
        total, squares = _running(s["sum"], x.copy()), _running(s["squares"], x * x)
        before = np.maximum(n - 1, 1)
        mean = (total - x) / before
        std = np.sqrt(np.maximum((squares - x * x) / before - mean * mean, 0)) + 0.05
        z = np.clip((x - mean) / std, -4, 4)
        active = mask & (n > self.warm_up)
        # (series, direction, event)
        sums = _running(s["up"], np.where(active[:, None], _SIGNS[:, None] * z[:, None] - self.delta, 0.0))
        lows = np.minimum(np.minimum.accumulate(sums, axis=2), s["low"][:, :, None])
        fired = (sums - lows > self.threshold).any(axis=1) & active
        settled = mask & (s["fired"][:, None] != 0) & (n == self.warm_up)
        event = fired | settled
        stop: NDArray[np.int64] = np.where(event.any(axis=1), event.argmax(axis=1), width)
        last = np.minimum(stop, width - 1)
        each = np.arange(len(s))
        # Where each sum had its minimum, at or before the last event taken in.
        at_low = np.where((sums <= lows) & (mask & (n >= self.warm_up))[:, None], np.arange(width), -1)
        low_at = np.maximum.accumulate(at_low, axis=2)[each, :, last]
        moved, place = low_at >= 0, np.maximum(low_at, 0)
        rows = each[:, None]
        s["low_n"] = np.where(moved, n[rows, place], s["low_n"])
        s["low_sum"] = np.where(moved, total[rows, place], s["low_sum"])
        s["low_time"] = np.where(moved, times[rows, place], s["low_time"])
        s["up"], s["low"] = sums[each, :, last], lows[each, :, last]
        s["n"], s["sum"], s["squares"] = n[each, last], total[each, last], squares[each, last]
        return stop

    def _judge(self, record: Any, feature: str, row: int, series: int) -> list[Change]:
        """Say what has become of one series at an event that `_advance` has stopped at."""
        if not record["fired"]:
            return [self._fire(record, feature, row, series)]
        mean = record["sum"] / record["n"]
        back = abs(mean - record["old_mean"]) < record["old_std"]
        if not back and record["fired"] * self.warm_up < self.accept:
            # The shift goes on, or is just over and the window holds both levels: the next one tells.
            record["fired"] += 1
            _restart(record)
            return []
        evidence = {
            "feature": feature,
            "why": "back at its level" if back else "accepted as the new normal",
            "baseline": _plain(record["old_mean"]),
            "current": _plain(mean),
            "current_n": int(record["n"]),
        }
        record["fired"] = 0
        return [Change(row, series, Signal.LEVEL_SHIFT, "recovered", int(record["since"]), evidence)]

    def _fire(self, record: Any, feature: str, row: int, series: int) -> Change:
        side = int(np.argmax(record["up"] - record["low"]))
        base_n, base_sum = record["low_n"][side], record["low_sum"][side]
        baseline, current = base_sum / base_n, (record["sum"] - base_sum) / (record["n"] - base_n)
        since = int(record["low_time"][side])
        direction = "up" if side == 0 else "down"
        evidence = {
            "feature": feature,
            "direction": direction,
            "baseline": _plain(baseline),
            "baseline_n": int(base_n),
            "current": _plain(current),
            "current_n": int(record["n"] - base_n),
            "says": f"{feature} per call went {direction} from {_plain(baseline)} to {_plain(current)}",
        }
        mean = record["sum"] / record["n"]
        record["old_mean"] = baseline
        record["old_std"] = math.sqrt(max(record["squares"] / record["n"] - mean * mean, 0.0)) / 2 + 0.05
        record["fired"], record["since"] = 1, since
        _restart(record)
        return Change(row, series, Signal.LEVEL_SHIFT, "fired", since, evidence)


def _restart(record: Any) -> None:
    """Begin a new baseline."""
    for name in ("n", "sum", "squares", "up", "low", "low_n", "low_sum", "low_time"):
        record[name] = 0


def _logarithms(batch: Batch) -> NDArray[np.float64]:
    """Return the logarithm of each feature of each event, (features, n); not finite where there is none."""
    numbers = np.stack([batch.numbers(column) for column, _ in _FEATURES.values()])
    least = np.array([[least] for _, least in _FEATURES.values()])
    return np.log(np.where(numbers >= 0, np.maximum(numbers, least), np.nan))


def _running(start: NDArray[np.float64], steps: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the running sums along the last axis, from `start` on; `steps` is used up.

    One addition after the other, from the state on: how a log is cut into batches does not change a bit.
    """
    steps[..., 0] += start
    return np.cumsum(steps, axis=-1, out=steps)


def _plain(log_value: float) -> float:
    return float(f"{math.exp(log_value):.6g}")
