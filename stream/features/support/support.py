"""Which words of an answer are in what the call was given: its documents, its question."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from windvane.stream.batch import Batch
from windvane.stream.compiled import compiled
from windvane.stream.features.support.given_numbers import missing
from windvane.stream.features.support.numbers import Numbers, numbers
from windvane.stream.text.presence import Presence
from windvane.stream.text.sentences import sentence_starts
from windvane.stream.text.stems import stems
from windvane.stream.text.texts import answer_words, document_ends, document_words, query_words
from windvane.stream.text.word_table import MIX
from windvane.stream.text.words import Words

__all__ = ["Support", "nothing_given", "per_event", "support", "support_of"]

_NEXT, _NEXT_BUT_ONE = MIX[1], MIX[2]


@dataclass(frozen=True)
class Support:
    """What is known of the m words and k numbers of n answers.

    `in_source` bool (m,): the word's stem is in the documents, or the number that it is a part of has been given, by
    value. `known` bool (m,): that, or in the question. `run` bool (m,): the three stems that end with this word follow
    each other in a document. `numbers`, and `missing` bool (k,): which of them nothing given has. `source_counts` int64
    (n,): how many words the documents have.
    """

    in_source: NDArray[np.bool_]
    known: NDArray[np.bool_]
    run: NDArray[np.bool_]
    numbers: Numbers
    missing: NDArray[np.bool_]
    source_counts: NDArray[np.int64]

    @property
    def given(self) -> NDArray[np.bool_]:
        """Whether there is anything to be supported by, bool (n,)."""
        return self.source_counts > 0


def support(batch: Batch) -> Support:
    """Return what the documents and the question know of the answers; asked through `Batch.derived`."""
    return support_of(batch, batch.derived(document_words), batch.derived(per_event), batch.derived(query_words))


def support_of(batch: Batch, sources: Words, source_counts: NDArray[np.int64], queries: Words) -> Support:
    """Return what sources and queries know of the answers; each event's sources have `source_counts` (n,) words."""
    answers = batch.derived(answer_words)
    keys, source_keys = answers.derived(stems), sources.derived(stems)
    there = Presence(source_counts + queries.counts)
    there.add(source_keys, source_counts, np.ones(len(source_keys), np.bool_))
    in_source = there.has(keys, answers.counts)
    there.add(queries.derived(stems), queries.counts, np.ones(len(queries.begin), np.bool_))
    known = there.has(keys, answers.counts)
    runs = Presence(source_counts + queries.counts)
    source_runs, ends = _runs_of_three(sources)
    runs.add(source_runs, source_counts, ends)
    answer_runs, ends = _runs_of_three(answers)
    run = runs.has(answer_runs, answers.counts) & ends
    found, starts = numbers(answers), answers.derived(sentence_starts)
    owners = np.repeat(np.arange(answers.texts), source_counts)
    lacking = missing(answers, starts, found, ((sources, owners), (queries, queries.owner)))
    for words in (found.first[~lacking], found.last[~lacking]):
        in_source[words] = known[words] = True
    return Support(in_source, known, run, found, lacking, source_counts)


def nothing_given(batch: Batch) -> bool:
    """Return whether no event has a document with a word in it: then there is nothing to look at."""
    return not batch.derived(per_event).any()


def per_event(batch: Batch) -> NDArray[np.int64]:
    """Return how many words the documents of each event have, int64 (n,)."""
    counts: NDArray[np.int64] = np.diff(batch.derived(document_words).first[document_ends(batch)])
    return counts


def _runs_of_three(words: Words) -> tuple[NDArray[np.uint64], NDArray[np.bool_]]:
    """Return a key of each word with the two before it, and whether its text has these, uint64 and bool (m,)."""
    keys = words.derived(stems)
    runs, ends = np.empty(len(keys), np.uint64), np.empty(len(keys), np.bool_)
    _run(keys, words.first, runs, ends)
    return runs, ends


@compiled
def _run(keys: NDArray[np.uint64], first: NDArray[np.int64], runs: NDArray[np.uint64],
         ends: NDArray[np.bool_]) -> None:  # fmt: skip
    for text in range(len(first) - 1):
        one = two = np.uint64(0)
        for at in range(first[text], first[text + 1]):
            runs[at] = keys[at] + one * _NEXT + two * _NEXT_BUT_ONE
            ends[at] = at - first[text] >= 2
            one, two = keys[at], one
