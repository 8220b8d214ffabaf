"""How well the retrieved documents match what was asked."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from windvane.stream.batch import Batch
from windvane.stream.detector import EventSignal
from windvane.stream.features.retrieval.overlap import overlap
from windvane.stream.features.support.support import per_event
from windvane.stream.signals import Signal, SignalInfo
from windvane.stream.text.stems import content, stems
from windvane.stream.text.texts import document_ends, document_words, query_words

__all__ = ["QueryMatch"]

_OWNER: Final = np.uint64(40)
_KEY: Final = np.uint64(64 - 40)


class QueryMatch(EventSignal):
    """The share of the question's content words that the best of the documents has.

    It counts half a word more than the question has, so that it stays below 1. Where the prompt holds the documents
    themselves there is no telling.

    >>> from windvane.stream.testing import batch_of
    >>> call = {"prompt": "Opening hours of the museum?", "context": ["Paintings.", "Museum, opening hours: 10 to 18"]}
    >>> calls = [call, {**call, "context": ["A recipe."]}, {"prompt": "Museum?"}]
    >>> QueryMatch().score(batch_of(calls)).round(2).tolist()
    [0.86, 0.0, nan]
    """

    name = Signal.QUERY_MATCH
    info = SignalInfo(
        unit="share",
        range="0 to 1, below 1",
        columns=("gen_ai_input_messages", "gen_ai_output_messages", "gen_ai_retrieval_documents"),
        source="coordination level: the share of query terms matched, without term weights",
        cost_us=1.5,
        doc="The share of the question's content words that the best of the documents has; absent where the prompt "
        "holds the documents themselves.",
    )

    def score(self, batch: Batch) -> NDArray[np.float64]:
        """See `EventSignal.score`."""
        if not batch.derived(per_event).any():
            return np.full(len(batch), np.nan)
        held, words, queries = batch.derived(overlap), batch.derived(document_words), batch.derived(query_words)
        ends = document_ends(batch)
        kept = np.flatnonzero(queries.derived(content))
        asked = _distinct(queries.owner[kept], queries.derived(stems)[kept], len(batch))
        event = np.repeat(np.arange(len(batch)), np.diff(ends))
        found = _distinct(words.owner[held.asked], words.derived(stems)[held.asked], len(event))
        best = np.zeros(len(batch), np.int64)
        np.maximum.at(best, event, found)
        known = (asked > 0) & (batch.derived(per_event) > 0) & ~held.pasted
        return np.where(known, np.minimum(best, asked) / (asked + 0.5), np.nan)


def _distinct(owner: NDArray[np.int64], keys: NDArray[np.uint64], count: int) -> NDArray[np.int64]:
    """Return how many different keys each owner, of `count`, has."""
    pairs = np.sort(owner.view(np.uint64) << _OWNER | keys >> _KEY)
    new = np.ones(len(pairs), bool)
    new[1:] = pairs[1:] != pairs[:-1]
    return np.bincount((pairs[new] >> _OWNER).view(np.int64), minlength=count)
