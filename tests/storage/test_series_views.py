"""What the views of 0010 say: each beside figures worked out by hand, or by numpy and scipy."""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import optimize, special, stats

from tests.servers.clickhouse import ClickHouseServer
from tests.storage.storing import NOW, rows, stored
from windvane.storage.migrations import latest, migrate
from windvane.storage.store import ClickHouseStore

VIEWS: Final = ("feedback", "calibration", "versions", "providers", "spend", "spend_forecast", "consistency")


def test_of_a_store_without_events_every_view_is_empty(clickhouse: ClickHouseServer) -> None:
    store = ClickHouseStore(clickhouse.url, "no_events")
    list(migrate(store.connections, latest()))
    assert [rows(store, f"SELECT * FROM {view}") for view in VIEWS] == [[]] * len(VIEWS)
    store.connections.get(database=False).command("DROP DATABASE no_events")
    store.close()


def judged(name: str, scores: list[float], evaluation: str = "thumbs") -> list[dict[str, Any]]:
    """Return a call for each score, and after all of them the feedback about each."""
    ids = [f"{name}{number}" for number in range(len(scores))]
    told = [
        {"operation": "feedback", "target_id": one, "evaluation": evaluation, "score": score}
        for one, score in zip(ids, scores, strict=True)
    ]
    return [{"id": one, "operation": "chat"} for one in ids] + told


def padded(values: NDArray[Any], events: list[dict[str, Any]]) -> NDArray[np.float64]:
    return np.concatenate([values, np.full(len(events) - len(values), np.nan)])


def test_feedback_is_bad_below_the_middle_of_its_kind_and_the_last_word_counts(store: ClickHouseStore) -> None:
    events = judged(f"f{store.connections.embedded}", [1, 2, 3, 4, 5], "stars")
    first = events[0]["id"]
    later = {"operation": "feedback", "evaluation": "stars", "time": NOW}
    events += [{**later, "target_id": first, "score": 4}, {**later, "target_id": "a call that is unknown", "score": 0}]
    events += [{"id": f"own {first}", "evaluation": "check", "score": 0.5}]  # a call that is its own feedback
    where = stored(store, "feedback", events)
    query = f"SELECT gen_ai_evaluation_name AS kind, score, middle, bad FROM feedback {where} ORDER BY kind, score"
    assert [tuple(row.values()) for row in rows(store, query)] == [
        ("check", 0.5, 0.5, 0),
        ("stars", 2, 3.5, 1),
        ("stars", 3, 3.5, 1),
        ("stars", 4, 3.5, 0),
        ("stars", 4, 3.5, 0),
        ("stars", 5, 3.5, 0),
    ]


def newcombe(area: float, bads: int, goods: int) -> tuple[float, float]:
    """Return the interval of method 5 of Newcombe 2006, by root finding."""

    def off(bound: float) -> float:
        half = (bads + goods) / 2 - 1
        spread = bound * (1 - bound) * (1 + half * (1 - bound) / (2 - bound) + half * bound / (1 + bound))
        return abs(bound - area) - float(stats.norm.ppf(0.975)) * math.sqrt(spread / (bads * goods))

    low = float(optimize.brentq(off, 1e-12, area - 1e-9))
    return low, float(optimize.brentq(off, area + 1e-9, 1 - 1e-12)) if area < 1 else 1.0


@pytest.mark.parametrize(
    ("name", "shift", "steps", "bads"),
    [("clear", -2.0, 0, 20), ("weak", 0.5, 0, 30), ("tied", 1.0, 4, 25), ("one", 3.0, 0, 1), ("sure", 50.0, 0, 15)],
)
def test_calibration_is_the_area_under_the_curve_with_its_interval_and_the_best_threshold(
    name: str, shift: float, steps: int, bads: int, store: ClickHouseStore
) -> None:
    chance = np.random.default_rng(1)
    bad = np.arange(60) < bads
    value = chance.normal(bad * shift, 1)
    value = np.floor(value * steps) / steps if steps else value
    events = judged(f"{name}{store.connections.embedded}", np.where(bad, -1.0, 1.0).tolist())
    where = stored(store, f"calibration-{name}", events, groundedness=padded(value, events))
    (row,) = rows(store, f"SELECT * FROM calibration {where}")
    area = float(stats.mannwhitneyu(value[bad], value[~bad]).statistic / (bads * (60 - bads)))
    side = 1 if area >= 0.5 else -1
    assert (row["signal"], row["n"], row["n_bad"]) == ("groundedness", 60, bads)
    assert row["bad_where"] == ("high" if side > 0 else "low")
    assert row["auroc"] == pytest.approx(max(area, 1 - area))
    assert (row["auroc_low"], row["auroc_high"]) == pytest.approx(newcombe(row["auroc"], bads, 60 - bads), abs=1e-6)
    taken = side * value[:, None] >= side * value[None]  # of each event, by the threshold of each
    youden = taken[bad].mean(0) - taken[~bad].mean(0)
    chosen = side * value >= side * row["threshold"]
    assert chosen[bad].mean() - chosen[~bad].mean() == pytest.approx(youden.max())
    assert (row["precision"], row["recall"]) == pytest.approx((bad[chosen].mean(), chosen[bad].mean()))


