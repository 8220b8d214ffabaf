"""The level-shift detector: what it notices, what it does not, and in how many series at once."""

from __future__ import annotations

from typing import Any

import msgspec
import numpy as np
import pytest

from tests.stream.traffic import changes, kept
from windvane.stream.drift.page_hinkley import PageHinkley
from windvane.stream.pipeline import Pipeline
from windvane.stream.testing import batch_of

Event = dict[str, Any]


def found(events: list[Event]) -> list[tuple[str, str, dict[str, Any]]]:
    """Return event, state and evidence of each change."""
    events = [{"id": str(number), **event} for number, event in enumerate(events)]
    return [(row[0], row[3], msgspec.json.decode(row[5])) for row in changes(Pipeline([PageHinkley()]), [events])]


def latencies(seed: int, *levels: tuple[int, float]) -> list[Event]:
    chance = np.random.default_rng(seed)
    return [{"latency": float(level * chance.lognormal(0, 0.3))} for count, level in levels for _ in range(count)]


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize(("level", "direction"), [(2.0, "up"), (0.5, "down")])
def test_a_level_that_doubles_or_halves_is_noticed_within_forty_events(seed: int, level: float, direction: str) -> None:
    (at, state, evidence), *_ = found(latencies(seed, (500, 1.0), (100, level)))
    assert 500 <= int(at) < 540 and state == "fired"
    assert (evidence["feature"], evidence["direction"]) == ("latency", direction)
    assert evidence["baseline"] == pytest.approx(1, rel=0.2) and evidence["current"] == pytest.approx(level, rel=0.3)


@pytest.mark.parametrize("length", [20, 60, 150, 400])
def test_it_recovers_when_the_level_is_back_however_short_the_shift(length: int) -> None:
    fired, recovered = found(latencies(1, (500, 1.0), (length, 4.0), (1000, 1.0)))
    assert fired[1:] == ("fired", fired[2]) and recovered[2]["why"] == "back at its level"
    assert int(recovered[0]) - (500 + length) <= 200


def test_a_level_that_stays_becomes_the_new_normal() -> None:
    *_, last = found(latencies(1, (500, 1.0), (2500, 4.0)))
    assert last[1] == "recovered" and last[2]["why"] == "accepted as the new normal"


@pytest.mark.parametrize("event", [{"latency": 1.0}, {"latency": 0.0}, {"output_tokens": 0}, {"latency": 1e9}, {}])
def test_a_constant_series_is_silent(event: Event) -> None:
    assert found([event] * 5000) == []


def test_answers_that_become_empty_are_noticed() -> None:
    chance = np.random.default_rng(0)
    full = [{"output_tokens": int(tokens)} for tokens in chance.integers(50, 400, 300)]
    (at, state, evidence), *_ = found(full + [{"output_tokens": 0}] * 50)
    assert 300 <= int(at) < 320 and (state, evidence["feature"]) == ("fired", "output_tokens")


def test_false_alarms_are_rare() -> None:
    quiet = [found(latencies(seed, (5000, 1.0))) for seed in range(20)]
    assert sum(map(len, quiet)) <= 3, "in 100,000 events of an even level"


def test_ten_thousand_series_are_watched_each_by_itself_however_the_log_is_cut() -> None:
    chance = np.random.default_rng(0)
    series = 10_000
    levels = np.where(np.arange(series) % 1000 == 7, 4.0, 1.0)
    rounds = [levels ** (number >= 12) * chance.lognormal(0, 0.2, series) for number in range(22)]
    alarms = []
    for size in (7_000, 30_000):
        pipeline = Pipeline([PageHinkley(warm_up=8, threshold=10)])
        log = [
            {"id": str(n), "time": 1_700_000_000 + n, "service": f"s{n % series}", "latency": float(value)}
            for n, value in enumerate(np.concatenate(rounds))
        ]
        parts = [log[start : start + size] for start in range(0, len(log), size)]
        snapshots, said = [], []
        for part in parts:
            said += changes(pipeline, [part])
            snapshots.append(list(pipeline.pages(whole=False)))
        saved = {(page.kind, page.number): page for page in pipeline.pages(whole=True)}
        assert {(page.kind, page.number): page for page in kept(snapshots)} == saved
        alarms.append((said, saved))
    assert alarms[0] == alarms[1]
    fired = {key.service_name for _, key, _, state, _, _ in alarms[0][0] if state == "fired"}
    assert fired >= {f"s{number}" for number in range(7, series, 1000)} and len(fired) < 200


def test_the_change_began_before_it_was_noticed() -> None:
    scored = Pipeline([PageHinkley()]).score(batch_of(latencies(7, (400, 1.0), (100, 2.0))))
    times, change = scored.batch.times_us(), scored.changes[0]
    assert times[390] <= change.since_us <= times[change.row]
