"""What a call cost, and whose price that is."""

from __future__ import annotations

from typing import Final

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from windvane.stream.batch import Batch
from windvane.stream.detector import EventSignal
from windvane.stream.features.cost.priced import PRICE_COLUMNS, priced, prices
from windvane.stream.signals import Signal, SignalInfo

__all__ = ["Cost", "PricedBy"]

_SOURCE: Final = "the app's own cost, else the user's own prices, else genai-prices: the providers' price pages, dated"


class Cost(EventSignal):
    """US dollars of the call, at the price of its day: cached and reasoning tokens once, tier and batch where said.

    >>> from windvane.stream.testing import batch_of
    >>> call = {"provider": "openai", "model": "gpt-4o-mini", "input_tokens": 1000, "output_tokens": 200}
    >>> own, unknown = {**call, "cost": "0.5"}, {**call, "model": "our-own"}
    >>> Cost().score(batch_of([call, {**call, "cached_tokens": 800}, own, unknown, {}])).tolist()
    [0.00027, 0.00021, 0.5, nan, nan]
    """

    name = Signal.COST
    info = SignalInfo(
        unit="US dollars",
        range="from 0",
        columns=PRICE_COLUMNS,
        source=_SOURCE,
        cost_us=3.0,
        doc="What the call cost, by the app or by price list; also in the column `cost`. An unpriced call has none.",
    )

    def __init__(self) -> None:
        """Read the user's own prices.

        Raises:
            ConfigError: they cannot be read.
        """
        prices()

    def score(self, batch: Batch) -> NDArray[np.float64]:
        """See `EventSignal.score`."""
        return batch.derived(priced).cost


class PricedBy(EventSignal):
    """Whose price an event's cost is, or why it has none.

    >>> from windvane.stream.testing import batch_of
    >>> call = {"input_tokens": 10, "output_tokens": 20}
    >>> PricedBy().score(batch_of([{**call, "model": "our-own"}, {**call, "cost": 1}, {"latency": 1}])).to_pylist()
    ['unpriced: no provider, our-own is not listed', 'app', None]
    """

    name = Signal.PRICED_BY
    info = SignalInfo(
        unit="label",
        range="`app`, `own …`, `genai-prices …`, or `unpriced: …`",
        columns=PRICE_COLUMNS,
        source=_SOURCE,
        cost_us=0.3,
        doc="Whose price the cost is, with version, provider, model and tier; or why the call is unpriced.",
    )

    def score(self, batch: Batch) -> pa.Array:
        """See `EventSignal.score`."""
        return batch.derived(priced).by
