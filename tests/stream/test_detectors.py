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

from tests.stream.moving import moving
from tests.stream.traffic import EXTREME, Event, changes, cut, kept
from windvane.collectors.block import Page
from windvane.stream.detector import ArrayDetector
from windvane.stream.pipeline import Pipeline
from windvane.stream.registry import DETECTORS, SIGNALS, make_detector
from windvane.stream.testing import batch_of

BY_NAME = (
    "novelty on latency",
    "river.drift.ADWIN(delta=0.002) on latency",
    "river.drift.binary.DDM() on error",
    "river.anomaly.HalfSpaceTrees(limits={'latency': (0, 5)}, window_size=50) on latency > 0.8",
)
Make = Callable[[], Pipeline]


@pytest.fixture(params=[*DETECTORS, *BY_NAME])
def name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def make(name: str) -> Make:
    """Return a pipeline with this detector alone, and the event signals that its traffic is about."""
    move = moving(name)
    return lambda: Pipeline([make_detector(name)], [kind() for kind in move.signals])


@pytest.fixture
def events(name: str) -> list[Event]:
    """Return traffic that this detector should notice something in."""
    return moving(name).events()


def state(pipeline: Pipeline) -> list[Page]:
    return list(pipeline.pages(whole=True))


def test_how_a_log_is_cut_into_batches_changes_nothing(make: Make, events: list[Event]) -> None:
    whole = make()
    found = changes(whole, [events])
    assert found, "the traffic has something in it that this detector should notice"
    for seed in range(3):
        pipeline = make()
        assert changes(pipeline, cut(events, seed)) == found
        if isinstance(pipeline.detectors[0], ArrayDetector):
            assert state(pipeline) == state(whole)


def test_it_goes_on_from_a_snapshot_as_if_nothing_had_happened(make: Make, events: list[Event]) -> None:
    expected = changes(make(), [events])
    first, snapshots, found = make(), [], []
    until = len(events) * 4 // 5
    for number, part in enumerate(np.array_split(np.arange(until), 4)):
        found += changes(first, [[events[place] for place in part]])
        snapshots.append(list(first.pages(whole=number == 0)))
    second = make()
    second.load(kept(snapshots))
    assert found + changes(second, cut(events[until:], 1)) == expected
    assert second.failures == {}


def test_only_what_has_changed_is_saved_again(make: Make, events: list[Event]) -> None:
    pipeline = make()
    changes(pipeline, [events[:600]])
    assert list(pipeline.pages(whole=False)) and not list(pipeline.pages(whole=False))
    assert state(pipeline) and not list(pipeline.pages(whole=False))


def test_what_has_fired_ends_before_it_fires_again(name: str, make: Make) -> None:
    states: dict[Any, list[str]] = {}
    events = moving(name).events
    for _, series, signal, state, _, evidence in changes(make(), [[*events(), *events(seed=1), *events(seed=2)]]):
        states.setdefault((series, signal, json.loads(evidence).get("feature")), []).append(state)
    ends = {"fired": {"recovered", "accepted"}, "learning": {"ready", "learning"}}
    for found in states.values():
        assert all(after in ends[before] for before, after in zip(found[::2], found[1::2], strict=False)), found
    assert states


def test_evidence_tells_what_moved_and_shows_events_from_before_and_after(make: Make, events: list[Event]) -> None:
    known = {event["id"] for event in events}
    for _, _, _, state, _, told in changes(make(), [events]):
        evidence = json.loads(told)
        assert evidence["feature"]
        says = evidence["says"]
        assert says[0].isalnum() and not says.endswith(".") and "nan" not in says.split()
        if state == "fired":
            assert set(evidence["before"]) <= known and set(evidence["after"]) <= known
            assert evidence["after"] or evidence["before"]


def test_other_series_do_not_matter(name: str, make: Make) -> None:
    # The budget is shared by all series there are, so the others are as many in both.
    events = moving(name).events
    mine = [{**event, "service": "mine"} for event in events(series=1)]
    others = events(series=40, seed=1)
    more = events(series=40, seed=2)
    found, again = (
        [
            change
            for change in changes(make(), cut([event for pair in zip(rest, mine, strict=True) for event in pair], 2))
            if change[1].service_name == "mine"
        ]
        for rest in (
            others,
            [{**event, "service": other["service"]} for event, other in zip(more, others, strict=True)],
        )
    )
    assert found == again and found


def test_a_batch_without_events_changes_nothing(make: Make) -> None:
    pipeline = make()
    before = state(pipeline)
    assert pipeline.score(batch_of([])).changes == [] and state(pipeline) == before and pipeline.failures == {}


def test_events_that_say_nothing_set_nothing_off(make: Make) -> None:
    pipeline = make()
    found = changes(pipeline, [[{"id": str(number)} for number in range(3000)]])
    assert not [change for change in found if change[3] == "fired"]
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


def test_state_of_another_version_is_passed_over_and_said_so(
    make: Make, caplog: pytest.LogCaptureFixture, events: list[Event]
) -> None:
    old, new = make(), make()
    changes(old, [events])
    detector = old.detectors[0]
    if isinstance(detector, ArrayDetector):
        detector.version = 99  # type: ignore[misc]
        pages = state(old)
    else:
        pages = [Page(page.kind, page.number, page.data.replace(b"river", b"brook", 1)) for page in state(old)]
    with caplog.at_level(logging.WARNING):
        new.load([page for page in pages if page.kind.startswith("detector/")])
    assert "starts to learn anew" in caplog.text
    assert changes(new, [events]) == changes(make(), [events]) and new.failures == {}


def test_state_that_cannot_be_read_is_passed_over_and_counted(make: Make, events: list[Event]) -> None:
    pipeline = make()
    changes(pipeline, [events[:300]])
    name = pipeline.detectors[0].name
    broken = [
        Page(page.kind, page.number, page.data[:-9]) if "detector/" in page.kind else page for page in state(pipeline)
    ]
    new = make()
    new.load([page for page in broken if page.kind.startswith("detector/")])
    assert new.failures == {name: 1}
    assert changes(new, [events]) == changes(make(), [events])


@pytest.mark.parametrize("name", DETECTORS, indirect=True)
def test_its_signals_are_named_and_its_doctest_shows_it_speak_and_stay_silent(
    name: str, make: Make, events: list[Event]
) -> None:
    said = {change[2] for change in changes(make(), [events])}
    assert said and said <= set(SIGNALS["series"])
    kind = DETECTORS[name]
    assert set(kind.infos) <= set(SIGNALS["series"])
    wanted = [example.want for example in doctest.DocTestParser().get_examples(inspect.getdoc(kind) or "")]
    speaks = any(state in want for want in wanted for state in ("fired", "ready"))
    assert speaks and "[]\n" in wanted, f"{kind.__name__}: a doctest of both"
