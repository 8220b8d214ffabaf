"""How often an answer apologizes."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from windvane.stream.batch import Batch
from windvane.stream.detector import EventSignal
from windvane.stream.features.form.says import answer_says
from windvane.stream.signals import Signal, SignalInfo
from windvane.stream.text.texts import answer_words

__all__ = ["Apology"]


class Apology(EventSignal):
    """Apologies in the answer, in some twenty languages; one written for somebody else counts too.

    >>> from windvane.stream.testing import batch_of
    >>> answers = ["Sorry, my mistake.", "Better safe than sorry!", "Es tut mir leid.", None]
    >>> Apology().score(batch_of({"response": answer} for answer in answers)).tolist()
    [2.0, 0.0, 1.0, nan]
    """

    name = Signal.APOLOGY
    info = SignalInfo(
        unit="apologies",
        range="0 and above",
        columns=("gen_ai_output_messages",),
        source="definition",
        cost_us=0.2,
        doc="Apologies in the answer, in some twenty languages; one written for somebody else counts too.",
    )

    def score(self, batch: Batch) -> NDArray[np.float64]:
        """See `EventSignal.score`."""
        counts = batch.derived(answer_words).counts
        return np.where(counts > 0, np.maximum(batch.derived(answer_says)["apology"].sums(len(batch)), 0), np.nan)
