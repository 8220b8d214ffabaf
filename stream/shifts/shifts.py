"""The detector of shifts: which numbers of a series have moved, since when, from what to what."""

from __future__ import annotations

from typing import Any, ClassVar, Final

import numpy as np
from numpy.typing import NDArray

from windvane.stream.batch import Batch
from windvane.stream.detector import ArrayDetector, Change
from windvane.stream.series import Members
from windvane.stream.shifts.bets import BETS, TABLES
from windvane.stream.shifts.follow import follow
from windvane.stream.shifts.record import CLASS_WORDS, MOST_MOVED, SERIES, TOLD
from windvane.stream.shifts.says import STATES, told_of
from windvane.stream.shifts.watched import GROUPS, WATCHED
from windvane.stream.signals import Signal, SignalInfo

__all__ = ["Shifts"]

_WAYS: Final = ("up", "down", "both")
_TOLD_AT_ONCE: Final = 128
_READ: Final = (
    "error_type", "gen_ai_client_operation_duration", "gen_ai_response_time_to_first_chunk",
    "gen_ai_usage_input_tokens", "gen_ai_usage_output_tokens", "gen_ai_usage_cache_read_input_tokens",
    "gen_ai_usage_reasoning_output_tokens", "gen_ai_response_finish_reasons", "gen_ai_evaluation_score_value",
)  # fmt: skip
"""The columns of `WATCHED`; the rest is event signals."""
_CLASS_BYTES: Final = 8 * CLASS_WORDS
_SPEC_TYPE: Final = np.dtype(
    [
        ("way", "i8"),
        ("mean", "?"),
        ("material", "i8"),
        ("tolerated", "i8"),
        ("spends", "f8"),
        ("grain", "i8"),
        ("group", "i8"),
    ]
)
_TOLERATED: Final = 0.5
"""The part of a material change that is no evidence at all: sizes drift by the hour of the day."""
_SPENDS: Final = 5.0
"""What a size may spend beside a share: what is tolerated makes its false alarms rarer than is spent, and this makes
up for it. A factor that the nulls support, as `ALARM` in `judge.py`."""
_GRAINS: Final = 4
"""The bins of a feature that hardly varies: so many make a change that is worth an alarm."""


class Shifts(ArrayDetector):
    """Fires when a number of a series has shifted the bad way, surely and by enough to matter: `WATCHED` says which.

    Each value is ranked among those before it in its series, and bets on unusual ranks add up to evidence
    (`stream/shifts/bets.py`, `stream/budget.py`), from the 64th value of the feature on. What moves together fires as
    one; a change that lasts less than half a minute is no alarm. It recovers when the median or mean of the last 24
    values is back, by half of what matters, and stays so for another 24 (shares: the longer, the rarer it is); the new
    level is accepted after 24 hours and 200 values. What is usual is not changed by what comes in between.

    >>> from windvane.stream.pipeline import Pipeline
    >>> from windvane.stream.testing import batch_of
    >>> calls = [{"latency": 1.0 + (n * 7 % 10) / 20 + 2.0 * (400 <= n < 450)} for n in range(600)]
    >>> changes = Pipeline([Shifts()]).score(batch_of(calls)).changes
    >>> [(change.row, change.state) for change in changes]
    [(430, 'fired'), (487, 'recovered')]
    >>> changes[0].evidence["says"]
    'median latency went up from 1.24 s to 3.22 s, in 31 events since 22:20:00 UTC'
    >>> Pipeline([Shifts()]).score(batch_of(calls[:400])).changes
    []
    """

    name = "shifts"
    dtype: ClassVar = SERIES
    infos: ClassVar = {
        signal: SignalInfo(
            unit="change of state",
            range="fired, recovered, accepted",
            columns=_READ,
            source="rank bets: Vovk, Nouretdinov, Gammerman (2003), Testing exchangeability on-line; sums of them: "
            "Shin, Ramdas, Rinaldo (2024), E-detectors",
            cost_us=2.0,
            doc=doc,
        )
        for signal, doc in (
            (
                Signal.BEHAVIOUR_SHIFT,
                "Latency, speed, tokens, cost, finish reasons or steps of an agent have shifted.",
            ),
            (Signal.ERROR_SHIFT, "More calls fail than used to."),
            (Signal.QUALITY_SHIFT, "An event signal of quality has shifted the bad way, feedback among them."),
            (Signal.RETRIEVAL_SHIFT, "Retrieved documents match, are used or are found less than they were."),
            (Signal.EMBEDDING_SHIFT, "Embeddings have another size, or are elsewhere than they were."),
        )
    }

    def follow(self, batch: Batch, members: Members) -> list[Change]:
        """See `ArrayDetector.follow`."""
        present, codes = _codes(batch)
        classes = batch.derived(error_classes)
        columns = (members.rows, members.series, members.known, members.begins)
        told = np.zeros(_TOLD_AT_ONCE, TOLD)
        start, changes = 0, list[Change]()
        while start < len(members.rows):
            start, found = follow(
                self.state, start, columns, batch.times_us(), codes, present, classes, _SPEC, _SETS,
                TABLES, BETS, self.alarms_per_week, told,
            )  # fmt: skip
            changes += [self._change(record, members) for record in told[:found]]
        return changes

    def _change(self, told: Any, members: Members) -> Change:
        at, watched = int(told["at"]), WATCHED[told["feature"]]
        return Change(int(members.rows[at]), int(members.series[at]), watched.signal, STATES[told["state"]],
                      int(told["since_us"]), told_of(told))  # fmt: skip


