"""Whether an answer is in another language than what was asked."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from windvane.stream.batch import Batch
from windvane.stream.detector import EventSignal
from windvane.stream.features.form.language import UNSURE, answer_language, query_language
from windvane.stream.signals import Signal, SignalInfo

__all__ = ["LanguageDiffers"]


class LanguageDiffers(EventSignal):
    """1 where the answer is in another language than what was asked last, 0 where it is in the same.

    A translation that was asked for differs too: watch how the share changes, or leave such prompts out.

    >>> from windvane.stream.testing import batch_of
    >>> asked = "What is the weather like in the north of the country?"
    >>> answers = ["It is raining, and there is more to come.", "Es regnet, und es wird noch mehr.", "17"]
    >>> LanguageDiffers().score(batch_of({"prompt": asked, "response": answer} for answer in answers)).tolist()
    [0.0, 1.0, nan]
    """

    name = Signal.LANGUAGE_DIFFERS
    info = SignalInfo(
        unit="yes or no",
        range="0 or 1",
        columns=("gen_ai_input_messages", "gen_ai_output_messages"),
        source="see language",
        cost_us=1.5,
        doc="1 where the answer is in another language than what was asked last, 0 where it is in the same; absent "
        "where either is not sure. A translation that was asked for differs too.",
    )

    def score(self, batch: Batch) -> NDArray[np.float64]:
        """See `EventSignal.score`."""
        asked, answered = batch.derived(query_language), batch.derived(answer_language)
        known = (asked != UNSURE) & (answered != UNSURE)
        return np.where(known, (asked != answered).astype(np.float64), np.nan)
