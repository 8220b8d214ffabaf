"""Which language a text is in: by its script, and among the languages of one script by their commonest words."""

from __future__ import annotations

from typing import Final

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from windvane.stream.batch import Batch
from windvane.stream.detector import EventSignal
from windvane.stream.features.form.language_tables import UNIT, UNSURE, Weights, tables
from windvane.stream.signals import Signal, SignalInfo
from windvane.stream.text.texts import answer_words, query_words
from windvane.stream.text.words import Words

__all__ = ["UNSURE", "Language", "answer_language", "query_language"]

_WINDOW: Final = 24
"""Words looked at, the first of each text: more would tell the same."""
_ENOUGH: Final = 4 * UNIT
_AHEAD: Final = 0.15
_KNOWN: Final = 0.4 * UNIT
"""Of weight per word: below it the language may be one that is not in the table."""


class Language(EventSignal):
    """The language of the answer, ISO 639-1, of some fifty; null where it is too short to tell, or two are as likely.

    >>> from windvane.stream.testing import batch_of
    >>> answers = ["It is raining, and there is more to come.", "Es regnet, und es wird mehr.", "雨が降る。", "OK"]
    >>> Language().score(batch_of({"response": answer} for answer in answers)).to_pylist()
    ['en', 'de', 'ja', None]
    """

    name = Signal.LANGUAGE
    info = SignalInfo(
        unit="label",
        range="ISO 639-1",
        columns=("gen_ai_output_messages",),
        source="scripts and stop words, as Grefenstette, Comparing Two Language Identification Schemes (1995)",
        cost_us=2.0,
        doc="The language of the answer, of some fifty. Absent where it is too short to tell, or two are as likely.",
    )

    def score(self, batch: Batch) -> pa.Array:
        """See `EventSignal.score`."""
        found = batch.derived(answer_language)
        return tables().names.take(pa.array(found, mask=found == UNSURE))


def answer_language(batch: Batch) -> NDArray[np.int64]:
    """Return the number of each answer's language, int64 (n,), `UNSURE` where it is not known."""
    return _languages(batch.derived(answer_words))


def query_language(batch: Batch) -> NDArray[np.int64]:
    """Return that of the queries."""
    return _languages(batch.derived(query_words))


def _languages(words: Words) -> NDArray[np.int64]:
    known = tables()
    count = np.minimum(words.counts, _WINDOW)
    owner = np.repeat(np.arange(words.texts), count)
    heads = words.head[np.arange(len(owner)) + np.repeat(words.first[:-1] - np.cumsum(count) + count, count)]
    kinds = len(known.alone)
    script = known.scripts.take((heads & np.uint64(0xFFFF)).view(np.int64))
    scripts = np.bincount(owner * kinds + script, minlength=words.texts * kinds).reshape(words.texts, kinds)[:, 1:]
    scores = _sums(owner, known.rows(heads), known.weights, words.texts)
    if not words.ascii:
        scores += _sums(*_letters(words), known.letter_weights, words.texts)
    main = scripts.argmax(1) + 1
    most = scripts.max(1, initial=0)
    scores[~known.spoken[main]] = -1
    best = scores.argmax(1)
    every = np.arange(len(best))
    top = scores[every, best]
    scores[every, best] = -1
    told = (top >= _ENOUGH) & (scores.max(1) <= (1 - _AHEAD) * top) & (top >= _KNOWN * most)
    alone = known.alone[main]
    found = np.where(alone >= 0, np.where(most >= known.least[main], alone, UNSURE), np.where(told, best, UNSURE))
    # Japanese is written with Han too, but never without kana for long.
    kana, han = scripts[:, known.kana - 1], scripts[:, known.han - 1]
    found = np.where((kana > 0) & (5 * kana >= han) & (kana + han >= 3), known.alone[known.kana], found)
    return np.where(2 * np.maximum(most, kana + han) > scripts.sum(1), found, UNSURE)


def _sums(owner: NDArray[np.int64], row: NDArray[np.int64], weights: Weights, count: int) -> NDArray[np.float64]:
    """Return per text and language the sum of the weights of the text's rows; row 0 is of what no language has."""
    hit = np.flatnonzero(row)
    row, owner = row[hit], owner[hit]
    first = weights.first[row]
    size = weights.first[row + 1] - first
    at = np.arange(size.sum()) + np.repeat(first - np.cumsum(size) + size, size)
    place = np.repeat(owner * weights.languages, size) + weights.language[at]
    sums = np.bincount(place, weights.weight[at], count * weights.languages)
    return sums.astype(np.float64).reshape(count, weights.languages)


def _letters(words: Words) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the text and the row of each letter of two bytes in the texts' windows."""
    at = np.flatnonzero((words.lower >= 0xC3) & (words.lower < 0xE0))
    owner = np.searchsorted(words.text, at, "right") - 1
    last = np.minimum(words.first[:-1] + _WINDOW, words.first[1:]) - 1
    near = at < words.end[last[owner]]
    at, owner = at[near], owner[near]
    code = (words.lower[at].astype(np.int64) & 0x1F) << 6 | words.lower[at + 1] & 0x3F
    return owner, tables().letters.take(code)
