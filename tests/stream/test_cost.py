"""What a call costs: the price of its day, each token once, the user's own prices first, and never a made-up one."""

from __future__ import annotations

import socket
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import genai_prices
import numpy as np
import pytest
from genai_prices.data_snapshot import get_snapshot
from genai_prices.types import TimeOfDateConstraint

from benchmarks.cost import CASES
from windvane.collectors.block import Home
from windvane.errors import ConfigError
from windvane.stream.features.cost.priced import priced
from windvane.stream.features.cost.rates import SLOT_S
from windvane.stream.pipeline import Pipeline
from windvane.stream.registry import make_pipeline
from windvane.stream.tables import tables_of
from windvane.stream.testing import batch_of

CALL = {"provider": "openai", "model": "gpt-4o-mini", "input_tokens": 2000, "output_tokens": 100}
"""At 0.15, 0.075 where cached, and 0.60 dollars per million."""
OURS = ("input_tokens", "cached_tokens", "cache_creation_tokens", "output_tokens", "reasoning_tokens")
THEIRS = ("input_tokens", "cache_read_tokens", "cache_write_tokens", "output_tokens", "output_reasoning_tokens")
STALE = [case for case in CASES if case.model == "deepseek-chat" and case.at > "2025-09"]


def costs(*events: dict[str, Any]) -> list[float | None]:
    return [None if np.isnan(cost) else cost for cost in priced(batch_of(events)).cost.tolist()]


def why(event: dict[str, Any]) -> str:
    return str(priced(batch_of([event])).by[0].as_py())


@pytest.fixture
def own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    def write(text: str) -> Path:
        path = tmp_path / f"prices-{len(list(tmp_path.iterdir()))}.toml"
        path.write_text(text)
        monkeypatch.setenv("WINDVANE_PRICES", str(path))
        return path

    return write


@pytest.mark.parametrize(
    "case", [case for case in CASES if case not in STALE], ids=lambda case: f"{case.model} {case.what}"
)
def test_a_call_costs_what_its_providers_price_page_says(case: Any) -> None:
    (cost,) = costs(case.event())
    assert cost is not None and Decimal(f"{cost:.9f}") == Decimal(case.dollars)


@pytest.mark.parametrize(
    "provider", ["openai", "azure", "aws", "google", "anthropic", "deepseek", "perplexity", "mistral"]
)
def test_every_listed_model_costs_what_genai_prices_says_of_it(provider: str) -> None:
    chance = np.random.default_rng(0)
    everyone = get_snapshot().providers
    (seller,) = [one for one in everyone if one.id == provider]
    at = datetime(2026, 11, 3, 7, 40, tzinfo=UTC)
    events, expected = [], []
    for model in seller.models:
        prices = model.get_prices(at)
        if prices.input_mtok is not None and seller.find_model(model.id, all_providers=everyone) is model:
            tokens = chance.integers([300_000, 0, 0, 9000, 0], [500_000, 200_000, 90_000, 10_000, 8000]).tolist()
            events.append({"provider": provider, "model": model.id, "time": at, **dict(zip(OURS, tokens, strict=True))})
            usage = genai_prices.Usage(**dict(zip(THEIRS, tokens, strict=True)))
            expected.append(float(prices.calc_price(usage)["total_price"]))
    assert events
    np.testing.assert_allclose(priced(batch_of(events)).cost, expected, rtol=1e-5, atol=1e-9)


def test_prices_change_at_half_hours_and_not_between() -> None:
    changes = [
        moment
        for seller in get_snapshot().providers
        for model in seller.models
        if isinstance(model.prices, list)
        for price in model.prices
        if isinstance(price.constraint, TimeOfDateConstraint)
        for moment in (price.constraint.start_time, price.constraint.end_time)
    ]
    assert changes and all(
        (moment.hour * 3600 + moment.minute * 60 + moment.second) % SLOT_S == 0 for moment in changes
    )


