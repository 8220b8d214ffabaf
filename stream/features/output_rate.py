"""How fast the answer came."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from windvane.stream.batch import Batch
from windvane.stream.detector import EventSignal
from windvane.stream.signals import Signal, SignalInfo

__all__ = ["OutputRate"]


class OutputRate(EventSignal):
    """Output tokens per second after the first chunk; over the whole call where no first chunk is known.

    >>> from windvane.stream.testing import batch_of
    >>> whole = {"output_tokens": 90, "latency": 2.0}
    >>> OutputRate().score(batch_of([{**whole, "ttft": 0.5}, whole, {"latency": 2.0}])).tolist()
    [60.0, 45.0, nan]
    """

    name = Signal.OUTPUT_RATE
    info = SignalInfo(
        unit="tokens per second",
        range="above 0",
        columns=(
            "gen_ai_usage_output_tokens",
            "gen_ai_client_operation_duration",
            "gen_ai_response_time_to_first_chunk",
        ),
        source="definition",
        cost_us=0.5,
        doc="Output tokens per second after the first chunk; over the whole call where no first chunk is known.",
    )

    def score(self, batch: Batch) -> NDArray[np.float64]:
        """See `EventSignal.score`."""
        tokens = batch.numbers("gen_ai_usage_output_tokens")
        seconds = batch.numbers("gen_ai_client_operation_duration")
        first = batch.numbers("gen_ai_response_time_to_first_chunk")
        streamed = seconds - np.where(first < seconds, first, 0.0)
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.where((tokens > 0) & (streamed > 0), tokens / streamed, np.nan)
