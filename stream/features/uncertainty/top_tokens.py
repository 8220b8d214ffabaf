"""How torn the model was between the tokens that it might have said."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from windvane.stream.batch import Batch
from windvane.stream.detector import EventSignal
from windvane.stream.features.uncertainty.tokens import SPAN, entropies, margins, mean, peak
from windvane.stream.signals import Signal, SignalInfo

__all__ = ["Entropy", "EntropyPeak", "Margin"]

_COLUMNS: Final = ("top_logprobs",)
_SOURCE: Final = "Fadeeva et al. (2023), LM-Polygraph: mean token entropy"


class Entropy(EventSignal):
    """Mean entropy of the answer's tokens, from the likeliest ones that are given; all others count as one.

    >>> from windvane.stream.testing import batch_of
    >>> torn = {"top_logprobs": [[-0.6931472, -0.6931472]] * 3}
    >>> sure = {"top_logprobs": [{"token": "a", "logprob": 0.0, "top_logprobs": [{"token": "a", "logprob": 0.0}]}]}
    >>> Entropy().score(batch_of([torn, sure, {}])).round(3).tolist()
    [0.693, 0.0, nan]
    """

    name = Signal.ENTROPY
    info = SignalInfo(
        unit="nats per token",
        range="from 0",
        columns=_COLUMNS,
        source=_SOURCE,
        cost_us=130.0,
        doc="Mean entropy of the answer's tokens, from the likeliest ones that are given; all others count as one.",
    )

    def score(self, batch: Batch) -> NDArray[np.float64]:
        """See `EventSignal.score`."""
        return mean(batch.derived(entropies))


class EntropyPeak(EventSignal):
    """Mean entropy of the eight tokens in a row at which the model was most torn.

    >>> from windvane.stream.testing import batch_of
    >>> torn, sure = [-0.6931472, -0.6931472], [0.0]
    >>> EntropyPeak().score(batch_of([{"top_logprobs": [sure] * 20 + [torn] * 8}, {}])).round(3).tolist()
    [0.693, nan]
    """

    name = Signal.ENTROPY_PEAK
    info = SignalInfo(
        unit="nats per token",
        range="from 0",
        columns=_COLUMNS,
        source=_SOURCE + "; Quevedo et al. (2024)",
        cost_us=3.0,
        doc=f"Mean entropy of the {SPAN} tokens in a row at which the model was most torn.",
    )

    def score(self, batch: Batch) -> NDArray[np.float64]:
        """See `EventSignal.score`."""
        return peak(batch.derived(entropies))


class Margin(EventSignal):
    """By how much the likeliest token was likelier than the next one, as a mean over the answer.

    >>> from windvane.stream.testing import batch_of
    >>> two, one = {"top_logprobs": [[-0.1, -2.5]] * 2}, {"top_logprobs": [[0.0]]}
    >>> Margin().score(batch_of([two, one, {}])).round(3).tolist()
    [0.823, nan, nan]
    """

    name = Signal.MARGIN
    info = SignalInfo(
        unit="probability",
        range="0 to 1",
        columns=_COLUMNS,
        source="Scheffer et al. (2001), Active hidden Markov models: margin of the two likeliest",
        cost_us=12.0,
        doc="By how much the likeliest token was likelier than the next one, as a mean over the answer's tokens.",
    )

    def score(self, batch: Batch) -> NDArray[np.float64]:
        """See `EventSignal.score`."""
        return mean(batch.derived(margins))
