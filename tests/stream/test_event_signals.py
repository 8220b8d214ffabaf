"""What every signal of an event promises (`windvane.stream.detector`), asked of each that there is."""

from __future__ import annotations

import doctest
import importlib
import inspect
import pkgutil
from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

import windvane.stream
from tests.stream.saying import SAYING
from tests.stream.traffic import EXTREME, cut, shifting
from windvane.collectors.event import INDEX, NAMES
from windvane.stream.anomaly.novelty_on import NoveltyOn
from windvane.stream.batch import Batch
from windvane.stream.detector import Detector, EventSignal, FunctionSignal, LearnedSignal
from windvane.stream.drift.river_detector import RiverDetector
from windvane.stream.pipeline import Pipeline
from windvane.stream.registry import DETECTORS, EVENT_SIGNALS, LEARNED_SIGNALS, SIGNALS
from windvane.stream.series import SeriesIndex
from windvane.stream.signals import Signal
from windvane.stream.testing import batch_of

EVENTS = [*SAYING, *shifting(60), *EXTREME, *({**event, "latency": 2.0, "ttft": 0.5} for event in shifting(60, seed=1))]


@pytest.fixture(params=EVENT_SIGNALS, ids=lambda kind: kind.__name__)
def signal(request: pytest.FixtureRequest) -> EventSignal:
    made: EventSignal = request.param()
    return made


@pytest.fixture(params=[*EVENT_SIGNALS, *LEARNED_SIGNALS], ids=lambda kind: kind.__name__)
def kind(request: pytest.FixtureRequest) -> type[EventSignal | LearnedSignal]:
    made: type[EventSignal | LearnedSignal] = request.param
    return made


def said(signal: EventSignal | LearnedSignal, batch: Batch) -> list[Any]:
    """Return what the signal says of each event, None where it says nothing."""
    if isinstance(signal, EventSignal):
        answer = signal.score(batch)
    else:
        index = SeriesIndex()
        answer = signal.score(batch, index.assign(batch)[1], len(index.keys))
    assert len(answer) == len(batch)
    if isinstance(answer, pa.Array):
        assert pa.types.is_string(answer.type)
        return list(answer.to_pylist())
    assert answer.dtype == np.float64 and not np.isinf(answer).any()
    return [None if np.isnan(value) else value for value in answer.tolist()]


def test_it_says_the_same_of_an_event_in_any_company(signal: EventSignal) -> None:
    whole = said(signal, batch_of(EVENTS))
    assert any(value is not None for value in whole), "add an event to EVENTS of which this signal says something"
    assert [value for event in EVENTS for value in said(signal, batch_of([event]))] == whole
    order = np.random.default_rng(0).permutation(len(EVENTS))
    assert said(signal, batch_of(EVENTS[place] for place in order)) == [whole[place] for place in order]


def test_a_learned_signal_says_the_same_however_the_log_is_cut_and_wherever_it_is_taken_over() -> None:
    """Blocks are cut by size and time, state is saved and loaded by another worker: none of it may be seen."""
    asked = [*EVENTS, *EVENTS[:40], *EVENTS]
    events = [{"time": 1_700_000_000 + number, **event} for number, event in enumerate(asked)]
    whole = Pipeline([], [], [made() for made in LEARNED_SIGNALS]).score(batch_of(events))
    for seed in range(3):
        pipeline, found = Pipeline([], [], [made() for made in LEARNED_SIGNALS]), []
        for number, part in enumerate(cut(events, seed)):
            if number % 5 == 4:
                heir = Pipeline([], [], [made() for made in LEARNED_SIGNALS])
                heir.load(list(pipeline.pages(whole=True)))
                pipeline = heir
            found.append(pipeline.score(batch_of(part)))
        assert pipeline.failures == {}
        for name, values in whole.values.items():
            np.testing.assert_array_equal(np.concatenate([one.values[name] for one in found]), values)
        for name, notes in whole.notes.items():
            assert [note for one in found for note in one.notes[name].to_pylist()] == notes.to_pylist()


def test_it_reads_the_columns_that_it_names_and_changes_none(kind: type[EventSignal | LearnedSignal]) -> None:
    needed = {INDEX[name] for name in (*kind.info.columns, "id", "time")}
    batch = batch_of(EVENTS)
    rows = [
        tuple(cell if place in needed else None for place, cell in enumerate(row))
        for row in zip(*(batch.cells(name) for name in NAMES), strict=True)
    ]
    bare = Batch(rows, batch.offsets, batch.positions, batch.logged_us, batch.sources)
    assert said(kind(), bare) == said(kind(), batch) == said(kind(), batch)
    assert all(batch.arrow(name).equals(batch_of(EVENTS).arrow(name)) for name in NAMES)


@pytest.mark.parametrize("events", [[], [{}] * 50], ids=["no events", "events that say nothing"])
def test_where_nothing_is_said_it_says_nothing(
    kind: type[EventSignal | LearnedSignal], events: Sequence[dict[str, Any]]
) -> None:
    assert said(kind(), batch_of(events)) == [None] * len(events)


def test_its_doctest_shows_it_speak_and_stay_silent(kind: type[EventSignal | LearnedSignal]) -> None:
    examples = doctest.DocTestParser().get_examples(inspect.getdoc(kind) or "")
    assert any("nan" in example.want or "None" in example.want for example in examples)
    assert any("." in example.want or "'" in example.want for example in examples)


def test_every_signal_is_named_once_and_described_in_full() -> None:
    assert {name for signals in SIGNALS.values() for name in signals} == set(Signal)
    assert len(Signal) == sum(map(len, SIGNALS.values()))
    for signals in SIGNALS.values():
        for name, info in signals.items():
            assert info.unit and info.range and info.source and info.doc.endswith("."), name
            assert info.cost_us > 0 and info.columns and set(info.columns) <= set(NAMES), name


def test_every_signal_and_detector_that_is_written_is_registered() -> None:
    for module in pkgutil.walk_packages(windvane.stream.__path__, "windvane.stream."):
        importlib.import_module(module.name)
    registered = {*EVENT_SIGNALS, *LEARNED_SIGNALS, *DETECTORS.values(), NoveltyOn, RiverDetector, FunctionSignal}
    assert written(EventSignal) | written(LearnedSignal) | written(Detector) == registered


def written(kind: type[Any]) -> set[type[Any]]:
    found = {each for below in kind.__subclasses__() for each in written(below)}
    return found if inspect.isabstract(kind) or not kind.__module__.startswith("windvane.") else {kind, *found}
