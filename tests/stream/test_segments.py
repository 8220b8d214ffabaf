"""Segments: a tag that the settings name divides a series, and each part is watched by itself."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np

from tests.stream.traffic import cut
from windvane.stream.batch import Batch
from windvane.stream.detector import ArrayDetector, Change
from windvane.stream.evidence import evidence
from windvane.stream.pipeline import Pipeline
from windvane.stream.series import Members
from windvane.stream.testing import batch_of


class ThreeInARow(ArrayDetector):
    """Fires at the third error in a row of a series, and recovers at its first success."""

    name = "three_in_a_row"
    dtype: ClassVar = np.dtype([("errors", "i8")])

    def follow(self, batch: Batch, members: Members) -> list[Change]:
        changes = []
        for row, series in zip(members.rows.tolist(), members.series.tolist(), strict=True):
            before = int(self.state[series]["errors"])
            now = self.state[series]["errors"] = before + 1 if batch.cells("error_type")[row] else 0
            told = evidence("errors", "calls fail")
            if now == 3:
                changes.append(Change(row, series, self.name, "fired", int(batch.times_us()[row]), told))
            elif not now and before >= 3:
                changes.append(Change(row, series, self.name, "recovered", int(batch.times_us()[row]), told))
        return changes


CALLS = "eu-failed us eu-failed us eu-failed us-failed eu-failed eu-failed us-failed us-failed us us-failed us"
EVENTS: list[dict[str, Any]] = [
    {"service": "s", "tags": {"region": call[:2]}, **({"error": "500"} if "failed" in call else {})}
    for call in CALLS.split()
]


def changes(sizes: int | None) -> list[tuple[int, str, str, Any]]:
    """Score the calls, with a restart after each batch; return when which segment changed to what, and its segments."""
    found: list[tuple[int, str, str, Any]] = []
    pipeline, at = Pipeline([ThreeInARow()], segments=("region",)), 0
    for part in cut(EVENTS, sizes) if sizes is not None else [EVENTS]:
        scored = pipeline.score(batch_of(part))
        heir = Pipeline([ThreeInARow()], segments=("region",))
        heir.load(list(pipeline.pages(whole=True)))
        pipeline = heir
        found += [
            (at + change.row, scored.series[change.series].segment, change.state, change.evidence.get("segments"))
            for change in scored.changes
        ]
        at += len(part)
    return found


def test_a_segment_fires_by_itself_and_the_whole_says_which_segments_had() -> None:
    assert changes(None) == [
        (4, "region=eu", "fired", None),
        (6, "", "fired", ["region=eu"]),
        (9, "region=us", "fired", None),
        (10, "", "recovered", None),
        (10, "region=us", "recovered", None),
    ]


def test_it_is_the_same_however_the_log_is_cut_and_after_restarts() -> None:
    assert changes(1) == changes(2) == changes(None)
