"""How many of the retrieved documents say again what another says."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from windvane.stream.batch import Batch
from windvane.stream.detector import EventSignal
from windvane.stream.signals import Signal, SignalInfo
from windvane.stream.text.recurring import recurring
from windvane.stream.text.stems import stems
from windvane.stream.text.texts import document_ends, document_words
from windvane.stream.text.word_table import MIX

__all__ = ["DuplicateDocuments"]

_SAME: Final = 0.8
"""Of a document's runs of three words, this share is in one document before it."""
_SAMPLED: Final = 32
"""Runs of an event that are looked at, at least: of more, those whose first word has a small hash."""


class DuplicateDocuments(EventSignal):
    """Documents of the event that are nearly the same as one before them, or a part of it.

    >>> from windvane.stream.testing import batch_of
    >>> museum = "The museum opened in 1912. It holds 4,300 paintings, most of them Dutch."
    >>> contexts = [[museum, "It is closed on Mondays.", museum.upper() + "!"], [museum], []]
    >>> DuplicateDocuments().score(batch_of({"context": context} for context in contexts)).tolist()
    [1.0, 0.0, nan]
    """

    name = Signal.DUPLICATE_DOCUMENTS
    info = SignalInfo(
        unit="documents",
        range="0 and above",
        columns=("gen_ai_retrieval_documents",),
        source="shingles, sampled by hash: Broder, On the Resemblance and Containment of Documents (1997)",
        cost_us=2.5,
        doc="Documents of the event of which four fifths of the runs of three words are in one document before them.",
    )

    def score(self, batch: Batch) -> NDArray[np.float64]:
        """See `EventSignal.score`."""
        ends = document_ends(batch)
        documents = np.diff(ends)
        if documents.max(initial=0) < 2:
            return np.where(documents > 0, 0.0, np.nan)
        event = np.repeat(np.arange(len(batch)), documents)
        key, owner = _sample(batch, event)
        twice = (
            np.bincount(event[_again(key, owner, event)], minlength=len(batch)) if len(key) else np.zeros(len(batch))
        )
        return np.where(documents > 0, twice.astype(np.float64), np.nan)


def _sample(batch: Batch, event: NDArray[np.int64]) -> tuple[NDArray[np.uint64], NDArray[np.int64]]:
    """Return keys of runs of three words, the events' own, and the document of each."""
    words = batch.derived(document_words)
    stem = words.derived(stems)
    size = np.bincount(event, words.counts, len(batch)).astype(np.int64)
    halvings = np.frexp(np.maximum(size // _SAMPLED, 1))[1] - 1
    limit = np.uint64(2**64 - 1) >> halvings.astype(np.uint64)
    looked = stem <= np.repeat(limit[event], words.counts)
    looked[words.first[:-1][words.counts > 0]] = True
    at = np.flatnonzero(looked)
    owner = words.owner[at]
    key = words.head[at] ^ event[owner].view(np.uint64)
    for ahead in (1, 2):
        # What is behind a document's last word is nothing: short documents have a run too.
        behind = at + ahead
        inside = behind < words.first[owner + 1]
        key = (key * MIX[ahead]) ^ np.where(inside, words.head[np.where(inside, behind, 0)], 0)
    return key * MIX[0], owner


def _again(key: NDArray[np.uint64], owner: NDArray[np.int64], event: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the documents that are nearly in one before them; each key is met with the first document that has it."""
    at = recurring(key)
    if not len(at):
        return at
    order = at[np.argsort(key[at], kind="stable")]
    new = np.concatenate([[True], key[order[1:]] != key[order[:-1]]])
    first = owner[order[np.maximum.accumulate(np.where(new, np.arange(len(order)), 0))]]
    met = first != owner[order]
    pair, count = np.unique(owner[order[met]] * len(event) + first[met], return_counts=True)
    total = np.bincount(owner, minlength=len(event))
    return np.unique((pair // len(event))[count >= _SAME * total[pair // len(event)]])
