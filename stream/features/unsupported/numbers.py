"""Numbers and dates of an answer that no document has."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import numpy as np
from numpy.typing import NDArray

from windvane.stream.batch import Batch
from windvane.stream.detector import EventSignal
from windvane.stream.features.support.support import Support, nothing_given, support
from windvane.stream.signals import Signal, SignalInfo
from windvane.stream.text.texts import answer_words
from windvane.stream.text.word_table import WordTable
from windvane.stream.text.words import Words

__all__ = ["UnsupportedDates", "UnsupportedNumbers", "count_where_given"]

_READS: Final = ("gen_ai_output_messages", "gen_ai_retrieval_documents", "gen_ai_input_messages")
_MONTH_NAMES: Final = """
january february march april june july august september october november december jan feb mar apr jun jul aug sept oct
nov dec januar februar märz mai juni juli oktober dezember janvier février mars avril juin juillet août septembre
octobre novembre décembre enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre
gennaio febbraio aprile maggio giugno luglio settembre ottobre dicembre
"""
_MONTHS: Final = WordTable({**dict.fromkeys(_MONTH_NAMES.split(), 1), "may": 2})
"""A month, or 2: one only with a capital."""
_DAYS: Final = 31
_YEARS: Final = (1000, 2199)
_SLASH, _HYPHEN = ord("/"), ord("-")


def count_where_given(batch: Batch, find: Callable[[Batch, Words, Support], NDArray[np.int64]]) -> NDArray[np.float64]:
    """Return how many of the words that are found each answer has, float64 (n,).

    NaN where there is no answer or no document; where no event has one, nothing is looked for.
    """
    if nothing_given(batch):
        return np.full(len(batch), np.nan)
    words, held = batch.derived(answer_words), batch.derived(support)
    of_words = find(batch, words, held)
    counted = np.bincount(words.owner[of_words], minlength=words.texts).astype(np.float64)
    counted[~held.given | (words.counts == 0)] = np.nan
    return counted


def _dated(batch: Batch) -> NDArray[np.bool_]:
    """Return which numbers of the answers are of a date, bool (k,)."""
    words, found = batch.derived(answer_words), batch.derived(support).numbers
    at, last = found.first, found.last
    dated: NDArray[np.bool_] = np.zeros(len(at), bool)
    for beside in (np.maximum(at - 1, 0), np.minimum(last + 1, len(words.begin) - 1)):
        name = _MONTHS.look_up(words, beside)
        dated |= (name == 1) | ((name == 2) & words.capital[beside])
    dated &= found.value <= _DAYS
    four = (last == at) & (found.digits == 4) & (words.length[at] == 4)
    dated |= four & (found.value >= _YEARS[0]) & (found.value <= _YEARS[1])
    # 3/5/1805, 1805-05-03: three numbers in a row, joined by such a sign.
    behind = words.raw[words.end[last]]
    joined = (behind[:-1] == _SLASH) | (behind[:-1] == _HYPHEN)
    joined &= words.begin[at[1:]] == words.end[last[:-1]] + 1
    triple = joined[1:] & joined[:-1]
    for shift in range(3):
        dated[shift : len(triple) + shift] |= triple
    return dated


class UnsupportedNumbers(EventSignal):
    """How many numbers of the answer no document has, nor the question; dates apart.

    >>> from windvane.stream.testing import batch_of
    >>> told = {"context": ["It has 4,300 paintings in twelve rooms."]}
    >>> answers = ["It has 4300 paintings in 12 rooms.", "It has 4,500 paintings in 15 rooms."]
    >>> events = [{**told, "response": answer} for answer in answers] + [{"response": "It has 9."}]
    >>> UnsupportedNumbers().score(batch_of(events)).tolist()
    [0.0, 2.0, nan]
    """

    name = Signal.UNSUPPORTED_NUMBERS
    info = SignalInfo(
        unit="numbers",
        range="0 or more",
        columns=_READS,
        source="definition; numbers are compared by value, Nan et al. (2021), Entity-level factual consistency",
        cost_us=4.0,
        doc="Numbers of the answer that are in no document and not in the question; those of dates are counted apart.",
    )

    def score(self, batch: Batch) -> NDArray[np.float64]:
        """See `EventSignal.score`."""
        return count_where_given(batch, lambda _, __, held: held.numbers.first[held.missing & ~batch.derived(_dated)])


class UnsupportedDates(EventSignal):
    """How many years and parts of dates of the answer no document has.

    >>> from windvane.stream.testing import batch_of
    >>> told = {"context": ["It opened on 3 May 1912."]}
    >>> answers = ["It opened in 1912.", "It opened on 5 May 1921.", "2019-04-07"]
    >>> events = [{**told, "response": answer} for answer in answers] + [{"response": "In 1912."}]
    >>> UnsupportedDates().score(batch_of(events)).tolist()
    [0.0, 2.0, 3.0, nan]
    """

    name = Signal.UNSUPPORTED_DATES
    info = SignalInfo(
        unit="parts of dates",
        range="0 or more",
        columns=_READS,
        source="definition",
        cost_us=0.5,
        doc="Years, days beside a month and numbers of a date that are in no document and not in the question.",
    )

    def score(self, batch: Batch) -> NDArray[np.float64]:
        """See `EventSignal.score`."""
        return count_where_given(batch, lambda _, __, held: held.numbers.first[held.missing & batch.derived(_dated)])
