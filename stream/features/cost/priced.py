"""The cost of every event of a batch: prices per distinct model and half hour, then arithmetic on columns."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache
from pathlib import Path
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from windvane.settings import setting
from windvane.stream.batch import Batch
from windvane.stream.features.cost.own import read_prices
from windvane.stream.features.cost.rates import PARTS, SLOT_S, Rates
from windvane.stream.features.cost.tiers import tiers

__all__ = ["PRICE_COLUMNS", "Priced", "priced", "prices"]

PRICE_COLUMNS: Final = (
    "time",
    "gen_ai_provider_name",
    "gen_ai_request_model",
    "gen_ai_response_model",
    "gen_ai_usage_input_tokens",
    "gen_ai_usage_output_tokens",
    "gen_ai_usage_cache_read_input_tokens",
    "gen_ai_usage_cache_creation_input_tokens",
    "gen_ai_usage_reasoning_output_tokens",
    "cost",
    "tags",
    "attributes",
)
_TOKENS: Final = PRICE_COLUMNS[4:9]
_INPUT, _OUTPUT = PARTS.index("input"), PARTS.index("output")
_WORDS: Final = (
    "app",
    "unpriced: input tokens are not said",
    "unpriced: output tokens are not said",
    "unpriced: more cached tokens than input tokens, which include them",
    "unpriced: more reasoning tokens than output tokens, which include them",
)

Prices = Callable[[str, str, str, int], Rates]
"""Of a provider, a model, a tier and a half hour since 1970, the rates."""


@dataclass(frozen=True)
class Priced:
    """What n events cost: `cost` float64 (n,), whole nanodollars in dollars, NaN where it is not known.

    `by` string (n,): whose price it is, or why there is none; null where no tokens are said. `input_price` float64
    (n,): dollars per input token that no cache has seen; NaN where the model has no price.
    """

    cost: NDArray[np.float64]
    by: pa.Array
    input_price: NDArray[np.float64]


def prices() -> Prices:
    """Return where the prices are looked up: the user's own, by the settings, then the published ones.

    Raises:
        ConfigError: see `read_prices`.
    """
    return _prices(setting("prices"))


@lru_cache(maxsize=8)
def _prices(path: Path | None) -> Prices:
    from windvane.stream.features.cost.listed import listed  # loading it takes a quarter of a second

    own = read_prices(path) if path else []

    @lru_cache(maxsize=16_384)
    def find(provider: str, model: str, tier: str, slot: int) -> Rates:
        day = date(1970, 1, 1) + timedelta(seconds=slot * SLOT_S)
        fitting = [price for price in own if price.fits(provider, model, tier, day)]
        return fitting[-1].rates() if fitting else listed(provider, model, tier, slot)

    return find


def priced(batch: Batch) -> Priced:
    """Return what the events cost; ask for it through `Batch.derived`. Whose own `cost` the app has said cost that."""
    rates, which = _rates(batch, prices())
    everything, answer, read, written, reasoning = (
        np.nan_to_num(batch.numbers(name)).astype(np.int64) for name in _TOKENS
    )
    price = _steps(rates, which, everything)
    counts = (everything - read - written, read, written, answer - reasoning, reasoning, np.ones_like(answer))
    picodollars = sum((count * price[:, part] for part, count in enumerate(counts)), np.zeros(len(batch), np.int64))

    known = np.array([bool(one.steps) for one in rates], bool)[which]
    told = batch.arrow("cost").is_valid().to_numpy(zero_copy_only=False)
    said_in, said_out = (~np.isnan(batch.numbers(name)) for name in _TOKENS[:2])
    # A model that answers in no tokens, one of embeddings, has no price for them.
    silent = ~said_out & (price[:, _OUTPUT] > 0)
    wrong = (~said_in, silent, read + written > everything, said_out & (reasoning > answer))
    word = np.select([told, ~known, *wrong], [0, -1, 1, 2, 3, 4], -1)
    cost = np.where(known & (word < 0), (picodollars + 500) // 1000 / 1e9, np.nan)
    if told.any():
        given = pc.fill_null(batch.arrow("cost").cast(pa.float64()), np.nan).to_numpy(zero_copy_only=False)
        cost = np.where(told, given, cost)
    spoken = told | said_in | said_out
    by = pa.array([*_WORDS, *(one.source for one in rates)], pa.string())
    index = pa.array(np.where(word < 0, which + len(_WORDS), word), mask=~spoken)
    return Priced(np.where(spoken, cost, np.nan), by.take(index), np.where(known, price[:, _INPUT] / 1e12, np.nan))


def _steps(rates: list[Rates], which: NDArray[np.int64], tokens: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the picodollars per part of each event, (n, parts), by its input tokens; 0 where there is no price."""
    most = max((len(one.steps) for one in rates), default=1) or 1
    table = np.zeros((len(rates), most, len(PARTS)), np.int64)
    starts = np.full((len(rates), most), np.iinfo(np.int64).max)
    for place, one in enumerate(rates):
        if one.steps:
            table[place, : len(one.steps)], starts[place, : len(one.steps)] = one.steps, one.starts
    step = (tokens[:, None] > starts[which]).sum(axis=1) - 1
    found: NDArray[np.int64] = table[which, np.maximum(step, 0)]
    return found


def _rates(batch: Batch, find: Prices) -> tuple[list[Rates], NDArray[np.int64]]:
    """Return the distinct rates of a batch, and whose each event's are, int64 (n,)."""
    slots, slot = np.unique(batch.times_us() // (SLOT_S * 1_000_000), return_inverse=True)
    # What has answered is what is paid for; of a call that failed only what was asked for is known.
    answered = batch.arrow("gen_ai_response_model")
    answered = pc.if_else(pc.equal(answered, ""), None, answered)
    models, model = _coded(pc.coalesce(answered, batch.arrow("gen_ai_request_model")).dictionary_encode())
    providers, provider = _coded(batch.codes("gen_ai_provider_name"))
    words, tier = tiers(batch)
    shape = (len(slots), len(providers), len(models), len(words))
    distinct, which = np.unique(np.ravel_multi_index((slot, provider, model, tier), shape), return_inverse=True)
    places = zip(*(at.tolist() for at in np.unravel_index(distinct, shape)), strict=True)
    return [find(providers[p], models[m], words[t], int(slots[s])) for s, p, m, t in places], which


def _coded(texts: pa.DictionaryArray) -> tuple[list[str], NDArray[np.int64]]:
    """Return the distinct texts, absence the empty one, and the place of each event's among them."""
    codes = pc.fill_null(texts.indices, -1).to_numpy(zero_copy_only=False).astype(np.int64) + 1
    return ["", *texts.dictionary.to_pylist()], codes
