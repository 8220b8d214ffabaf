"""Whether an answer is there that says nothing."""

from __future__ import annotations

import numpy as np
import pyarrow.compute as pc
from numpy.typing import NDArray

from windvane.stream.batch import Batch
from windvane.stream.detector import EventSignal
from windvane.stream.signals import Signal, SignalInfo
from windvane.stream.text.texts import answer_words

__all__ = ["EmptyAnswer"]


class EmptyAnswer(EventSignal):
    """1 where an answer is there but has no word, 0 where it has one. An answer that calls a tool may be without.

    >>> from windvane.stream.testing import batch_of
    >>> tool = [{"role": "assistant", "tool_calls": [{"function": {"name": "clock"}}]}]
    >>> EmptyAnswer().score(batch_of({"response": answer} for answer in ["42", " \\n", "...", tool, None])).tolist()
    [0.0, 1.0, 1.0, nan, nan]
    """

    name = Signal.EMPTY
    info = SignalInfo(
        unit="yes or no",
        range="0 or 1",
        columns=("gen_ai_output_messages",),
        source="definition",
        cost_us=0.2,
        doc="1 where an answer is there but has no word, 0 where it has one. Absent where a tool is called instead.",
    )

    def score(self, batch: Batch) -> NDArray[np.float64]:
        """See `EventSignal.score`."""
        cells = batch.arrow("gen_ai_output_messages")
        empty: NDArray[np.float64] = (batch.derived(answer_words).counts == 0).astype(np.float64)
        empty[cells.is_null().to_numpy(zero_copy_only=False)] = np.nan
        blank = np.flatnonzero(empty == 1)
        if len(blank):
            calls = pc.match_substring_regex(cells.take(blank), '"(tool_call|tool_use|function_call)')
            empty[blank[calls.to_numpy(zero_copy_only=False)]] = np.nan
        return empty
