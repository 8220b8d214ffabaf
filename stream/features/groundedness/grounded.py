"""How far an answer is supported by the retrieved documents, and where it is not."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from windvane.stream.batch import Batch
from windvane.stream.detector import EventSignal
from windvane.stream.features.groundedness.judged import against_documents
from windvane.stream.features.support.support import nothing_given
from windvane.stream.signals import Signal, SignalInfo
from windvane.stream.text.texts import answer_words

__all__ = ["Groundedness", "Unsupported"]

_READS = ("gen_ai_output_messages", "gen_ai_retrieval_documents", "gen_ai_input_messages")
_SOURCE = (
    "sentence-level support by novel words, runs and pairs, worst sentence; trained on RAGTruth (Niu et al. 2024);"
    " benchmarks/groundedness.py"
)


class Groundedness(EventSignal):
    """How surely every sentence of the answer is supported by the documents or the question.

    >>> from windvane.stream.testing import batch_of
    >>> told = {"prompt": "When did it open?", "context": ["The museum opened in 1912. It holds 4,300 paintings."]}
    >>> answers = ["The museum opened in 1912.", "It opened in 1912, after a fire that destroyed Napoleon's stables."]
    >>> events = [{**told, "response": answer} for answer in answers] + [{"response": "In 1912."}]
    >>> Groundedness().score(batch_of(events)).round(1).tolist()
    [1.0, 0.8, nan]
    """

    name = Signal.GROUNDEDNESS
    info = SignalInfo(
        unit="probability",
        range="0 to 1, neither reached; 1 = supported",
        columns=_READS,
        source=_SOURCE,
        cost_us=30.0,
        doc="How surely the answer says nothing that is not in the documents or the question.",
    )

    def score(self, batch: Batch) -> NDArray[np.float64]:
        """See `EventSignal.score`."""
        if nothing_given(batch):
            return np.full(len(batch), np.nan)
        return batch.derived(against_documents).supported


class Unsupported(EventSignal):
    """The parts of the answer that the documents do not support: sentences, those in a row as one.

    >>> from windvane.stream.testing import batch_of
    >>> told = {"prompt": "When did it open?", "context": ["The museum opened in 1912. It holds 4,300 paintings."]}
    >>> more = " For example, visitors like to swim near Lisbon's golden beaches."
    >>> answers = ["It opened in 1912.", f"It opened in 1912.{more}"]
    >>> events = [{**told, "response": answer} for answer in answers] + [{"response": "In 1912."}]
    >>> Unsupported().score(batch_of(events)).to_pylist()
    [None, '[[19, 82]]', None]
    """

    name = Signal.UNSUPPORTED
    info = SignalInfo(
        unit="spans",
        range="begin and end in characters of the answer",
        columns=_READS,
        source=_SOURCE,
        cost_us=0.5,
        doc="Where the answer says what is not in the documents or the question: runs of its sentences.",
    )

    def score(self, batch: Batch) -> pa.Array:
        """See `EventSignal.score`."""
        if nothing_given(batch):
            return pa.nulls(len(batch), pa.string())
        words, judged = batch.derived(answer_words), batch.derived(against_documents)
        sentences, flagged = judged.sentences, judged.unsupported
        follows = np.zeros(len(flagged), bool)
        follows[1:] = flagged[1:] & flagged[:-1] & ~sentences.opens[1:]
        ends_here = flagged & ~np.append(follows[1:], False)[: len(flagged)]
        first, last = np.flatnonzero(flagged & ~follows), np.flatnonzero(ends_here)
        owner = sentences.text[first]
        begin = words.characters(words.begin[sentences.start[first]], owner)
        end = words.characters(words.end[sentences.start[last] + sentences.size[last] - 1], owner)
        notes: list[str | None] = [None] * len(batch)
        for whose, a, b in zip(owner.tolist(), begin.tolist(), end.tolist(), strict=True):
            span = f"[{a}, {b}]"
            held = notes[whose]
            notes[whose] = f"[{span}]" if held is None else f"{held[:-1]}, {span}]"
        return pa.array(notes, pa.string())