def test_cached_and_reasoning_tokens_are_part_of_the_tokens_and_paid_once() -> None:
    assert costs(CALL, {**CALL, "cached_tokens": 2000}, {**CALL, "reasoning_tokens": 100}) == [
        0.00036,
        0.00021,
        0.00036,
    ]


def test_the_model_that_answered_is_the_one_that_is_paid_for() -> None:
    ours = {**CALL, "model": "our-deployment"}
    assert costs({**ours, "response_model": "gpt-4o-mini-2024-07-18"}, {**CALL, "response_model": ""}) == [
        0.00036,
        0.00036,
    ]
    assert costs(ours) == [None]


def test_a_model_of_a_maker_is_priced_without_a_provider_and_a_providers_by_opentelemetrys_name() -> None:
    bare = {"model": "claude-sonnet-4-5", "input_tokens": 1000, "output_tokens": 1000}
    assert costs(bare, {**bare, "provider": "anthropic"}) == [0.018, 0.018]
    for provider in ("gcp.gemini", "gcp.vertex_ai", "gcp.gen_ai"):
        assert costs({**bare, "provider": provider, "model": "gemini-2.5-flash"}) == [0.0028]


def test_what_the_app_says_that_a_call_cost_is_what_it_cost() -> None:
    assert costs({**CALL, "cost": "0.123456789"}, {"cost": 0}) == [0.123456789, 0.0]


@pytest.mark.parametrize(
    ("event", "reason"),
    [
        ({**CALL, "model": "our-own"}, "openai, our-own is not listed"),
        ({**CALL, "provider": "ollama"}, "ollama, gpt-4o-mini is not listed"),
        ({"input_tokens": 1, "output_tokens": 1}, "no model"),
        ({**CALL, "cached_tokens": 2001}, "more cached tokens than input tokens"),
        ({**CALL, "reasoning_tokens": 101}, "more reasoning tokens than output tokens"),
        ({**CALL, "output_tokens": None}, "output tokens are not said"),
        ({**CALL, "input_tokens": None}, "input tokens are not said"),
        ({**CALL, "service_tier": "scale"}, "openai/gpt-4o-mini has no price for scale"),
    ],
)
def test_a_call_whose_price_is_not_known_has_no_cost_and_says_why(event: dict[str, Any], reason: str) -> None:
    assert costs(event) == [None]
    assert why(event).startswith(f"unpriced: {reason}")


def test_events_that_use_no_tokens_are_neither_priced_nor_unpriced() -> None:
    found = priced(batch_of([{"latency": 1, "model": "gpt-4o-mini"}, {"operation": "feedback", "score": 1}]))
    assert found.by.null_count == 2 and np.isnan(found.cost).all()


def test_the_tier_that_answered_counts_more_than_the_one_asked_for() -> None:
    asked = {**CALL, "gen_ai.openai.request.service_tier": "priority"}
    assert costs(asked, {**asked, "gen_ai.openai.response.service_tier": "default"}) == [0.0006, 0.00036]


def test_batch_before_the_list_knew_its_price_has_that_of_the_day_on_which_it_did() -> None:
    batch = {**CALL, "tags": {"batch": True}}
    assert costs({**batch, "time": "2025-03-01T00:00:00Z"}, {**batch, "time": "2026-11-01T00:00:00Z"}) == [
        0.00018,
        0.00018,
    ]


@pytest.mark.parametrize("tags", [{"batch": "false"}, {"batch": "1"}, {"batch": "2026-w3"}, {"processing": "async"}])
def test_an_apps_own_batches_are_not_the_providers(tags: dict[str, str]) -> None:
    assert costs({**CALL, "tags": tags}) == [0.00036]