def test_calibration_is_silent_with_few_calls_or_feedback_of_one_kind(store: ClickHouseStore) -> None:
    few, alike = f"few{store.connections.embedded}", f"alike{store.connections.embedded}"
    for name, scores in ((few, [0.0, 1.0] * 14), (alike, [1.0] * 60)):
        events = judged(name, scores)
        where = stored(store, f"calibration-{name}", events, hedging=padded(np.arange(len(scores)) * 1.0, events))
        assert rows(store, f"SELECT * FROM calibration {where}") == []


def sequence(values: NDArray[np.float64]) -> tuple[float, float]:
    """Return the asymptotic confidence sequence of a mean at 95 %, narrowest at 1,000."""
    n, r = len(values), (-2 * np.log(0.05) + np.log(-2 * np.log(0.05) + 1)) / 1000
    width = np.sqrt(2 * (n * r + 1) / (n**2 * r) * np.log(np.sqrt(n * r + 1) / 0.05)) * values.std(ddof=1)
    return float(values.mean() - width), float(values.mean() + width)


def shares(some: NDArray[np.bool_]) -> tuple[float, float]:
    """Return the shares of which a beta mixture is less than 20 times as likely, by root finding."""
    n, k = len(some), int(some.sum())

    def off(share: float) -> float:
        mixed = float(special.betaln(k + 0.5, n - k + 0.5)) - math.log(math.pi)
        return mixed - k * math.log(share) - (n - k) * math.log(1 - share) - math.log(20)

    low = float(optimize.brentq(off, 1e-12, k / n - 1e-9)) if k else 0.0
    return low, float(optimize.brentq(off, k / n + 1e-9, 1 - 1e-12)) if k < n else 1.0


def test_versions_are_side_by_side_with_intervals_that_hold_at_every_look(store: ClickHouseStore) -> None:
    chance, count = np.random.default_rng(0), 400
    latency, cost = chance.lognormal(0, 0.3, count), chance.exponential(0.01, count).round(9)
    failed, second = chance.random(count) < 0.1, np.arange(count) % 2 == 1
    grounded = chance.random(count)
    ids = [f"v{number}-{store.connections.embedded}" for number in range(count)]
    events: list[dict[str, Any]] = [
        {
            "id": ids[number], "operation": "chat", "prompt_name": "greet", "prompt_version": f"v{second[number] + 1}",
            "model": "m", "latency": latency[number], "cost": cost[number], "input_tokens": number, "output_tokens": 7,
            **({"error": "500"} if failed[number] else {}),
        }
        for number in range(count)
    ]  # fmt: skip
    good = chance.random(count) < 0.8
    events += [
        {"operation": "feedback", "target_id": one, "evaluation": "thumbs", "score": int(liked)}
        for one, liked in zip(ids, good, strict=True)
    ]
    where = stored(store, "versions", events, groundedness=padded(grounded, events))
    found = rows(store, f"SELECT * FROM versions {where} ORDER BY kind, version")
    assert [(row["kind"], row["version"], row["calls"]) for row in found] == [
        ("model", "m", 400),
        ("prompt", "v1", 200),
        ("prompt", "v2", 200),
    ]
    for row, own in zip(found, (second | True, ~second, second), strict=True):
        assert row["gen_ai_prompt_name"] == "greet" and row["gen_ai_operation_name"] == "chat"
        assert row["success"] == pytest.approx(1 - failed[own].mean())
        assert row["feedback"] == pytest.approx(good[own].mean()) and row["judged_calls"] == own.sum()
        assert (row["input_tokens"], row["output_tokens"]) == (pytest.approx(np.flatnonzero(own).mean()), 7)
        exact = np.quantile(latency[own], [0.5, 0.95], method="inverted_cdf")
        assert (row["latency_p50"], row["latency_p95"]) == pytest.approx(exact, rel=0.021)
        for name, values in (("latency", latency), ("cost", cost), ("groundedness", grounded)):
            assert row[name] == pytest.approx(values[own].mean())
            assert (row[f"{name}_low"], row[f"{name}_high"]) == pytest.approx(sequence(values[own]))
        for name, some in (("success", ~failed), ("feedback", good)):
            assert (row[f"{name}_low"], row[f"{name}_high"]) == pytest.approx(shares(some[own]), abs=1e-6)


