"""Whether the model declines."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from windvane.stream.batch import Batch
from windvane.stream.detector import EventSignal
from windvane.stream.features.form.says import answer_says
from windvane.stream.signals import Signal, SignalInfo
from windvane.stream.text.texts import answer_words

__all__ = ["Refusal"]

_EARLY: Final = 40
"""Words: a phrase this far in weighs half of what the first does."""
_SHORT: Final = 250
"""Words: in an answer this long a phrase weighs half. What goes on and on has not been declined."""


class Refusal(EventSignal):
    """How sure it is that the model declines, by the phrases in which models do.

    Early ones in short answers weigh most; what only mentions "cannot" is none.

    >>> from windvane.stream.testing import batch_of
    >>> answers = ["I'm sorry, but I can't help with that.", "Birds that cannot fly: emus.", None]
    >>> Refusal().score(batch_of({"response": answer} for answer in answers)).round(2).tolist()
    [0.91, 0.0, nan]
    """

    name = Signal.REFUSAL
    info = SignalInfo(
        unit="score",
        range="0 to 1, below 1",
        columns=("gen_ai_output_messages",),
        source="weighted phrases of some twenty languages; a refusal from about 0.5 on",
        cost_us=2.0,
        doc="How sure it is that the model declines, by the phrases in which models do: early ones in short answers "
        "weigh most.",
    )

    def score(self, batch: Batch) -> NDArray[np.float64]:
        """See `EventSignal.score`."""
        counts = batch.derived(answer_words).counts
        said = batch.derived(answer_says)["refusal"]
        evidence = said.sums(len(batch), 1 / (1 + said.place / _EARLY)) / (1 + counts / _SHORT)
        return np.where(counts > 0, -np.expm1(-np.maximum(evidence, 0)), np.nan)
