"""The prices that the providers publish, by the list in the installed genai-prices: nothing is fetched."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from functools import lru_cache
from typing import Any, Final

from genai_prices import __version__
from genai_prices.data_snapshot import get_snapshot
from genai_prices.types import ModelInfo, PriceVariant, StartDateConstraint, TieredPrices

from windvane.stream.features.cost.rates import SLOT_S, Rates, rates_of, unpriced

__all__ = ["listed"]

_PROVIDERS: Final = {"azure.ai.inference": "azure", "gcp.gen_ai": "google", "x_ai": "x-ai"}
"""OpenTelemetry's names that genai-prices does not know."""
_KEYS: Final = {
    "input_mtok": "input",
    "cache_read_mtok": "cached",
    "cache_write_mtok": "written",
    "output_mtok": "output",
    "output_reasoning_mtok": "reasoning",
}


@lru_cache(maxsize=16_384)
def listed(provider: str, model: str, tier: str, slot: int) -> Rates:
    """Return the published rates of a model in the half hour `slot` since 1970, in UTC.

    `provider` empty: it is told by the model's name, where that is its maker's own. `tier` empty: the standard one.
    """
    if not model:
        return unpriced("no model")
    found = _find(provider, model)
    if isinstance(found, str):
        return unpriced(found)
    seller, info, own = found
    at = datetime.fromtimestamp(slot * SLOT_S, UTC)
    prices = dict(info.get_prices(at).__dict__)
    if not prices.keys() & {"input_mtok", "requests_kcount"}:
        return unpriced(f"{seller}/{info.id} has no price by tokens")
    if tier:
        variants = _variants(info, tier, at) if own else []
        if not variants:
            return unpriced(f"{seller}/{info.id} has no price for {tier}")
        for variant in reversed(variants):
            prices |= variant.prices.__dict__
    return _rates(f"genai-prices {__version__} {seller}/{info.id}{f' {tier}' if tier else ''}", prices)


@lru_cache(maxsize=4096)
def _find(provider: str, model: str) -> tuple[str, ModelInfo, bool] | str:
    """Return who sells a model, its entry, and whether that is the seller's own; or why there is none: 230 µs."""
    try:
        seller, info = get_snapshot().find_provider_model(model, None, _PROVIDERS.get(provider, provider) or None, None)
    except LookupError:
        return f"{provider or 'no provider'}, {model} is not listed"
    return seller.id, info, any(info is each for each in seller.models)


def _variants(info: ModelInfo, tier: str, at: datetime) -> list[PriceVariant]:
    """Return the prices that a tier puts in place of the standard ones.

    They begin on the day on which the list's makers looked. Before it they count as long as the standard prices were
    the same.
    """
    context = {"processing": "batch"} if tier == "batch" else {"service_tier": tier, "speed": tier}
    asked = [one for one in info.price_variants or () if one.when.items() <= context.items()]
    active = [one for one in asked if one.constraint is None or one.constraint.active(at)]
    return active or [one for one in asked if _same(info, at, one)]


def _same(info: ModelInfo, at: datetime, variant: PriceVariant) -> bool:
    start = variant.constraint
    if not isinstance(start, StartDateConstraint):
        return False
    begin = datetime.combine(start.start_date, at.timetz())
    return at < begin and bool(info.get_prices(at) == info.get_prices(begin))


def _rates(source: str, prices: dict[str, Any]) -> Rates:
    starts = {tier.start for price in prices.values() if isinstance(price, TieredPrices) for tier in price.tiers}
    steps = []
    for start in (0, *sorted(starts)):
        step = {part: _at(prices[key], start) for key, part in _KEYS.items() if prices.get(key) is not None}
        if prices.get("requests_kcount") is not None:
            step["request"] = _at(prices["requests_kcount"], start) * 1000
        steps.append((start, step))
    return rates_of(source, steps)


def _at(price: Decimal | TieredPrices, start: int) -> Decimal:
    """Return the price where there are more than `start` input tokens."""
    if isinstance(price, Decimal):
        return price
    return next((tier.price for tier in reversed(price.tiers) if tier.start <= start), price.base)
