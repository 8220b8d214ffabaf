"""Names in an answer that no document has."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from windvane.stream.batch import Batch
from windvane.stream.detector import EventSignal
from windvane.stream.features.support.support import Support
from windvane.stream.features.unsupported.numbers import count_where_given
from windvane.stream.signals import Signal, SignalInfo
from windvane.stream.text.sentences import sentence_starts
from windvane.stream.text.stems import content
from windvane.stream.text.words import Words

__all__ = ["UnsupportedNames"]

_OPENS: Final = np.zeros(256, bool)
_OPENS[[*b':"(*-#[>|\n']] = True
_MOST_CAPITALS: Final = 0.8


class UnsupportedNames(EventSignal):
    """How many names of the answer no document has, nor the question: words with a capital inside a sentence.

    Not those of headings, where most words have one. In languages that capitalise nouns, such as German, a noun is a
    name; those without capitals have none.

    >>> from windvane.stream.testing import batch_of
    >>> told = {"context": ["The museum was opened by Queen Wilhelmina."], "prompt": "Who opened it?"}
    >>> answers = ["It was Queen Wilhelmina.", "It was opened by Napoleon Bonaparte, then Emperor."]
    >>> events = [{**told, "response": answer} for answer in answers] + [{"response": "Napoleon"}]
    >>> UnsupportedNames().score(batch_of(events)).tolist()
    [0.0, 2.0, nan]
    """

    name = Signal.UNSUPPORTED_NAMES
    info = SignalInfo(
        unit="names",
        range="0 or more",
        columns=("gen_ai_output_messages", "gen_ai_retrieval_documents", "gen_ai_input_messages"),
        source="after Nan et al. (2021), Entity-level factual consistency of abstractive text summarization",
        cost_us=2.0,
        doc="Names of the answer, words in a row counted once, that are in no document and not in the question.",
    )

    def score(self, batch: Batch) -> NDArray[np.float64]:
        """See `EventSignal.score`."""
        return count_where_given(batch, _missing)


def _missing(_: Batch, words: Words, held: Support) -> NDArray[np.int64]:
    carries, starts = words.derived(content), words.derived(sentence_starts)
    upper = words.capital & carries
    before = words.raw[words.begin - 1]
    before = np.where(before == ord(" "), words.raw[words.begin - 2], before)
    missing = upper & ~held.known & ~starts & ~_OPENS.take(before) & ~_heading(starts, upper, carries)
    missing[1:] &= ~(missing[:-1] & (words.begin[1:] == words.end[:-1] + 1))
    return np.flatnonzero(missing)


def _heading(starts: NDArray[np.bool_], upper: NDArray[np.bool_], carries: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Return whether a word stands in a heading, bool (m,): capitals all over say of no word that it is a name."""
    sentence = np.cumsum(starts) - 1
    words, capitals = np.bincount(sentence, carries), np.bincount(sentence, upper)
    heading: NDArray[np.bool_] = (words > 2) & (capitals > _MOST_CAPITALS * words)
    found: NDArray[np.bool_] = heading[sentence]
    return found
