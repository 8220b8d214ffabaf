"""Which template a prompt is made from, where the app does not say: found by what its prompts have in common."""

from __future__ import annotations

from typing import ClassVar, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from windvane.stream.batch import Batch
from windvane.stream.detector import LearnedSignal, Said
from windvane.stream.features.prompt_template.state import EARLY, SKETCH, SURE, WAITING, TemplateState
from windvane.stream.features.prompt_template.words import prompt_shingles, sketches
from windvane.stream.series import SERIES_COLUMNS
from windvane.stream.signals import Signal, SignalInfo

__all__ = ["PromptTemplate"]

_NAME: Final = "gen_ai_prompt_name"
_AT_ONCE: Final = 512


class PromptTemplate(TemplateState, LearnedSignal):
    """An id for the template of a prompt, such as t-3f9a2c71d0, learned from the prompts of its series.

    A prompt of no known template waits. When a few wait they are compared, each with each: those that share many runs
    of words are of one template, known from then on by some of these runs. It is fixed, and has an id, once five
    prompts have shown it; a later prompt is of it if it has four fifths of its runs. Nothing is said of prompts that
    the app names, nor of what shares little with other prompts, as what users write freely.

    >>> from windvane.stream.pipeline import Pipeline
    >>> from windvane.stream.testing import batch_of
    >>> pipeline = Pipeline([], [], [PromptTemplate()])
    >>> names = "Ada Ben Chloe Dan Eve Fay Gus Hal Ida Jan".split()
    >>> prompts = [f"Write a short reminder to {name} about invoice {len(name)}." for name in names]
    >>> pipeline.score(batch_of({"prompt": said} for said in prompts)).notes["prompt_template"].to_pylist()[5:]
    [None, None, 't-b3a60e9acc', 't-b3a60e9acc', 't-b3a60e9acc']
    >>> chat = ["Why is the sky blue?", "A poem about Rome, please", "Write a short letter to Bo"]
    >>> pipeline.score(batch_of({"prompt": said} for said in chat)).notes["prompt_template"].to_pylist()
    [None, None, None]
    """

    name = Signal.PROMPT_TEMPLATE
    info: ClassVar = SignalInfo(
        unit="label",
        range="t- and ten hexadecimal digits",
        columns=(
            *SERIES_COLUMNS,
            "gen_ai_input_messages",
            "gen_ai_system_instructions",
            "gen_ai_retrieval_documents",
            _NAME,
        ),
        source="Runs of words, known by the lowest numbers: Broder (1997), On the resemblance and containment of "
        "documents; what spares most words: Geerts, Goethals, Mielikäinen (2004), Tiling databases; learned online, as "
        "the templates of logs are: He, Zhu, Zheng, Lyu (2017), Drain",
        cost_us=4.0,
        doc="The template that an unnamed prompt is made from: the same words with other slots have the same id.",
    )

    def score(self, batch: Batch, series: NDArray[np.int64], count: int) -> Said:
        """See `LearnedSignal.score`."""
        self._grow(count)
        ids = np.zeros(len(batch), np.uint64)
        named = pc.fill_null(pc.greater(pc.binary_length(batch.arrow(_NAME)), 0), False)
        speaks = batch.derived(prompt_shingles).words.counts > 0
        todo = np.flatnonzero(speaks & ~named.to_numpy(zero_copy_only=False))
        todo = todo[np.argsort(series[todo], kind="stable")]
        size = _AT_ONCE
        while len(todo):
            left = self._advance(batch, todo[:size], series[todo[:size]], ids)
            todo = np.concatenate([left, todo[size:]])
            # Where there is much to learn, few are looked at in vain.
            size = max(size // 2, 32) if 2 * len(left) > size else min(size * 2, _AT_ONCE)
        distinct, which = np.unique(ids, return_inverse=True)
        names = [f"t-{number:010x}" if number else None for number in distinct.tolist()]
        return pa.array(names, pa.string()).take(pa.array(which))

    def _advance(self, batch: Batch, todo: NDArray[np.int64], home: NDArray[np.int64],
                 ids: NDArray[np.uint64]) -> NDArray[np.int64]:  # fmt: skip
        """Take events in, of each series up to the first to learn from, and write their ids; return the other events.

        `todo`, places in the batch, is in the order of their series, `home`.
        """
        state, shingles = self.state, batch.derived(prompt_shingles)
        heads = np.flatnonzero(np.append(True, home[1:] != home[:-1]))
        template = self.known(shingles, todo, home)
        unknown = template < 0
        fixed = ~unknown & (state["seen"][home, template] >= SURE)
        waiting = state["waiting"][home]
        place = waiting + _running(unknown, heads) - state["skip"][home] - 1
        kept = unknown & (place >= waiting)
        full = kept & (place + 1 == np.where(waiting < EARLY, EARLY, WAITING))
        stop = full | (~unknown & ~fixed)
        taken = _running(stop, heads) - stop == 0

        old, sure, new = (np.flatnonzero(taken & which) for which in (~unknown, fixed, kept))
        state["used"][home[old], template[old]] = state["prompts"][home[old]] + _running(taken, heads)[old]
        ids[todo[sure]] = state["id"][home[sure], template[sure]]
        if len(new):
            state["sketches"][home[new], place[new]] = sketches(batch, todo[new], SKETCH)
        each = home[heads]
        state["prompts"][each] += np.add.reduceat(taken, heads, dtype=np.int64)
        missed = np.add.reduceat(taken & unknown, heads, dtype=np.int32)
        passed = np.minimum(missed, state["skip"][each])
        state["skip"][each] -= passed
        state["waiting"][each] += missed - passed
        self._dirty[each // self.page_size] = True
        for at in np.flatnonzero(taken & stop).tolist():
            own = shingles.own(todo[at])
            ids[todo[at]] = self.compare(home[at], own) if full[at] else self.show(home[at], template[at], own)
        left: NDArray[np.int64] = todo[~taken]
        return left


def _running(flags: NDArray[np.bool_], heads: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return how many of a series' flags are set, up to each place and with it; a series begins at each of `heads`."""
    total = np.cumsum(flags)
    return total - np.repeat(total[heads] - flags[heads], np.diff(np.append(heads, len(flags))))
