"""What every detector promises (`windvane.stream.detector`), asked of each that there is, river's among them."""

from __future__ import annotations

import doctest
import inspect
import json
import logging
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from tests.stream.traffic import EXTREME, changes, cut, kept, shifting
from windvane.collectors.block import Page
from windvane.stream.detector import ArrayDetector
from windvane.stream.pipeline import Pipeline
from windvane.stream.registry import DETECTORS, SIGNALS, make_detector
from windvane.stream.testing import batch_of

RIVER = (
    "river.drift.ADWIN(delta=0.002) on latency",
    "river.drift.binary.DDM() on error",
    "river.anomaly.HalfSpaceTrees(limits={'latency': (0, 5)}, window_size=50) on latency > 0.8",
)
Make = Callable[[], Pipeline]


@pytest.fixture(params=[*DETECTORS, *RIVER])
def make(request: pytest.FixtureRequest) -> Make:
    return lambda: Pipeline([make_detector(request.param)])


def state(pipeline: Pipeline) -> list[Page]:
    return list(pipeline.pages(whole=True))


def test_how_a_log_is_cut_into_batches_changes_nothing(make: Make) -> None:
    events = shifting()
    whole = make()
    found = changes(whole, [events])
    assert {change[3] for change in found} >= {"fired"}, "the traffic has a shift that this detector should notice"
    for seed in range(3):
        pipeline = make()
        assert changes(pipeline, cut(events, seed)) == found
        if isinstance(pipeline.detectors[0], ArrayDetector):
            assert state(pipeline) == state(whole)


def test_it_goes_on_from_a_snapshot_as_if_nothing_had_happened(make: Make) -> None:
    events = shifting(2000)
    expected = changes(make(), [events])
    first, snapshots, found = make(), [], []
    for number, part in enumerate(np.array_split(np.arange(1600), 4)):
        found += changes(first, [[events[place] for place in part]])
        snapshots.append(list(first.pages(whole=number == 0)))
    second = make()
    second.load(kept(snapshots))
    assert found + changes(second, cut(events[1600:], 1)) == expected
    assert second.failures == {}


def test_only_what_has_changed_is_saved_again(make: Make) -> None:
    pipeline = make()
    changes(pipeline, [shifting(600)])
    assert list(pipeline.pages(whole=False)) and not list(pipeline.pages(whole=False))
    assert state(pipeline) and not list(pipeline.pages(whole=False))


def test_what_has_fired_recovers_before_it_fires_again(make: Make) -> None:
    states: dict[Any, list[str]] = {}
    for _, series, signal, state, _, evidence in changes(make(), [[*shifting(), *shifting(seed=1), *shifting(seed=2)]]):
        states.setdefault((series, signal, json.loads(evidence).get("feature")), []).append(state)
    assert all(found == (["fired", "recovered"] * len(found))[: len(found)] for found in states.values())
    assert states


def test_other_series_do_not_matter(make: Make) -> None:
    mine = [{**event, "service": "mine"} for event in shifting(900, series=1)]
    others = shifting(900, series=40, seed=1)
    together = [event for pair in zip(others, mine, strict=True) for event in pair]
    found = [change for change in changes(make(), cut(together, 2)) if change[1].service_name == "mine"]
    assert found == changes(make(), [mine]) and found


def test_a_batch_without_events_changes_nothing(make: Make) -> None:
    pipeline = make()
    before = state(pipeline)
    assert pipeline.score(batch_of([])).changes == [] and state(pipeline) == before and pipeline.failures == {}


def test_events_that_say_nothing_set_nothing_off(make: Make) -> None:
    pipeline = make()
    assert changes(pipeline, [[{"id": str(number)} for number in range(3000)]]) == []
    assert pipeline.failures == {}


def test_it_stands_any_value_that_a_column_can_hold(make: Make) -> None:
    pipeline = make()
    chance = np.random.default_rng(3)
    for _ in range(20):
        pipeline.score(batch_of([EXTREME[place] for place in chance.integers(len(EXTREME), size=200)]))
    assert pipeline.failures == {}
    assert all(np.isfinite(numbers).all() for numbers in floats(pipeline))


def floats(pipeline: Pipeline) -> list[NDArray[np.float64]]:
    """Return every float in the state of an array detector."""
    detector = pipeline.detectors[0]
    found: list[NDArray[np.float64]] = []
    parts = [detector.state] if isinstance(detector, ArrayDetector) else []
    while parts:
        part = parts.pop()
        parts += [part[name] for name in part.dtype.names or ()]
        if part.dtype.kind == "f":
            found.append(part)
    return found


def test_state_of_another_version_is_passed_over_and_said_so(make: Make, caplog: pytest.LogCaptureFixture) -> None:
    events = shifting()
    old, new = make(), make()
    changes(old, [events])
    detector = old.detectors[0]
    if isinstance(detector, ArrayDetector):
        detector.version = 99  # type: ignore[misc]
        pages = state(old)
    else:
        pages = [Page(page.kind, page.number, page.data.replace(b"river", b"brook", 1)) for page in state(old)]
    with caplog.at_level(logging.WARNING):
        new.load(pages)
    assert "starts to learn anew" in caplog.text
    assert changes(new, [events]) == changes(make(), [events]) and new.failures == {}


def test_state_that_cannot_be_read_is_passed_over_and_counted(make: Make) -> None:
    pipeline = make()
    changes(pipeline, [shifting(300)])
    name = pipeline.detectors[0].name
    broken = [
        Page(page.kind, page.number, page.data[:-9]) if "detector/" in page.kind else page for page in state(pipeline)
    ]
    new = make()
    new.load(broken)
    assert new.failures == {name: 1}
    assert changes(new, [shifting()]) == changes(make(), [shifting()])


@pytest.mark.parametrize("name", DETECTORS)
def test_its_signals_are_named_and_its_doctest_shows_it_fire_and_stay_silent(name: str) -> None:
    said = {change[2] for change in changes(Pipeline([make_detector(name)]), [shifting()])}
    assert said and said <= set(SIGNALS["series"])
    kind = DETECTORS[name]
    wanted = [example.want for example in doctest.DocTestParser().get_examples(inspect.getdoc(kind) or "")]
    assert any("fired" in want for want in wanted) and "[]\n" in wanted, f"{kind.__name__}: a doctest of both"
