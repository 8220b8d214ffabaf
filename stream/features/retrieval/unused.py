"""How much of the retrieved context was paid for and not used, in tokens and in money."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from windvane.stream.batch import Batch
from windvane.stream.detector import EventSignal
from windvane.stream.features.cost.priced import PRICE_COLUMNS, priced
from windvane.stream.features.retrieval.overlap import overlap
from windvane.stream.signals import Signal, SignalInfo
from windvane.stream.text.sentences import sentence_starts
from windvane.stream.text.texts import document_ends, document_words

__all__ = ["UnusedCost", "UnusedTokens", "unused_tokens"]

_COLUMNS: Final = (
    "gen_ai_input_messages",
    "gen_ai_output_messages",
    "gen_ai_retrieval_documents",
    "gen_ai_usage_input_tokens",
)
_USED: Final = 3
"""A sentence is used if the answer took up one in so many of its content words."""
_THIRDS: Final = 4
"""Thirds of a token per word; of a script that has no spaces, where a word is a character, one token."""
_SOURCE: Final = "definition; 4/3 tokens per word, as OpenAI's guide to tokens has it"


class UnusedTokens(EventSignal):
    """Tokens, by estimate, of the sentences of the documents of which the answer took up little.

    A sentence is used if the answer has a third of its content words beyond the question's. Tokens are its words times
    4/3, characters where words are not parted; all together never more than the call's input tokens.

    >>> from windvane.stream.testing import batch_of
    >>> call = {"prompt": "Who painted it?", "context": ["Vermeer painted it. The frame is of dark oak wood."]}
    >>> answers = ["Vermeer.", "Vermeer, and the frame is oak.", None]
    >>> UnusedTokens().score(batch_of({**call, "response": answer} for answer in answers)).round(1).tolist()
    [9.3, 0.0, nan]
    """

    name = Signal.UNUSED_TOKENS
    info = SignalInfo(
        unit="tokens",
        range="0 and above",
        columns=_COLUMNS,
        source=_SOURCE,
        cost_us=2.0,
        doc="Tokens, by estimate, of the sentences of the documents of which the answer took up less than a third "
        "of the content words.",
    )

    def score(self, batch: Batch) -> NDArray[np.float64]:
        """See `EventSignal.score`."""
        return batch.derived(unused_tokens)


class UnusedCost(EventSignal):
    """US dollars of these tokens, at the call's price of an input token that no cache has seen.

    >>> from windvane.stream.testing import batch_of
    >>> call = {"prompt": "Who painted it?", "context": ["Vermeer painted it. The frame is of dark oak wood."]}
    >>> call |= {"provider": "openai", "model": "gpt-4o-mini", "input_tokens": 100, "output_tokens": 2}
    >>> calls = [{**call, "response": "Vermeer."}, {**call, "response": "Vermeer.", "model": "our-own"}]
    >>> UnusedCost().score(batch_of(calls)).round(8).tolist()
    [1.4e-06, nan]
    """

    name = Signal.UNUSED_COST
    info = SignalInfo(
        unit="US dollars",
        range="0 and above",
        columns=tuple(dict.fromkeys((*_COLUMNS, *PRICE_COLUMNS))),
        source=_SOURCE,
        cost_us=0.1,
        doc="What the unused context tokens cost, at the call's price of an input token that no cache has seen; absent "
        "where the model has no price.",
    )

    def score(self, batch: Batch) -> NDArray[np.float64]:
        """See `EventSignal.score`."""
        return batch.derived(unused_tokens) * batch.derived(priced).input_price


def unused_tokens(batch: Batch) -> NDArray[np.float64]:
    """Return the unused tokens of each event's documents, float64 (n,), NaN where there are none or no answer."""
    held, words = batch.derived(overlap), batch.derived(document_words)
    if not len(words.begin):
        return np.full(len(batch), np.nan)
    starts = np.flatnonzero(words.derived(sentence_starts))
    ends = np.append(starts, len(words.begin))
    offered, taken = np.diff(held.offered[ends]), np.diff(held.taken[ends])
    sizes = _THIRDS * np.diff(ends)
    if not words.ascii:
        wide = np.flatnonzero(words.begin[1:] == words.end[:-1])
        sizes -= np.diff(np.searchsorted(wide, ends))
    unused = (offered > 0) & (_USED * taken < offered)
    sums = np.concatenate([[0], np.cumsum(sizes * unused)])
    documents = words.first[document_ends(batch)]
    tokens = np.diff(sums[np.searchsorted(starts, documents)]) / 3
    return np.where(held.answered, np.fmin(tokens, batch.numbers("gen_ai_usage_input_tokens")), np.nan)
