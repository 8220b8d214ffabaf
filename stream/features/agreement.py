"""Whether one prompt gets one answer."""

from __future__ import annotations

from typing import Any, ClassVar, Final

import numpy as np
from numpy.typing import NDArray

from windvane.stream.batch import Batch
from windvane.stream.compiled import compiled
from windvane.stream.detector import LearnedSignal
from windvane.stream.features.keys import list_hashes
from windvane.stream.signals import Signal, SignalInfo
from windvane.stream.state import ArrayState
from windvane.stream.text.hashes import column_hashes, mixed, text_hashes
from windvane.stream.text.texts import answer_words

__all__ = ["AnswerAgreement"]

_BINS: Final = 64
_WAYS: Final = 8
_PROMPTS: Final = 2048 * _WAYS
_SHORT: Final = 3
"""Words: so short an answer is the same or another."""
_MEMORY: Final = 8
"""Answers that one is compared with, about: of older ones little is left."""
_KEPT_S: Final = 24 * 3600
"""By so much longer is kept what was asked again: prompts that come once do not drive out those that come back."""
_FIRST: Final = np.uint64(0xBF58476D1CE4E5B9)
_SECOND: Final = np.uint64(0x94D049BB133111EB)


class AnswerAgreement(ArrayState, LearnedSignal):
    """How much an answer agrees with the earlier ones to the very same prompt: 1 as they were, 0 with nothing shared.

    The share of pairs of neighbouring words that two answers have in common (Jaccard), on average over about the last
    eight; answers of up to three words are the same or not. It is estimated from 64 bins of one permutation of the
    pairs (Li, Owen, Zhang 2012), off by about 0.06; each bin keeps that of one of the earlier answers, drawn evenly.
    The same prompt has the same service, model, system prompt, messages and documents. 16,384 prompts are remembered.
    Answers of different models are compared by the view `consistency`.

    >>> from windvane.stream.testing import batch_of
    >>> said = ["It opens at nine on Mondays", "It opens at nine on Mondays.", "We are closed all week long", None]
    >>> events = [{"prompt": "When?", "response": one} for one in said]
    >>> AnswerAgreement().score(batch_of(events), np.zeros(4, int), 1).round(1).tolist()
    [nan, 1.0, 0.0, nan]
    """

    name = Signal.ANSWER_AGREEMENT
    info = SignalInfo(
        unit="share",
        range="0 to 1",
        columns=(
            "time",
            "service_name",
            "gen_ai_request_model",
            "gen_ai_system_instructions",
            "gen_ai_input_messages",
            "gen_ai_retrieval_documents",
            "gen_ai_output_messages",
        ),  # fmt: skip
        source="Li, Owen, Zhang 2012, one permutation hashing",
        cost_us=2.6,
        doc="How much an answer agrees with the last ones to the very same prompt, documents included: the share of"
        " pairs of words that they have in common; of up to three words, whether they are the same. Nothing where the"
        " prompt is new. Answers of different models are compared by the view `consistency`.",
    )
    dtype: ClassVar = np.dtype([("key", "u8"), ("last", "u4"), ("seen", "u4"), ("bins", "u1", (_BINS,))])
    page_size: ClassVar = 1024

    def score(self, batch: Batch, series: NDArray[np.int64], count: int) -> NDArray[np.float64]:
        """See `LearnedSignal.score`."""
        said = np.full(len(batch), np.nan)
        words = batch.derived(answer_words)
        asked = batch.arrow("gen_ai_input_messages").is_valid().to_numpy(zero_copy_only=False)
        rows = np.flatnonzero(asked & (words.counts > 0))
        if len(rows):
            self._grow(_PROMPTS)
            keys, seconds = _prompts(batch), batch.times_us() // 1_000_000
            _compare(
                self.state[:_PROMPTS], self._dirty, self.page_size, rows, keys, seconds, words.head, words.first, said
            )
        return said


def _prompts(batch: Batch) -> NDArray[np.uint64]:
    """Return a hash of each prompt, uint64 (n,), never 0."""
    home = mixed(column_hashes(batch, "service_name")) ^ column_hashes(batch, "gen_ai_request_model")
    found = mixed(home ^ text_hashes(batch.arrow("gen_ai_system_instructions")))
    found = mixed(found ^ text_hashes(batch.arrow("gen_ai_input_messages")))
    return mixed(found ^ list_hashes(batch, "gen_ai_retrieval_documents")) | np.uint64(1)


@compiled
def _compare(
    table: Any, dirty: NDArray[np.bool_], page: int, rows: NDArray[np.int64], keys: NDArray[np.uint64],
    seconds: NDArray[np.int64], head: NDArray[np.uint64], first: NDArray[np.int64], said: NDArray[np.float64],
) -> None:  # fmt: skip
    least, bins = np.empty(_BINS, np.uint32), np.empty(_BINS, np.uint8)
    for row in rows:
        _sketch(head[first[row] : first[row + 1]], least, bins)
        place = _place(table, keys[row])
        held = table[place]
        if held.key != keys[row]:
            held.key = keys[row]
            held.last = held.seen = 0
        else:
            same = some = 0
            for number in range(_BINS):
                some += (held.bins[number] | bins[number]) != 0
                same += bins[number] != 0 and held.bins[number] == bins[number]
            said[row] = same / some
        # Each bin is taken by chance, so that the bins are an even draw from the answers so far.
        of = np.uint64(min(held.seen + 1, _MEMORY))
        chance = keys[row] + np.uint64(held.seen) * _SECOND
        for number in range(_BINS):
            chance = _mix(chance)
            if (chance >> np.uint64(32)) % of == 0:
                held.bins[number] = bins[number]
        held.seen = min(held.seen + 1, 4294967295)
        held.last = max(int(held.last), seconds[row])
        dirty[place // page] = True


@compiled
def _place(table: Any, key: np.uint64) -> int:
    """Return where a prompt is, or where it may be put."""
    begin = int(key % np.uint64(len(table) // _WAYS)) * _WAYS
    found, oldest = begin, 1 << 62
    for place in range(begin, begin + _WAYS):
        if table[place].key == key:
            return place
        kept = int(table[place].last) + (_KEPT_S if table[place].seen > 1 else 0)
        if kept < oldest:
            found, oldest = place, kept
    return found


@compiled
def _sketch(head: NDArray[np.uint64], least: NDArray[np.uint32], bins: NDArray[np.uint8]) -> None:
    """Write into `bins` what there is of the pairs of words in each: 1 to 255, or 0 where none fell into it."""
    if len(head) <= _SHORT:
        whole = np.uint64(len(head))
        for word in head:
            whole = _mix(whole ^ word)
        for number in range(_BINS):
            whole = _mix(whole)
            bins[number] = 1 + (whole >> np.uint64(32)) % np.uint64(255)
        return
    least[:] = 4294967295
    bins[:] = 0
    before = _mix(head[0])
    for word in head[1:]:
        own = _mix(word)
        pair = _mix(before + (own << np.uint64(1)))
        number, value = int(pair >> np.uint64(58)), np.uint32(pair & np.uint64(0xFFFFFFFF))
        if bins[number] == 0 or value < least[number]:
            least[number] = value
            bins[number] = 1 + value % np.uint32(255)
        before = own


@compiled
def _mix(word: np.uint64) -> np.uint64:
    spread = (word ^ (word >> np.uint64(32))) * _FIRST
    spread = (spread ^ (spread >> np.uint64(29))) * _SECOND
    return spread ^ (spread >> np.uint64(32))
