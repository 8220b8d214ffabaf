"""What an answer, or a prompt, looks like: some numbers and categories of each text of a batch, in one pass."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any, Final
from zlib import crc32

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from windvane.stream.batch import Batch
from windvane.stream.drift.answers.features_columns import CATEGORIES, FINISHES, NUMBERS, PHRASES, SIGNS, named, told
from windvane.stream.drift.answers.features_describe import BUCKETS, describe
from windvane.stream.drift.answers.features_lexicon import LEXICONS, lexicon_table
from windvane.stream.drift.answers.features_read import KINDS
from windvane.stream.text.texts import answers, instructions

__all__ = ["BUCKETS", "CATEGORIES", "NUMBERS", "PHRASES", "Features", "answer_features", "named"]
__all__ += ["prompt_features", "told"]

_REACH: Final = np.array([1536, 512])
"""Bytes that are read at most from the beginning of a text, and from its end."""


@dataclass(frozen=True, slots=True)
class Features:
    """What n texts look like.

    `numbers` float32 (n, K), finite, columns as in `NUMBERS`; `categories` uint8 (n, C), below `BUCKETS`, columns as in
    `CATEGORIES`; `present` bool (n,), False where there is no text: its numbers are 0. Of a text above 2 KB the first
    1,536 bytes and the last 512 are read. Each depends on its event alone.
    """

    numbers: NDArray[np.float32]
    categories: NDArray[np.uint8]
    present: NDArray[np.bool_]


def answer_features(batch: Batch) -> Features:
    """Return what the answers look like; ask for it through `Batch.derived`. A failed call's empty answer is none.

    >>> from windvane.stream.testing import batch_of
    >>> found = answer_features(batch_of({"response": said} for said in ["Yes.", "No, I am afraid not.", None]))
    >>> found.present.tolist()
    [True, True, False]
    >>> [round(told("length", row[NUMBERS.index("length")])) for row in found.numbers.tolist()]
    [1, 5, 0]
    """
    return batch.derived(_both)[0]


def prompt_features(batch: Batch) -> Features:
    """Return what is asked looks like: the instructions and what was said last, by the same columns.

    Those that an answer alone has are the same for all.
    """
    return batch.derived(_both)[1]


def _both(batch: Batch) -> tuple[Features, Features]:
    """Return what the answers look like, and the prompts: an answer is compared with its prompt, so both are read."""
    texts, asked = batch.derived(answers), batch.derived(instructions)
    tokens = batch.numbers("gen_ai_usage_output_tokens")
    tokens = np.nan_to_num(tokens - np.nan_to_num(batch.numbers("gen_ai_usage_reasoning_output_tokens")))
    numbers = np.zeros((2, len(batch), len(NUMBERS)), np.float32)
    categories = np.zeros((2, len(batch), len(CATEGORIES)), np.uint8)
    reach, kinds, lexicon, signs = _tables()
    describe(*_bytes(texts), *_bytes(asked), reach, kinds, *lexicon, len(LEXICONS), signs, tokens,
             numbers.reshape(-1, len(NUMBERS)), categories.reshape(-1, len(CATEGORIES)))  # fmt: skip
    empty = pc.equal(pc.fill_null(pc.binary_length(texts), 0), 0).to_numpy(zero_copy_only=False)
    failed = batch.arrow("error_type").is_valid().to_numpy(zero_copy_only=False)
    present = texts.is_valid().to_numpy(zero_copy_only=False) & ~(empty & failed)
    categories[0, :, CATEGORIES.index("finish")] = np.where(present, _finish(batch), 0)
    given = asked.is_valid().to_numpy(zero_copy_only=False)
    return Features(numbers[0], categories[0], present), Features(numbers[1], categories[1], given)


@cache
def _tables() -> tuple[NDArray[np.int64], NDArray[np.uint8], tuple[Any, Any, Any], NDArray[np.int64]]:
    return _REACH, KINDS, lexicon_table(), np.array([kind for kind, _ in SIGNS.values()])


def _bytes(texts: pa.Array) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    """Return the bytes of a string array and where each text begins, and the last ends, int64 (n + 1,)."""
    if texts.null_count:  # what lies behind a null is not to be read
        texts = pc.fill_null(texts, "")
    _, ends, data = texts.buffers()
    if ends is None or not data:
        found, begin = np.zeros(1, np.uint8), np.zeros(len(texts) + 1, np.int64)
    else:
        found = np.frombuffer(data, np.uint8)
        begin = np.frombuffer(ends, np.int32)[texts.offset : texts.offset + len(texts) + 1].astype(np.int64)
    found.flags.writeable = False  # whosever the bytes are: one type, compiled once
    return found, begin


def _finish(batch: Batch) -> NDArray[np.uint8]:
    """Return the bucket of the first reason that is given why an answer ended, uint8 (n,), 0 where there is none."""
    found = np.zeros(len(batch), np.uint8)
    reasons = batch.arrow("gen_ai_response_finish_reasons")
    ends = reasons.offsets.to_numpy()
    given = np.flatnonzero(np.diff(ends))
    if len(given):
        first = reasons.values.take(ends[given]).dictionary_encode()
        buckets = np.array([_finish_bucket(reason) for reason in first.dictionary.to_pylist()], np.uint8)
        found[given] = buckets[first.indices.to_numpy()]
    return found


def _finish_bucket(reason: str) -> int:
    plain, known = reason.lower(), len(FINISHES)
    return FINISHES.index(plain) if plain in FINISHES else known + crc32(plain.encode()) % (BUCKETS - known)
