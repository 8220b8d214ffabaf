"""How much an answer hedges."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from windvane.stream.batch import Batch
from windvane.stream.detector import EventSignal
from windvane.stream.features.form.says import answer_says
from windvane.stream.signals import Signal, SignalInfo
from windvane.stream.text.texts import answer_words

__all__ = ["Hedging"]

_LEAST: Final = 20
"""Words that a shorter answer is taken to have: one "perhaps" is not a hundred of them."""


class Hedging(EventSignal):
    """Hedges per 100 words of the answer: "perhaps", "might", "I think" and their like in some twenty languages.

    >>> from windvane.stream.testing import batch_of
    >>> answers = ["It might rain, I think.", "It rains.", "Vielleicht regnet es.", None]
    >>> Hedging().score(batch_of({"response": answer} for answer in answers)).tolist()
    [10.0, 0.0, 5.0, nan]
    """

    name = Signal.HEDGING
    info = SignalInfo(
        unit="per 100 words",
        range="0 to 100",
        columns=("gen_ai_output_messages",),
        source="hedges after Hyland, Hedging in Scientific Research Articles (1998)",
        cost_us=0.2,
        doc="Hedges per 100 words of the answer: perhaps, might, I think and their like in some twenty languages. An "
        "answer of fewer than 20 words counts as one of 20.",
    )

    def score(self, batch: Batch) -> NDArray[np.float64]:
        """See `EventSignal.score`."""
        counts = batch.derived(answer_words).counts
        hedges = batch.derived(answer_says)["hedge"].sums(len(batch))
        return np.where(counts > 0, 100 * hedges / np.maximum(counts, _LEAST), np.nan)
