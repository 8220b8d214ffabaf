"""Whether an agent goes round in circles."""

from __future__ import annotations

from typing import Any, ClassVar, Final

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from windvane.stream.batch import Batch
from windvane.stream.compiled import compiled
from windvane.stream.detector import LearnedSignal
from windvane.stream.features.agents.asked import asked
from windvane.stream.features.agents.traces import COLUMNS, TRACES, seconds, slot, trace_keys
from windvane.stream.features.keys import among
from windvane.stream.signals import Signal, SignalInfo
from windvane.stream.state import ArrayState
from windvane.stream.text.hashes import column_hashes, mixed, text_hashes

__all__ = ["AgentLoop"]

_ARGUMENTS: Final = ("gen_ai.tool.call.arguments", "arguments", "tool_arguments")
"""Where apps put the arguments of a tool call; others write them as its prompt."""
_TOOLS: Final = pa.array(["execute_tool", "retrieval"])
_UNHEARD: Final = pa.array(["embeddings"])
"""Goes before a retrieval, with the same prompt."""


class AgentLoop(ArrayState, LearnedSignal):
    """How many times in a row, within its trace, the very same was done before: 0 at first.

    The same is a tool called with the same arguments, a retrieval with the same prompt, an answer that asks for the
    same tools with the same arguments, or, of one that asks for none, the same prompt. Calls of tools and of models are
    looked at apart, so that an agent that takes turns between them is seen. What is remembered: see `AgentSteps`.

    >>> from windvane.stream.testing import batch_of
    >>> look = {"trace_id": "a", "operation": "execute_tool", "tool": "search", "prompt": "kittens"}
    >>> think = {"trace_id": "a", "prompt": "Find kittens."}
    >>> events = [look, think, look, think, look, {**look, "prompt": "cats"}, {"prompt": "hi"}]
    >>> AgentLoop().score(batch_of(events), np.zeros(7, int), 1).tolist()
    [0.0, 0.0, 1.0, 1.0, 2.0, 0.0, nan]
    """

    name = Signal.AGENT_LOOP
    info = SignalInfo(
        unit="calls",
        range="from 0",
        columns=(*COLUMNS, "gen_ai_tool_name", "gen_ai_input_messages", "gen_ai_output_messages", "attributes"),
        source="definition",
        cost_us=0.6,
        doc="How many times in a row, within its trace, the very same was done before: a tool called with the same"
        " arguments, by the tool or by the model's answer, or a model with the same prompt.",
    )
    dtype: ClassVar = np.dtype(
        [("key", "u8"), ("last", "u4"), ("tool", "u4"), ("model", "u4"), ("tools", "u4"), ("models", "u4")]
    )
    page_size: ClassVar = 4096

    def score(self, batch: Batch, series: NDArray[np.int64], count: int) -> NDArray[np.float64]:
        """See `LearnedSignal.score`."""
        said = np.full(len(batch), np.nan)
        keys = batch.derived(trace_keys)
        if keys.any():
            self._grow(TRACES)
            done, tools = _done(batch)
            _follow(self.state[:TRACES], self._dirty, self.page_size, keys, batch.derived(seconds), done, tools, said)
        return said


def _done(batch: Batch) -> tuple[NDArray[np.uint32], NDArray[np.bool_]]:
    """Return a hash of what each event does, uint32 (n,), 0 where that is not known; and whether it calls a tool."""
    tool = column_hashes(batch, "gen_ai_tool_name") ^ column_hashes(batch, "gen_ai_operation_name")
    tools = batch.arrow("gen_ai_tool_name").is_valid().to_numpy(zero_copy_only=False)
    tools |= among(batch, "gen_ai_operation_name", _TOOLS)
    prompt = batch.arrow("gen_ai_input_messages")
    asks = batch.derived(asked)
    written = text_hashes(prompt)
    done = np.where(asks.count > 0, asks.key, written)
    if tools.any():
        rows, _, values = batch.entries("attributes", _ARGUMENTS)
        arguments = written.copy()
        arguments[rows] = text_hashes(pa.array(values, pa.string()))
        done = np.where(tools, mixed(arguments ^ tool), done)
    known = tools | (asks.count > 0) | prompt.is_valid().to_numpy(zero_copy_only=False)
    known &= ~among(batch, "gen_ai_operation_name", _UNHEARD)
    return np.where(known, (done >> np.uint64(32)) | np.uint64(1), 0).astype(np.uint32), tools


@compiled
def _follow(
    table: Any, dirty: NDArray[np.bool_], page: int, keys: NDArray[np.uint64], now: NDArray[np.int64],
    done: NDArray[np.uint32], tools: NDArray[np.bool_], said: NDArray[np.float64],
) -> None:  # fmt: skip
    for row in range(len(keys)):
        if keys[row] and done[row]:
            place, begins = slot(table, keys[row], now[row])
            held = table[place]
            if begins:
                held.tool = held.model = 0
            if tools[row]:
                held.tools = held.tools + 1 if held.tool == done[row] else 0
                held.tool = done[row]
                said[row] = held.tools
            else:
                held.models = held.models + 1 if held.model == done[row] else 0
                held.model = done[row]
                said[row] = held.models
            dirty[place // page] = True
