"""Quotes in an answer that are in no document word for word."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from windvane.stream.batch import Batch
from windvane.stream.detector import EventSignal
from windvane.stream.features.support.support import Support
from windvane.stream.features.unsupported.numbers import count_where_given
from windvane.stream.signals import Signal, SignalInfo
from windvane.stream.text.words import Words

__all__ = ["UnsupportedQuotes"]

_LEAST: Final = 3
"""Words that make a quote: fewer are a title or a way of speaking."""


class UnsupportedQuotes(EventSignal):
    """How many quotes, of three words and more, are in no document in these words.

    >>> from windvane.stream.testing import batch_of
    >>> told = {"context": ["He said that the war was over by then."]}
    >>> answers = ['He said "the war was over".', 'He said “the war is not over”.', "He said nothing."]
    >>> events = [{**told, "response": answer} for answer in answers] + [{"response": '"A war of words"'}]
    >>> UnsupportedQuotes().score(batch_of(events)).tolist()
    [0.0, 1.0, 0.0, nan]
    """

    name = Signal.UNSUPPORTED_QUOTES
    info = SignalInfo(
        unit="quotes",
        range="0 or more",
        columns=("gen_ai_output_messages", "gen_ai_retrieval_documents"),
        source="definition: every run of three stems of a quote is in a document",
        cost_us=0.5,
        doc="Quotes of the answer, three words or longer, that are in no document word for word.",
    )

    def score(self, batch: Batch) -> NDArray[np.float64]:
        """See `EventSignal.score`."""
        return count_where_given(batch, _missing)


def _missing(_: Batch, words: Words, held: Support) -> NDArray[np.int64]:
    first, last = _quoted(words)
    strange = np.concatenate([[0], np.cumsum(~held.run)])
    missing: NDArray[np.int64] = first[strange[last] - strange[first + 2] > 0]
    return missing


def _quoted(words: Words) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the words that quotes begin with, and those behind their last."""
    signs = words.marks[words.raw[words.marks] == ord('"')]
    if not words.ascii:
        wide = np.flatnonzero(words.raw == 0xE2)
        wide = wide[(words.raw[wide + 1] == 0x80) & np.isin(words.raw[wide + 2], (0x9C, 0x9D, 0x9E))]
        signs = np.sort(np.concatenate([signs, wide]))
    if len(signs) < 2:
        return signs[:0], signs[:0]
    owner = np.searchsorted(words.text, signs, side="right") - 1
    place = np.arange(len(signs)) - np.searchsorted(owner, owner)
    opens = np.flatnonzero((place[:-1] % 2 == 0) & (owner[:-1] == owner[1:]))
    first = np.searchsorted(words.begin, signs[opens])
    last = np.searchsorted(words.begin, signs[opens + 1])
    long = last - first >= _LEAST
    return first[long], last[long]
