"""Which of the documents' words an answer took up, for the signals of retrieval."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from string import ascii_lowercase
from typing import Final

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from windvane.stream.batch import Batch
from windvane.stream.features.support.support import per_event
from windvane.stream.text.stems import content, stems
from windvane.stream.text.stop_words import STOP_WORDS
from windvane.stream.text.texts import answer_words, document_words, query_words
from windvane.stream.text.words import words_of

__all__ = ["Overlap", "overlap"]

_PASTED: Final = 0.8
"""Of the documents' content words: a question that has more of them holds the documents themselves."""
_FEW: Final = 10
"""Content words: documents of fewer may well say nothing but what the question says."""
_SLOTS: Final = 24
"""Places per stem: of stems that are not there, some 3 % share the place of one that is."""
_ASKED: Final = np.uint8(1)
_SAID: Final = np.uint8(2)
_STOPS: Final = np.uint64(64 - 16)


@dataclass(frozen=True)
class Overlap:
    """What is known of the m words of all documents of n events.

    `offered` int32 (m + 1,): how many of the words before each place are content words that the question does not have.
    `taken` int32 (m + 1,): how many of those the answer has. `asked` int64: the content words that the question does
    have, in order. `answered` bool (n,): there are documents and an answer. `pasted` bool (n,): the question holds the
    documents themselves; all their content words count as offered then, none as asked.
    """

    offered: NDArray[np.int32]
    taken: NDArray[np.int32]
    asked: NDArray[np.int64]
    answered: NDArray[np.bool_]
    pasted: NDArray[np.bool_]


def overlap(batch: Batch) -> Overlap:
    """Return what the answers took up; asked through `Batch.derived`."""
    counts, keys = batch.derived(per_event), batch.derived(document_words).derived(stems)
    if not counts.any():
        no, nothing = np.zeros(len(batch), bool), np.zeros(1, np.int32)
        return Overlap(nothing, nothing, np.zeros(0, np.int64), no, no)
    answers, queries = batch.derived(answer_words), batch.derived(query_words)
    # Per event one table of the stems of its question and of its answer: what is in both is marked with both.
    bits = np.frexp(np.maximum(answers.counts + queries.counts, 8) * float(_SLOTS))[1].astype(np.int64)
    size = np.left_shift(1, bits)
    base, shift = np.cumsum(size) - size, (64 - bits).astype(np.uint64)
    table = np.zeros(size.sum(), np.uint8)
    table[_slots(queries.derived(stems), queries.counts, base, shift)] = _ASKED
    at = np.flatnonzero(answers.derived(content))
    table[_slots(answers.derived(stems), answers.counts, base, shift)[at]] |= _SAID
    marks = table.take(_slots(keys, counts, base, shift))
    carries = _content_stems().take((keys >> _STOPS).view(np.int64))
    marks *= carries
    asked = np.flatnonzero((marks & _ASKED).view(np.bool_))
    ends = np.concatenate([[0], np.cumsum(counts)])
    offered = np.diff(_before(carries)[ends])
    pasted = (
        (np.diff(np.searchsorted(asked, ends)) > _PASTED * offered) & (queries.counts >= counts) & (offered >= _FEW)
    )
    asked = asked[~pasted[np.searchsorted(ends, asked, "right") - 1]]
    carries[asked] = False
    taken = carries & (marks >= _SAID)
    return Overlap(_before(carries), _before(taken), asked, (counts > 0) & (answers.counts > 0), pasted)


def _slots(
    keys: NDArray[np.uint64], counts: NDArray[np.int64], base: NDArray[np.int64], shift: NDArray[np.uint64]
) -> NDArray[np.int64]:
    places = (keys >> np.repeat(shift, counts)).view(np.int64)
    places += np.repeat(base, counts)
    return places


def _before(which: NDArray[np.bool_]) -> NDArray[np.int32]:
    sums = np.zeros(len(which) + 1, np.int32)
    np.cumsum(which, out=sums[1:])
    return sums


@cache
def _content_stems() -> NDArray[np.bool_]:
    """Return by the first bits of a stem whether it carries content: a table that stays in the cache.

    Of the content words a few in a thousand are taken for stop words or single letters, whose bits they share.
    """
    table = np.ones(1 << 16, bool)
    table[stems(words_of(pa.array([" ".join((*STOP_WORDS, *ascii_lowercase))]))) >> _STOPS] = False
    return table