def test_of_a_version_that_is_new_or_says_little_the_intervals_are_open(store: ClickHouseStore) -> None:
    events: list[dict[str, Any]] = [{"operation": "chat", "version": "r1", "latency": 1.0}]
    events += [{"version": "r2", "error": "500"} for _ in range(99)]
    where = stored(store, "versions-new", events)
    one, failing = rows(store, f"SELECT * FROM versions {where} ORDER BY version")
    assert (one["kind"], one["success"], one["latency"], one["success_high"]) == ("release", 1, 1, 1)
    assert one["success_low"] < 0.1 and failing["success"] == failing["success_low"] == 0
    assert 0.03 < failing["success_high"] < 0.1
    silent = ("latency_low", "latency_high", "cost", "cost_low", "feedback", "feedback_low", "groundedness")
    assert [one[name] for name in silent] == [None] * len(silent)
    assert failing["latency"] is failing["latency_p95"] is None


def test_a_providers_trouble_is_beside_what_the_others_see_in_the_same_minutes(store: ClickHouseStore) -> None:
    begin = datetime(2026, 3, 2, 10, 0, tzinfo=UTC)
    mine, other = (f"{name}-{store.connections.embedded}" for name in ("mine", "other"))

    def calls(provider: str, minute: int, latencies: list[float], error: str = "", **more: Any) -> list[dict[str, Any]]:
        at = {"provider": provider, "model": provider, "operation": "chat", "time": begin + timedelta(minutes=minute)}
        return [{**at, **more, "latency": each, **({"error": error} if error else {})} for each in latencies]

    events = [
        *calls(mine, 0, [1, 1, 1, 1, 1]),
        *calls(other, 0, [10] * 5),
        *calls(mine, 6, [3, 3]),
        *calls(mine, 7, [0.1, 0.1], "RateLimitError: 429"),
        *calls(mine, 8, [0.1], "400 bad request", service=f"providers-{store.connections.embedded}-b"),
        *calls(other, 9, [10, 10, 11]),
        *calls(other, 9, [60], "APITimeoutError"),
    ]
    stored(store, "providers", events)
    query = f"SELECT * FROM providers WHERE gen_ai_provider_name IN ('{mine}', '{other}') ORDER BY minutes, calls DESC"
    quiet, quiet_other, trouble, trouble_other = rows(store, query)
    assert (quiet["latency_ratio"], quiet["others_latency_ratio"], quiet["others_calls"]) == (1, 1, 5)
    assert quiet_other["calls"] == 5 and quiet["retryable_errors"] == quiet["other_errors"] == 0
    assert (trouble["calls"], trouble["retryable_errors"], trouble["other_errors"]) == (5, 2, 1)
    assert (trouble["services"], trouble["services_with_errors"], trouble["latency_ratio"]) == (2, 2, 3)
    assert (trouble["others_calls"], trouble["others_retryable_errors"], trouble["others_other_errors"]) == (4, 1, 0)
    assert (trouble["others_latency_ratio"], trouble_other["others_latency_ratio"]) == (1, 3)


@pytest.mark.parametrize(
    ("error", "retryable"),
    [
        ("429", True), ("503", True), ("timeout", True), ("openai.APITimeoutError", True), ("APIConnectionError", True),
        ("overloaded_error", True), ("rate_limit_exceeded", True), ("InternalServerError", True), ("400", False),
        ("content_filter", False), ("AuthenticationError", False), ("5000 tokens", False),
    ],
)  # fmt: skip
def test_failures_that_another_attempt_may_not_meet_are_told_apart(
    error: str, retryable: bool, store: ClickHouseStore
) -> None:
    provider = f"{error}-{store.connections.embedded}"
    stored(store, f"errors-{error}", [{"provider": provider, "error": error}])
    (row,) = rows(store, f"SELECT * FROM providers WHERE gen_ai_provider_name = '{provider}'")
    assert (row["retryable_errors"], row["other_errors"]) == (retryable, not retryable)
    assert row["latency_ratio"] is None
