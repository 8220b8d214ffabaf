"""The events that evidence shows, from before a change and after it."""

from __future__ import annotations

import numpy as np
import pytest

from windvane.stream.batch import Batch
from windvane.stream.detector import Change
from windvane.stream.pipeline import Pipeline
from windvane.stream.recent import Recent
from windvane.stream.testing import batch_of

START_US = 1_700_000_000_000_000


def shown(size: int, since: int, row: int, *, others: int = 0) -> tuple[list[str], list[str]]:
    """Return the ids shown of a change that began at event `since` and was noticed at `row`, in batches of `size`."""
    events = [
        {"id": f"{name}{number}", "time": 1_700_000_000 + number, "service": name}
        for number in range(row + 50)
        for name in ("a", *(f"b{other}" for other in range(others)))
    ]
    pipeline, recent = Pipeline([]), Recent()
    for start in range(0, len(events), size):
        batch = batch_of(events[start : start + size])
        members = pipeline.members(batch)
        change = [Change(at, 0, "s", "fired", START_US + since * 1_000_000, {}) for at in places(batch, f"a{row}")]
        for named in recent.name_events(batch, members, change):
            return named.evidence["before"], named.evidence["after"]
        recent.take(batch, members)
    raise AssertionError


def places(batch: Batch, name: str) -> list[int]:
    return [at for at, found in enumerate(batch.cells("id")) if found == name]


@pytest.mark.parametrize("size", [1, 7, 1000])
@pytest.mark.parametrize("others", [0, 3])
def test_the_last_before_the_change_and_the_last_after_it_are_shown(size: int, others: int) -> None:
    before, after = shown(size, 203, 206, others=others)
    assert before == ["a199", "a200", "a201", "a202"] and after == ["a203", "a204", "a205", "a206"]


@pytest.mark.parametrize("size", [1, 1000])
def test_a_change_that_began_long_ago_still_has_events_before_it(size: int) -> None:
    before, after = shown(size, 150, 206)
    assert before == ["a96", "a112", "a128", "a144"] and after == ["a203", "a204", "a205", "a206"]


def test_an_id_too_long_to_be_kept_is_not_shown_in_part() -> None:
    batch = batch_of([{"id": "x" * 65}, {"id": "short"}])
    recent, members = Recent(), Pipeline([]).members(batch)
    (named,) = recent.name_events(batch, members, [Change(1, 0, "s", "fired", START_US, {"kept": 1})])
    assert named.evidence == {"kept": 1, "before": [], "after": ["short"]}
    assert np.all(recent.state["count"] == 0), "asking changes nothing"