def _codes(batch: Batch) -> tuple[NDArray[np.int64], NDArray[np.uint16]]:
    """Return which features there are in a batch, int64 (p,), and their codes, uint16 (n, p)."""
    present, columns = [], []
    for number, watched in enumerate(WATCHED):
        values = watched.values(batch)
        if not np.isnan(values).all():
            present.append(number)
            columns.append(watched.scale.codes(values))
    codes = np.stack(columns, axis=1) if columns else np.zeros((len(batch), 0), np.uint16)
    return np.array(present, np.int64), np.ascontiguousarray(codes)


def error_classes(batch: Batch) -> NDArray[np.uint64]:
    """Return the first 24 bytes of each failed call's class as three words, uint64 (n, 3), zeros of others."""
    coded = batch.codes("error_type")
    texts = [text.encode()[:_CLASS_BYTES] or b"?" for text in coded.dictionary.to_pylist()]
    words = np.array([*texts, b""], f"S{_CLASS_BYTES}").view(np.uint64).reshape(-1, CLASS_WORDS)
    return np.asarray(words[coded.indices.fill_null(-1).to_numpy(zero_copy_only=False)], np.uint64)


def _spec() -> NDArray[Any]:
    """Return what the loop is to know of each feature."""
    spec = np.zeros(len(WATCHED), _SPEC_TYPE)
    for number, one in enumerate(WATCHED):
        material = one.scale.step(one.material)
        grain = max(material // _GRAINS, 1)
        tolerated = 0 if one.scale.mean else round(_TOLERATED * material)
        spends = 1.0 if one.scale.mean else _SPENDS
        spec[number] = (
            _WAYS.index(one.bad),
            one.scale.mean,
            material,
            tolerated,
            spends,
            grain,
            GROUPS.index(one.group),
        )
    return spec


def _sets() -> NDArray[np.int64]:
    """Return the features of each group, int64 (groups, most), -1 where there are fewer."""
    sets = np.full((len(GROUPS), MOST_MOVED), -1)
    for number, group in enumerate(GROUPS):
        own = [place for place, one in enumerate(WATCHED) if one.group == group]
        sets[number, : len(own)] = own
    return sets


_SPEC: Final = _spec()
_SETS: Final = _sets()
