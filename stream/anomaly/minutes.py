"""What a series does in a minute: its calls, and their latency, tokens and cost."""

from __future__ import annotations

from typing import ClassVar, Final

import numpy as np
from numpy.typing import NDArray

from windvane.stream.anomaly.clock import last_closed
from windvane.stream.anomaly.closing import FOUND, MEASURES, close, count
from windvane.stream.anomaly.told import MEASURED, left_to_others, told
from windvane.stream.anomaly.track import TRACK
from windvane.stream.batch import Batch
from windvane.stream.detector import ArrayDetector, Change
from windvane.stream.series import Members
from windvane.stream.signals import Signal, SignalInfo

__all__ = ["Minutes"]

_READ: Final = (
    "time",
    "gen_ai_client_operation_duration",
    "gen_ai_usage_input_tokens",
    "gen_ai_usage_output_tokens",
)


class Minutes(ArrayDetector):
    """Watches the minutes of event time of each series: spikes, shifts, ramps and silence.

    A minute is foretold from what is usual at its hour and day, as far as that is known, and from the minutes before
    it. It is judged when the partition's clock has passed its end by ten seconds, and a series once it has had 30
    minutes and 64 events. Nothing at all in the whole partition for an hour is a gap, not a silence. While more than
    one in a hundred events come too late for their minute, as in a quick replay of a log, none is judged.

    >>> from windvane.stream.pipeline import Pipeline
    >>> from windvane.stream.testing import batch_of
    >>> calls = [{"time": 1_699_990_000 + 2 * n, "service": "a" if n % 2 else "b"} for n in range(3000)]
    >>> fewer = [call for n, call in enumerate(calls) if n < 2500 or call["service"] == "a"]
    >>> changes = Pipeline([Minutes()]).score(batch_of(fewer)).changes
    >>> [(str(change.signal), change.state, change.evidence["says"]) for change in changes]
    [('silence', 'fired', 'calls fell from 15 to 0 a minute since 20:50 UTC: none for 2 minutes')]
    >>> Pipeline([Minutes()]).score(batch_of(calls)).changes
    []
    """

    name = "minutes"
    infos: ClassVar = {
        signal: SignalInfo(
            unit="change of state",
            range="fired, recovered, accepted",
            columns=_READ,
            source="Shiryaev-Roberts sums: Pollak (1985), Optimal detection of a change in distribution",
            cost_us=1.0,
            doc=doc,
        )
        for signal, doc in (
            (
                Signal.ANOMALY,
                "A minute stands out: far more or fewer calls, or far higher or lower latency, tokens or cost per call,"
                " than foretold from the hour and the minutes before.",
            ),
            (
                Signal.TRAFFIC_SHIFT,
                "Calls a minute, or the latency, tokens or cost of a call minute by minute, have left what is usual at"
                " this hour, at once or slowly, and stay there. Accepted as the new usual after two hours.",
            ),
            (Signal.SILENCE, "A series that should have had calls by now has none."),
        )
    }
    dtype: ClassVar = TRACK
    share: ClassVar = 1.0

    def update(self, batch: Batch, members: Members) -> list[Change]:
        """See `Detector.update`. The first record is the clock; then each series has one of each measure."""
        self._grow(MEASURES * members.count + 1)
        before = int(self.state[0]["closed"])
        changes = self.follow(batch, members)
        touched = MEASURES * members.series[:, None] + np.array([1, MEASURES])
        self._dirty[touched // self.page_size] = True
        self._dirty[0 : 1 if self.state[0]["closed"] == before else None] = True
        return changes

    def follow(self, batch: Batch, members: Members) -> list[Change]:
        """See `ArrayDetector.follow`."""
        values = np.stack([_of(batch, measure) for measure in MEASURED])
        changes: list[Change] = []
        at, entered = 0, False
        while True:
            at = count(
                self.state, members.rows, members.series, members.begins, batch.times_us(), batch.logged_us, values,
                at, entered,
            )  # fmt: skip
            if at == len(members.rows):
                return changes
            changes += self._close(members, at)
            entered = True

    def _close(self, members: Members, at: int) -> list[Change]:
        """Close the minutes that the clock has passed at a membership."""
        known = int(members.known[at])
        found, changes = np.zeros(MEASURES * known + 1, FOUND), []
        while self.state[0]["closed"] < last_closed(int(self.state[0]["now_us"])):
            said = close(self.state, known, self.alarms_per_week, at, found)
            changes += [told(one, members) for one in found[:said] if not left_to_others(one)]
        return changes


def _of(batch: Batch, measure: str) -> NDArray[np.float64]:
    """Return the logarithm of a measure of each event, float64 (n,), NaN where it has none."""
    if measure == "calls":
        return np.zeros(len(batch))
    if measure == "cost":
        found = batch.signal(Signal.COST)
    elif measure == "tokens":
        found = batch.numbers("gen_ai_usage_input_tokens") + batch.numbers("gen_ai_usage_output_tokens")
    else:
        found = batch.numbers("gen_ai_client_operation_duration")
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(found > 0, np.log(found), np.nan)
