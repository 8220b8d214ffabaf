"""A signal or a detector that fails costs what it would have said, and nothing else; the same input gives the same."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

import msgspec
import numpy as np
import pyarrow as pa
import pytest

from tests.stream.traffic import changes, shifting
from windvane.collectors.block import Home
from windvane.stream.baseline import Baseline
from windvane.stream.batch import Batch
from windvane.stream.detector import Change, Detector, EventSignal
from windvane.stream.features.output_rate import OutputRate
from windvane.stream.pipeline import Pipeline
from windvane.stream.registry import make_pipeline
from windvane.stream.series import Members
from windvane.stream.tables import tables_of
from windvane.stream.testing import batch_of

HOME = Home("events", 0)


class Says(EventSignal):
    """A signal that answers with what it is given."""

    name = "test.says"

    def __init__(self, answer: Callable[[Batch], Any]) -> None:
        self._answer = answer

    def score(self, batch: Batch) -> Any:
        return self._answer(batch)


class Finds(Detector):
    """A detector that finds what it is given, and whose state is a count."""

    name = "test.finds"

    def __init__(self, find: Callable[[int], list[Change]]) -> None:
        self._find = find

    def update(self, batch: Batch, members: Members) -> list[Change]:
        return self._find(len(batch))

    def pages(self, *, whole: bool) -> Iterator[tuple[int, bytes]]:
        yield 0, b"half a state"
        raise OSError("not saved")

    def load(self, pages: Iterable[tuple[int, bytes]]) -> None:
        raise ValueError(f"not read: {list(pages)}")


def change(row: int = 0, series: int = 0, evidence: Any = None) -> Change:
    return Change(row, series, "test.finds", "fired", 1_700_000_000_000_000, evidence or {})


@pytest.mark.parametrize(
    "answer",
    [
        lambda batch: 1 / 0,
        lambda batch: None,
        lambda batch: np.zeros(len(batch) + 1),
        lambda batch: np.zeros((len(batch), 2)),
        lambda batch: ["a"] * len(batch),
        lambda batch: pa.array(["a"]),
        lambda batch: pa.array([[1]] * len(batch)),
        lambda batch: batch.numbers("no_such_column"),
    ],
)
def test_a_signal_that_fails_is_absent_counted_and_said_once(
    answer: Callable[[Batch], Any], caplog: pytest.LogCaptureFixture
) -> None:
    pipeline = Pipeline([Baseline()], [Says(answer), OutputRate()])
    sound = Pipeline([Baseline()], [OutputRate()])
    with caplog.at_level(logging.ERROR):
        for start in (0, 600, 1200):
            events = shifting(1800)[start : start + 600]
            scored, expected = pipeline.score(batch_of(events)), sound.score(batch_of(events))
            assert same(tables_of(HOME, scored, []), tables_of(HOME, expected, []))
    assert pipeline.failures == {"test.says": 3} and len(caplog.records) == 1


@pytest.mark.parametrize(
    "find",
    [
        lambda count: 1 / 0,
        lambda count: None,
        lambda count: [change(row=count)],
        lambda count: [change(row=-1)],
        lambda count: [change(), change(series=10_000)],
    ],
)
def test_a_detector_that_fails_loses_its_changes_and_no_others(find: Callable[[int], Any]) -> None:
    pipeline = Pipeline([Finds(find), Baseline()])
    events = shifting()
    assert changes(pipeline, [events]) == changes(Pipeline([Baseline()]), [events]) != []
    assert pipeline.failures == {"test.finds": 1}


def test_a_state_that_cannot_be_saved_or_read_leaves_the_others_whole() -> None:
    pipeline, sound = (Pipeline([*extra, Baseline()]) for extra in ([Finds(lambda count: [])], []))
    events = shifting()
    for each in (pipeline, sound):
        changes(each, [events])
    pages = list(pipeline.pages(whole=True))
    assert pages == list(sound.pages(whole=True)) and pipeline.failures == {"test.finds": 1}
    heir = Pipeline([Finds(lambda count: []), Baseline()])
    heir.load(pages)
    assert heir.failures == {"test.finds": 1} and list(heir.pages(whole=True)) == pages


def test_evidence_may_hold_whatever_a_detector_has_at_hand() -> None:
    evidence = {"float": np.float64(1.5), "nothing": float("nan"), "count": np.int64(3), "yes": np.True_, "own": ...}
    scored = Pipeline([Finds(lambda count: [change(evidence=evidence)])]).score(batch_of([{}]))
    (said,) = tables_of(HOME, scored, [])["series_signals"]["evidence"].to_pylist()
    told = {"float": 1.5, "nothing": None, "count": 3, "yes": True, "own": "Ellipsis", "before": [], "after": ["0"]}
    assert msgspec.json.decode(said) == told


def test_a_signal_may_note_words_instead_of_numbers() -> None:
    note = Says(lambda batch: pa.array(["[[0, 3]]" if text else None for text in batch.cells("error_message")]))
    scored = Pipeline([], [note, OutputRate()]).score(batch_of([{"error.message": "bad"}, {}]))
    assert tables_of(HOME, scored, [])["events"]["notes"].to_pylist() == [[("test.says", "[[0, 3]]")], []]
    assert "notes" not in tables_of(HOME, Pipeline([], [OutputRate()]).score(batch_of([{}])), [])["events"].column_names


def test_what_several_signals_need_is_made_once_for_a_batch() -> None:
    asked = []

    def lengths(batch: Batch) -> Any:
        asked.append(len(batch))
        return np.array([len(text or "") for text in batch.cells("gen_ai_output_messages")], float)

    signals = [Says(lambda batch: batch.derived(lengths)), Says(lambda batch: batch.derived(lengths) / 2)]
    pipeline = Pipeline([], signals)
    for size in (3, 2):
        pipeline.score(batch_of([{"response": "four"}] * size))
    assert asked == [3, 2] and pipeline.failures == {}


def test_the_same_events_give_the_same_bytes() -> None:
    first, second = (written(shifting(1500)) for _ in range(2))
    assert first == second


def written(events: Sequence[dict[str, Any]]) -> list[bytes]:
    """Score a log in three blocks; return every table and page of state as bytes."""
    pipeline, found = make_pipeline(), []
    for start in range(0, len(events), 500):
        scored = pipeline.score(batch_of(events[start : start + 500]))
        for table in tables_of(HOME, scored, []).values():
            sink = pa.BufferOutputStream()
            with pa.ipc.new_stream(sink, table.schema) as stream:
                stream.write_table(table)
            found.append(sink.getvalue().to_pybytes())
        found += [page.data for page in pipeline.pages(whole=False)]
    return found


def same(first: dict[str, pa.Table], second: dict[str, pa.Table]) -> bool:
    return first.keys() == second.keys() and all(table.equals(second[name]) for name, table in first.items())
