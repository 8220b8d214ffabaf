"""Whether an answer was cut off."""

from __future__ import annotations

from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from windvane.stream.batch import Batch
from windvane.stream.detector import EventSignal
from windvane.stream.features.form.fences import answer_fences
from windvane.stream.signals import Signal, SignalInfo
from windvane.stream.text.texts import answer_words
from windvane.stream.text.words import GAP, Words

__all__ = ["Truncated"]

_CUT: Final = pa.array(["length", "max_tokens", "max_output_tokens", "model_length", "model_context_window_exceeded"])
_OPEN: Final = np.zeros(256, bool)
_OPEN[[ord(sign) for sign in ",(:-"]] = True
_STOPS: Final = np.zeros(256, bool)
_STOPS[[ord(sign) for sign in ".!?"]] = True
_FEED, _SPACE, _QUOTE, _CLOSE = (ord(sign) for sign in '\n ")')


class Truncated(EventSignal):
    """1 where the model stopped for lack of room, by its finish reason; where none is given, by how the answer ends.

    Without a reason: 1 where a code fence stays open, or where an answer of sentences stops in the middle of one.

    >>> from windvane.stream.testing import batch_of
    >>> cut = {"response": "It rains. And then the wind that", "finish_reasons": ["length"]}
    >>> events = [cut, {**cut, "finish_reasons": ["stop"]}, {"response": cut["response"]}, {"response": "Paris"}, {}]
    >>> Truncated().score(batch_of(events)).tolist()
    [1.0, 0.0, 1.0, 0.0, nan]
    """

    name = Signal.TRUNCATED
    info = SignalInfo(
        unit="yes or no",
        range="0 or 1",
        columns=("gen_ai_output_messages", "gen_ai_response_finish_reasons"),
        source="definition",
        cost_us=1.2,
        doc="1 where the model stopped for lack of room, by its finish reason; where none is given, 1 where a code "
        "fence stays open or an answer of sentences stops in the middle of one.",
    )

    def score(self, batch: Batch) -> NDArray[np.float64]:
        """See `EventSignal.score`."""
        words = batch.derived(answer_words)
        reasons = batch.arrow("gen_ai_response_finish_reasons")
        ends = reasons.offsets.to_numpy()
        said = ends[1:] > ends[:-1]
        cut = np.zeros(len(batch), bool)
        if said.any():
            places = pc.is_in(pc.utf8_lower(reasons.flatten()), _CUT).to_numpy(zero_copy_only=False)
            cut[np.repeat(np.arange(len(batch)), np.diff(ends))[places]] = True
        if said.all():
            return cut.astype(np.float64)
        fences = batch.derived(answer_fences)
        by_end = (fences % 2 == 1) | _stops_in_a_sentence(words)
        return np.where(said, cut, np.where(words.counts > 0, by_end, np.nan))


def _stops_in_a_sentence(words: Words) -> NDArray[np.bool_]:
    """Return whether each text is one of sentences, with an end to at least every other line, and its last has none."""
    signs = words.raw[words.marks]
    after = words.raw[words.marks + 1]
    stop = _STOPS.take(signs) & ((after <= _SPACE) | (after == _QUOTE) | (after == _CLOSE))
    line = (signs == _FEED) & (words.raw[words.marks - 1] != _FEED)
    stops = _per_text(words, words.marks[stop]) + _per_text(words, words.stops)
    written = words.marks[signs != _FEED]
    # The last sign behind the last word; one that is not ASCII, or an emoji, ends as well.
    end = words.end[np.maximum(words.first[1:] - 1, 0)] if len(words.end) else words.text[:-1]
    before, behind = np.searchsorted(written, end), np.searchsorted(written, words.text[1:] - GAP)
    sign = np.append(words.raw[written], 0)[np.where(behind > before, behind - 1, -1)]
    beyond = np.maximum(words.raw[end], words.raw[end + 1]) >= 0x80
    open_ = ((sign == 0) & ~beyond) | _OPEN.take(sign)
    return np.asarray(open_ & (stops > 0) & (2 * stops >= _per_text(words, words.marks[line])))


def _per_text(words: Words, places: NDArray[np.int64]) -> NDArray[np.int64]:
    return np.diff(np.searchsorted(places, words.text))
