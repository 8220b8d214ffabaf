"""How unlikely the model found its own answer: over all of it, at its beginning, at its worst place."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from windvane.stream.batch import Batch
from windvane.stream.detector import EventSignal
from windvane.stream.features.uncertainty.tokens import SPAN, mean, onset, peak, surprises
from windvane.stream.signals import Signal, SignalInfo

__all__ = ["Surprise", "SurpriseOnset", "SurprisePeak"]

_SOURCE: Final = "Fadeeva et al. (2023), LM-Polygraph: perplexity; Quevedo et al. (2024), token probabilities"


def _info(doc: str, cost_us: float) -> SignalInfo:
    return SignalInfo("nats per token", "0 to 50", ("logprobs",), _SOURCE, cost_us, doc)


class Surprise(EventSignal):
    """Mean surprise of the answer's tokens: the logarithm of its perplexity.

    >>> from windvane.stream.testing import batch_of
    >>> Surprise().score(batch_of([{"logprobs": [-0.5, -1.5]}, {"logprobs": [-1e30]}, {}])).tolist()
    [1.0, 50.0, nan]
    """

    name = Signal.SURPRISE
    info = _info("Mean surprise of the answer's tokens, minus their log-probability: the log of its perplexity.", 1.0)

    def score(self, batch: Batch) -> NDArray[np.float64]:
        """See `EventSignal.score`."""
        return mean(batch.derived(surprises))


class SurpriseOnset(EventSignal):
    """Mean surprise of the answer's first eight tokens: whether the model knew where to begin.

    >>> from windvane.stream.testing import batch_of
    >>> SurpriseOnset().score(batch_of([{"logprobs": [-2.0] * 8 + [0.0] * 8}, {"logprobs": [-0.5]}, {}])).tolist()
    [2.0, 0.5, nan]
    """

    name = Signal.SURPRISE_ONSET
    info = _info(f"Mean surprise of the answer's first {SPAN} tokens.", 0.5)

    def score(self, batch: Batch) -> NDArray[np.float64]:
        """See `EventSignal.score`."""
        return onset(batch.derived(surprises))


class SurprisePeak(EventSignal):
    """Mean surprise of the eight tokens in a row that were the most surprising: a doubt that a long answer hides.

    >>> from windvane.stream.testing import batch_of
    >>> long = [-0.25] * 8 + [-2.0] * 8 + [-0.25] * 8
    >>> SurprisePeak().score(batch_of([{"logprobs": long}, {"logprobs": [-0.5]}, {}])).tolist()
    [2.0, 0.5, nan]
    """

    name = Signal.SURPRISE_PEAK
    info = _info(f"Mean surprise of the {SPAN} tokens in a row that were the most surprising.", 1.5)

    def score(self, batch: Batch) -> NDArray[np.float64]:
        """See `EventSignal.score`."""
        return peak(batch.derived(surprises))
