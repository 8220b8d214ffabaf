"""What the answer drift detector costs, features included."""

from __future__ import annotations

import time
from collections.abc import Sequence
from statistics import median
from typing import Final

import numpy as np

from benchmarks.drift_sets import Answers
from benchmarks.drift_streams import alone, fed
from windvane.stream.drift.answers.answer_drift import AnswerDrift
from windvane.stream.testing import batch_of
from windvane.stream.text.texts import answers, instructions

__all__ = ["cost_us"]

CHARACTERS: Final = 1_400
PROMPT: Final = 200
EVENTS: Final = 5_000
EACH: Final = 80
"""Events of a series before time is taken: it is judged by then."""
ROUNDS: Final = 5


def cost_us(models: Sequence[Answers], series: int) -> float:
    """Return the CPU microseconds per event of the detector with so many series, all of them being judged.

    Columns and texts as Arrow arrays are there before: the event signals want them, too.
    """
    chance = np.random.default_rng(0)
    long = [text for one in models for text in one.texts if len(text) >= CHARACTERS] or [CHARACTERS // 5 * "word "]
    model = max(models, key=lambda one: len(one.texts))
    detector = AnswerDrift()
    fed(detector, [model], chance.integers(0, len(model.texts), (series, EACH)))
    costs = []
    for _ in range(ROUNDS):
        said = [long[at][:CHARACTERS] for at in chance.integers(0, len(long), EVENTS)]
        batch = batch_of({"prompt": text[:PROMPT], "response": text} for text in said)
        batch.derived(answers), batch.derived(instructions), batch.times_us()
        members = alone(chance.permutation(np.arange(EVENTS) % series), series)
        begun = time.process_time()
        detector.update(batch, members)
        costs.append((time.process_time() - begun) / EVENTS * 1e6)
    return median(costs)
