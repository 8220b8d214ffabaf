"""How many tools an answer asks for."""

from __future__ import annotations

from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from windvane.stream.batch import Batch
from windvane.stream.detector import EventSignal
from windvane.stream.features.agents.asked import asked
from windvane.stream.features.keys import among
from windvane.stream.signals import Signal, SignalInfo

__all__ = ["ToolCalls"]

_NO_CHAT: Final = pa.array(["embeddings", "retrieval", "execute_tool", "feedback"])
_CALLS: Final = pa.array(["tool_calls", "tool_call", "tool_use", "function_call"])


class ToolCalls(EventSignal):
    """The tool calls that an answer asks for: at least one where its finish reason says so, whatever text was kept.

    >>> from windvane.stream.testing import batch_of
    >>> call = {"type": "function", "function": {"name": "weather", "arguments": '{"city": "Ulm"}'}}
    >>> answers = [[{"role": "assistant", "tool_calls": [call, call]}], "Sunny.", None]
    >>> events = [*({"response": answer} for answer in answers), {"finish_reasons": ["tool_calls"]}]
    >>> ToolCalls().score(batch_of(events)).tolist()
    [2.0, 0.0, nan, 1.0]
    """

    name = Signal.TOOL_CALLS
    info = SignalInfo(
        unit="calls",
        range="from 0",
        columns=("gen_ai_output_messages", "gen_ai_response_finish_reasons", "gen_ai_operation_name"),
        source="the messages of OpenAI, Anthropic, Google and OpenTelemetry",
        cost_us=1.6,
        doc="The tool calls that an answer asks for: at least one where its finish reason says so.",
    )

    def score(self, batch: Batch) -> NDArray[np.float64]:
        """See `EventSignal.score`."""
        count = batch.derived(asked).count.astype(np.float64)
        reasons = batch.arrow("gen_ai_response_finish_reasons")
        ends = reasons.offsets.to_numpy()
        finished = ends[1:] > ends[:-1]
        if finished.any():
            places = pc.is_in(pc.utf8_lower(reasons.flatten()), _CALLS).to_numpy(zero_copy_only=False)
            rows = np.repeat(np.arange(len(batch)), np.diff(ends))[places]
            count[rows] = np.maximum(count[rows], 1)
        answered = batch.arrow("gen_ai_output_messages").is_valid().to_numpy(zero_copy_only=False)
        other = among(batch, "gen_ai_operation_name", _NO_CHAT)
        return np.where((finished | answered) & ~other, count, np.nan)
