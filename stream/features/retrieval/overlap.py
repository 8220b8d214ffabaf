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
from windvane.stream.compiled import compiled
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
    offered, taken = np.zeros(len(keys) + 1, np.int32), np.zeros(len(keys) + 1, np.int32)
    asked, pasted = np.empty(len(keys), np.int64), np.zeros(len(batch), np.bool_)
    # Of an event, one table of the stems of its question and of its answer: what is in both is marked with both.
    bits = np.frexp(np.maximum(answers.counts + queries.counts, 8) * float(_SLOTS))[1].astype(np.int64)
    table = np.empty(1 << int(bits.max()), np.uint8)
    known = _look(
        bits, queries.derived(stems), queries.counts, answers.derived(stems), answers.counts, answers.derived(content),
        keys, counts, _content_stems(), table, offered, taken, asked, pasted,
    )  # fmt: skip
    return Overlap(offered, taken, asked[:known].copy(), (counts > 0) & (answers.counts > 0), pasted)


@compiled
def _look(
    bits: NDArray[np.int64], query: NDArray[np.uint64], query_counts: NDArray[np.int64], answer: NDArray[np.uint64],
    answer_counts: NDArray[np.int64], says: NDArray[np.bool_], keys: NDArray[np.uint64], counts: NDArray[np.int64],
    content_stems: NDArray[np.bool_], table: NDArray[np.uint8], offered: NDArray[np.int32], taken: NDArray[np.int32],
    asked: NDArray[np.int64], pasted: NDArray[np.bool_],
) -> int:  # fmt: skip
    """Write what `Overlap` holds, event by event, and return how many words are asked: its table stays in the cache."""
    queries = answers = first = known = 0
    for event in range(len(counts)):
        shift, last = np.uint64(64 - bits[event]), first + counts[event]
        if last > first:
            table[: 1 << bits[event]] = 0
            for at in range(queries, queries + query_counts[event]):
                table[np.int64(query[at] >> shift)] = _ASKED
            for at in range(answers, answers + answer_counts[event]):
                if says[at]:
                    table[np.int64(answer[at] >> shift)] |= _SAID
        queries, answers = queries + query_counts[event], answers + answer_counts[event]
        whole = own = 0
        for at in range(first, last):
            if content_stems[np.int64(keys[at] >> _STOPS)]:
                whole += 1
                own += table[np.int64(keys[at] >> shift)] & _ASKED
        copied = own > _PASTED * whole and query_counts[event] >= counts[event] and whole >= _FEW
        pasted[event] = copied
        for at in range(first, last):
            offered[at + 1], taken[at + 1] = offered[at], taken[at]
            if content_stems[np.int64(keys[at] >> _STOPS)]:
                mark = table[np.int64(keys[at] >> shift)]
                if mark & _ASKED and not copied:
                    asked[known] = at
                    known += 1
                else:
                    offered[at + 1] += 1
                    taken[at + 1] += mark >= _SAID
        first = last
    return known


@cache
def _content_stems() -> NDArray[np.bool_]:
    """Return by the first bits of a stem whether it carries content: a table that stays in the cache.

    Of the content words a few in a thousand are taken for stop words or single letters, whose bits they share.
    """
    table = np.ones(1 << 16, bool)
    table[stems(words_of(pa.array([" ".join((*STOP_WORDS, *ascii_lowercase))]))) >> _STOPS] = False
    return table
