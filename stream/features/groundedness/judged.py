"""The answers of a batch, judged against their documents, or against the prompt where they have none."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from windvane.stream.batch import Batch
from windvane.stream.features.groundedness.features import features
from windvane.stream.features.groundedness.model import load, worst
from windvane.stream.features.groundedness.sentences import Sentences, sentences_of
from windvane.stream.features.support.support import Support, support, support_of
from windvane.stream.text.texts import answer_words, document_words, prompt_words
from windvane.stream.text.words import Words, words_of

__all__ = ["Judged", "against_documents", "against_prompt"]


@dataclass(frozen=True)
class Judged:
    """`supported` float64 (n,): from 0 to 1, NaN where there is nothing to judge or to judge by.

    `unsupported` bool (k,): which of the `sentences` are not.
    """

    supported: NDArray[np.float64]
    sentences: Sentences
    unsupported: NDArray[np.bool_]


def against_documents(batch: Batch) -> Judged:
    """Return how far answers are supported by the documents; asked through `Batch.derived`."""
    return _judge(batch, batch.derived(support), batch.derived(document_words))


def against_prompt(batch: Batch) -> Judged:
    """Return how far answers without documents are supported by the prompt, its earlier turns included."""
    prompts = batch.derived(prompt_words)
    nothing = words_of(pa.nulls(len(batch), pa.string()))
    held = support_of(batch, prompts, prompts.counts, nothing)
    return _judge(batch, held, prompts)


def _judge(batch: Batch, held: Support, sources: Words) -> Judged:
    words, model = batch.derived(answer_words), load()
    sentences = sentences_of(words)
    numbers = features(words, sentences, held, sources, model.novelty)
    intercept, slope = model.calibration
    surely = intercept + slope * worst(model.answer.logits(numbers), sentences, words.texts)
    # Not 1 - p: that would tie where p is near 1.
    supported = 1 / (1 + np.exp(surely))
    supported[~held.given] = np.nan
    flagged = (model.span.logits(numbers) >= model.span_threshold) & held.given[sentences.text]
    return Judged(supported, sentences, flagged)
