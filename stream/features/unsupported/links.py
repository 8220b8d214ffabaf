"""URLs and citations in an answer that lead to no document."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from windvane.stream.batch import Batch
from windvane.stream.detector import EventSignal
from windvane.stream.features.support.support import Support
from windvane.stream.features.unsupported.numbers import count_where_given
from windvane.stream.signals import Signal, SignalInfo
from windvane.stream.text.texts import document_ends
from windvane.stream.text.words import Words

__all__ = ["UnsupportedCitations", "UnsupportedUrls"]

_BLANK: Final = np.zeros(256, bool)
_BLANK[[*b' \n\t\r<>"`']] = True


class UnsupportedUrls(EventSignal):
    """How many URLs of the answer have a part that no document has.

    >>> from windvane.stream.testing import batch_of
    >>> told = {"context": ["See https://museum.example/tickets for more."]}
    >>> answers = ["At https://museum.example/tickets.", "At http://tickets.example/now or https://museum.example."]
    >>> events = [{**told, "response": answer} for answer in answers] + [{"response": "https://a.example"}]
    >>> UnsupportedUrls().score(batch_of(events)).tolist()
    [0.0, 1.0, nan]
    """

    name = Signal.UNSUPPORTED_URLS
    info = SignalInfo(
        unit="URLs",
        range="0 or more",
        columns=("gen_ai_output_messages", "gen_ai_retrieval_documents", "gen_ai_input_messages"),
        source="definition",
        cost_us=0.5,
        doc="URLs of the answer with a part, host or path, that is in no document and not in the question.",
    )

    def score(self, batch: Batch) -> NDArray[np.float64]:
        """See `EventSignal.score`."""
        return count_where_given(batch, _strange)


def _strange(_: Batch, words: Words, held: Support) -> NDArray[np.int64]:
    colon = words.marks[words.raw[words.marks] == ord(":")]
    colon = colon[(words.raw[colon + 1] == ord("/")) & (words.raw[colon + 2] == ord("/"))]
    first: NDArray[np.int64] = np.searchsorted(words.begin, colon)
    first = first[first < len(words.begin)]
    if not len(first):
        return first
    breaks = np.append(np.flatnonzero(_parted(words)), len(words.begin))
    last = breaks[np.searchsorted(breaks, first, side="right")]
    unknown = np.concatenate([[0], np.cumsum(~held.known)])
    strange: NDArray[np.int64] = first[unknown[last] - unknown[first] > 0]
    return strange


def _parted(words: Words) -> NDArray[np.bool_]:
    """Return whether a blank, a bracket or a quote stands between a word and the one before, bool (m,)."""
    gap = np.concatenate([[9], words.begin[1:] - words.end[:-1]])
    parted = gap > 3
    for ahead in (1, 2, 3):
        parted |= (gap >= ahead) & _BLANK.take(words.raw[words.begin - ahead])
    return parted


class UnsupportedCitations(EventSignal):
    """How many citations lead nowhere: a number in brackets above that of the documents, a strange (Author, year).

    >>> from windvane.stream.testing import batch_of
    >>> told = {"context": ["Rembrandt painted it (Bruyn, 1989).", "It hangs in Amsterdam."]}
    >>> answers = ["He painted it [1], it hangs there [2] (Bruyn, 1989).", "As shown [7] by others (Smith, 2015)."]
    >>> events = [{**told, "response": answer} for answer in answers] + [{"response": "See [1]."}]
    >>> UnsupportedCitations().score(batch_of(events)).tolist()
    [0.0, 2.0, nan]
    """

    name = Signal.UNSUPPORTED_CITATIONS
    info = SignalInfo(
        unit="citations",
        range="0 or more",
        columns=("gen_ai_output_messages", "gen_ai_retrieval_documents", "gen_ai_input_messages"),
        source="definition",
        cost_us=0.5,
        doc="Numbers in brackets above the number of documents, and authors with a year that are in no document.",
    )

    def score(self, batch: Batch) -> NDArray[np.float64]:
        """See `EventSignal.score`."""
        return count_where_given(batch, _astray)


def _astray(batch: Batch, words: Words, held: Support) -> NDArray[np.int64]:
    found = held.numbers
    at = found.first
    before, behind = words.raw[words.begin[at] - 1], words.raw[words.end[at]]
    documents = np.diff(document_ends(batch))
    astray = (before == ord("[")) & (behind == ord("]"))
    astray &= (found.value < 1) | (found.value > documents[words.owner[at]])
    author = np.maximum(at - 1, 0)
    named = words.capital[author] & (words.begin[at] == words.end[author] + 2) & (behind == ord(")"))
    named &= (words.raw[words.end[author]] == ord(",")) & (found.digits == 4)
    astray |= named & ~(held.known[author] & held.known[at])
    places: NDArray[np.int64] = at[astray]
    return places
