"""An announced release begins a series anew: what is usual is learned again, and nothing is an alarm meanwhile."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tests.stream.traffic import cut
from windvane.stream.baseline import WARM_UP, Baseline
from windvane.stream.pipeline import Pipeline
from windvane.stream.testing import batch_of


def begun(versions: Sequence[str | None], *, sizes: int | None = None) -> list[int]:
    """Return which of the events, of one series, begin it anew."""
    pipeline, found, at = Pipeline([]), [], 0
    events: list[dict[str, Any]] = [{"version": version} if version else {} for version in versions]
    for part in cut(events, sizes) if sizes else [events]:
        found += [at + int(place) for place in pipeline.members(batch_of(part)).begins.nonzero()[0]]
        at += len(part)
    return found


def test_a_release_that_the_series_did_not_have_begins_it_anew() -> None:
    assert begun(["1", "1", "2", "2", "2"]) == [2]


def test_the_first_release_is_none_and_silence_about_it_neither() -> None:
    assert begun([None, "1", None, "1"]) == []


def test_releases_side_by_side_are_one_change() -> None:
    assert begun(["1"] * 5 + ["2", "1"] * 20) == [5]
    assert begun(["1"] * 5 + ["2", "1"] * 20, sizes=3) == [5]


def test_a_series_is_learned_again_after_a_release() -> None:
    events = [{"version": "1" if number < 100 else "2"} for number in range(200)]
    changes = Pipeline([Baseline()]).score(batch_of(events)).changes
    assert [(change.row, change.state) for change in changes] == [
        (15, "learning"), (WARM_UP - 1, "ready"), (115, "learning"), (100 + WARM_UP - 1, "ready"),
    ]  # fmt: skip