def test_own_prices_come_first_and_of_these_the_last_that_fits(own: Any) -> None:
    own(
        """
        [[price]]
        model = "our-*"
        input = 1
        cached = 0.5
        output = 2
        over = [{tokens = 1000, input = 10}]
        [[price]]
        model = "our-small"
        since = 2026-01-01
        input = 0.1
        output = 0.2
        [[price]]
        provider = "openai"
        model = "gpt-4o-mini"
        tier = "batch"
        input = 0.01
        output = 0.02
        request = 0.5
        """
    )
    ours = {"model": "our-large", "input_tokens": 1000, "cached_tokens": 400, "output_tokens": 1000}
    assert costs(ours, {**ours, "input_tokens": 1001}) == [0.0028, 0.00821]
    small = {"model": "our-small", "input_tokens": 1000, "output_tokens": 1000}
    assert costs({**small, "time": "2025-12-31T23:59:59Z"}, {**small, "time": "2026-01-01T00:00:00Z"}) == [
        0.003,
        0.0003,
    ]
    assert costs(CALL, {**CALL, "tags": {"batch": "yes"}}) == [0.00036, 0.500022]
    assert why(ours) == "own our-*" and why(CALL).startswith("genai-prices ")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[[price]]\nmodel = \n", "line 2"),
        ("[[price]]\nmodel = 'm'\ninptu = 1", r"price 1 \(m\): Object contains unknown field `inptu`"),
        ("[[price]]\nmodel = 'm'\ninput = -1", r"price 1 \(m\): .* >= 0"),
        ("[[price]]\nmodel = 'm'", r"price 1 \(m\) says no price"),
        ("[[price]]\nmodel = 'a'\ninput = 1\n[[price]]\ninput = 1", r"price 2 \(no model\): .*`model`"),
        ("[prices]\nm = 1", r"holds prices. Write each price as a \[\[price\]\]"),
        ("", r"holds no prices"),
    ],
)
def test_a_mistake_in_the_own_prices_is_named_by_line_or_model_at_the_start(own: Any, text: str, said: str) -> None:
    path = own(text)
    with pytest.raises(ConfigError, match=said) as raised:
        make_pipeline()
    assert str(path) in str(raised.value)


def test_a_file_of_own_prices_that_is_not_there_is_said_at_the_start(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WINDVANE_PRICES", "/nowhere/prices.toml")
    with pytest.raises(ConfigError, match="/nowhere/prices.toml cannot be read"):
        make_pipeline()


def test_pricing_asks_nobody_over_the_network(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: Any, **__: Any) -> None:
        raise AssertionError("a socket was opened")

    monkeypatch.setattr(socket, "socket", refuse)
    assert costs({**CALL, "model": "gpt-4.1-nano"}, {**CALL, "model": "unheard-of"}) == [0.00024, None]


def test_the_cost_is_stored_as_money_and_the_apps_own_to_the_last_digit() -> None:
    events = [CALL, {**CALL, "cost": "999999999.999999999"}, {**CALL, "model": "our-own"}, {}]
    rows = tables_of(Home("events", 0), make_pipeline().score(batch_of(events)), [])["events"].to_pylist()
    assert [row["cost"] for row in rows] == [Decimal("0.00036"), Decimal("999999999.999999999"), None, None]
    plain = tables_of(Home("events", 0), Pipeline([]).score(batch_of(events)), [])["events"].to_pylist()
    assert [row["cost"] for row in plain] == [None, Decimal("999999999.999999999"), None, None]
    assert dict(rows[2]["notes"])["priced_by"] == "unpriced: openai, our-own is not listed"


@pytest.mark.parametrize("tokens", [1, 7, 123_457, 2**32 - 1])
def test_a_cost_is_whole_nanodollars_rounded_to_the_nearest(tokens: int) -> None:
    (cost,) = costs({**CALL, "input_tokens": tokens, "cached_tokens": tokens, "output_tokens": 0})
    assert cost is not None and Decimal(f"{cost:.9f}") == Decimal(tokens) * Decimal("0.000000075")
