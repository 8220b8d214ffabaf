"""How far an answer without documents is supported by its prompt."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from windvane.stream.batch import Batch
from windvane.stream.detector import EventSignal
from windvane.stream.features.groundedness.judged import against_prompt
from windvane.stream.features.support.support import per_event
from windvane.stream.signals import Signal, SignalInfo
from windvane.stream.text.texts import answer_words, prompt_words

__all__ = ["Consistency"]


class Consistency(EventSignal):
    """How surely the answer says nothing that the prompt, with the session's earlier turns in it, does not.

    It speaks where the prompt could hold the answer: it is as long, and there are no documents to be judged by.

    >>> from windvane.stream.testing import batch_of
    >>> prompt = "Sum this up: The museum opened in 1912. It holds 4,300 paintings, most of them Dutch."
    >>> answers = ["It opened in 1912 and holds 4,300 paintings.", "Napoleon opened it after a fire in the stables."]
    >>> events = [{"prompt": prompt, "response": answer} for answer in answers]
    >>> events.append({"prompt": "Hi", "response": "Hello to you"})
    >>> Consistency().score(batch_of(events)).round(1).tolist()
    [1.0, 0.8, nan]
    """

    name = Signal.CONSISTENCY
    info = SignalInfo(
        unit="probability",
        range="0 to 1, neither reached; 1 = supported",
        columns=("gen_ai_output_messages", "gen_ai_input_messages", "gen_ai_retrieval_documents"),
        source="that of groundedness, the prompt in the place of the documents",
        cost_us=25.0,
        doc="How surely an answer without documents says nothing that its prompt and earlier turns do not hold.",
    )

    def score(self, batch: Batch) -> NDArray[np.float64]:
        """See `EventSignal.score`."""
        alone = (batch.derived(per_event) == 0) & (
            batch.derived(prompt_words).counts >= batch.derived(answer_words).counts
        )
        if not (alone & (batch.derived(answer_words).counts > 0)).any():
            return np.full(len(batch), np.nan)
        return np.where(alone, batch.derived(against_prompt).supported, np.nan)
