"""The trained weights: from a sentence's numbers to how surely it is unsupported."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib.resources import files

import msgspec
import numpy as np
from numpy.typing import NDArray

from windvane.stream.features.groundedness.features import NOVELTY_BITS
from windvane.stream.features.groundedness.sentences import Sentences

__all__ = ["Head", "Model", "load", "worst"]


class Head(msgspec.Struct, frozen=True):
    """A linear judge of a sentence: an intercept, and a weight for each of `FEATURES`, in their order."""

    intercept: float
    weights: list[float]

    def logits(self, numbers: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the judgement on each sentence, float64 (k,); the higher, the surer that it is unsupported."""
        # Not a matrix product: BLAS may sum in another order in another batch, and a score must not depend on that.
        total: NDArray[np.float64] = (numbers * np.array(self.weights)).sum(1) + self.intercept
        return total


class _Weights(msgspec.Struct, frozen=True):
    """What `model.json` holds, beside where it comes from."""

    answer: Head
    span: Head
    span_threshold: float
    calibration: tuple[float, float]
    novelty_default: float


@dataclass(frozen=True)
class Model:
    """`answer` judges by the worst sentence, `span` each one; both were trained by `benchmarks/train_groundedness.py`.

    A sentence whose `span` logit is `span_threshold` or more is unsupported. `calibration` is the intercept and the
    slope from the worst sentence's logit to that of the answer (Platt 1999). `novelty` float64 (2^16,): see `features`.
    """

    answer: Head
    span: Head
    span_threshold: float
    calibration: tuple[float, float]
    novelty: NDArray[np.float64]


@cache
def load() -> Model:
    """Return the shipped model."""
    here = files(__package__)
    held = msgspec.json.decode(here.joinpath("model.json").read_bytes(), type=_Weights)
    novelty = np.full(1 << NOVELTY_BITS, held.novelty_default)
    with here.joinpath("novelty.npz").open("rb") as stored, np.load(stored) as table:
        novelty[table["places"]] = table["weights"]
    return Model(held.answer, held.span, held.span_threshold, held.calibration, novelty)


def worst(logits: NDArray[np.float64], sentences: Sentences, texts: int) -> NDArray[np.float64]:
    """Return the highest of each answer's sentences, float64 (texts,); NaN where it has none."""
    found = np.full(texts, np.nan)
    opening = np.flatnonzero(sentences.opens)
    if len(opening):
        found[sentences.text[opening]] = np.maximum.reduceat(logits, opening)
    return found
