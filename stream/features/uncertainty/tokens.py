"""What is known of the tokens of every answer, as arrays: how likely each was, and what else it might have been."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import chain
from typing import Final

import msgspec
import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from windvane.stream.batch import Batch

__all__ = ["Tokens", "entropies", "margins", "mean", "onset", "peak", "surprises"]

SPAN: Final = 8
"""Tokens that the onset and a window of the peak hold: about a clause."""

_WORST: Final = 50.0
"""Nats; beyond it are only marks for a token that was not looked at, such as -9999 and -1e30."""
_UNIT: Final = 1 << 20
"""Numbers are summed as whole millionths: a sum does not depend on what stands before it."""


@dataclass(frozen=True)
class Tokens:
    """A number per token, int64 (m,) in units of 2^-20, of n answers; `ends` int64 (n + 1,): of answer i those from
    `ends[i]` to `ends[i + 1]`."""

    numbers: NDArray[np.int64]
    ends: NDArray[np.int64]


def mean(tokens: Tokens) -> NDArray[np.float64]:
    """Return the mean of each answer's tokens, float64 (n,); NaN where there is none."""
    return _means(tokens, np.diff(tokens.ends))


def onset(tokens: Tokens) -> NDArray[np.float64]:
    """Return the mean of the first tokens of each answer."""
    return _means(tokens, np.minimum(np.diff(tokens.ends), SPAN))


def peak(tokens: Tokens) -> NDArray[np.float64]:
    """Return the largest mean of any `SPAN` tokens in a row of each answer; of all where there are fewer."""
    count = np.diff(tokens.ends)
    width = np.repeat(np.minimum(count, SPAN), count)
    at = np.arange(len(width))
    whole = at + width <= np.repeat(tokens.ends[1:], count)
    sums = _sums(tokens.numbers)
    means = (sums[np.minimum(at + width, len(at))] - sums[at]) / (np.maximum(width, 1) * float(_UNIT))
    found = np.full(len(count), np.nan)
    some = np.flatnonzero(count)
    if len(some):
        found[some] = np.maximum.reduceat(np.where(whole, means, 0.0), tokens.ends[some])
    return found


def surprises(batch: Batch) -> Tokens:
    """Return how surprising each token of the answers was: minus its log-probability, in nats, 0 to 50."""
    cells = batch.arrow("logprobs")
    ends = cells.offsets.to_numpy().astype(np.int64)
    given = cells.flatten().to_numpy(zero_copy_only=False).astype(np.float64)
    return Tokens(_whole(np.clip(-given, 0.0, _WORST)), ends - ends[0])


def entropies(batch: Batch) -> Tokens:
    """Return the entropy of what each token might have been, in nats; what is not among the likeliest counts as one."""
    logs, ends, answers = batch.derived(_alternatives)
    chances = np.exp(logs)
    each = _totals(-chances * logs, ends)
    rest = np.clip(1.0 - _totals(chances, ends), 0.0, 1.0)
    with np.errstate(divide="ignore", invalid="ignore"):
        each += np.where(rest > 0, -rest * np.log(rest), 0.0)
    return Tokens(_whole(each), answers)


def margins(batch: Batch) -> Tokens:
    """Return by how much the likeliest token was likelier than the next, 0 to 1, of tokens of which two are known."""
    logs, ends, answers = batch.derived(_alternatives)
    count = np.diff(ends)
    two = count >= 2
    if not two.any():
        return Tokens(np.zeros(0, np.int64), np.zeros(len(answers), np.int64))
    known = np.repeat(two, count)
    logs, begin = logs[known], np.cumsum(count[two]) - count[two]
    first = np.maximum.reduceat(logs, begin)
    highest = logs == np.repeat(first, count[two])
    tied = np.add.reduceat(highest, begin, dtype=np.int64) > 1
    second = np.where(tied, first, np.maximum.reduceat(np.where(highest, -np.inf, logs), begin))
    return Tokens(_whole(np.exp(first) - np.exp(second)), _sums(two.astype(np.int64))[answers])


def _alternatives(batch: Batch) -> tuple[NDArray[np.float64], NDArray[np.int64], NDArray[np.int64]]:
    """Return what the likeliest tokens had, (k,), where each token ends in it, (m + 1,), and each answer, (n + 1,)."""
    cells = batch.arrow("top_logprobs")
    counts = np.zeros(len(batch) + 1, np.int64)
    some = np.flatnonzero(cells.is_valid().to_numpy(zero_copy_only=False))
    read = list(map(_read, cells.take(pa.array(some)).to_pylist()))
    counts[some + 1] = list(map(len, read))
    tokens = list(chain.from_iterable(read))
    ends = np.zeros(len(tokens) + 1, np.int64)
    np.cumsum(list(map(len, tokens)), out=ends[1:])
    logs = np.array(list(chain.from_iterable(tokens)), np.float64)
    return np.clip(np.nan_to_num(logs, nan=-_WORST), -_WORST, 0.0), ends, np.cumsum(counts)


class _Likely(msgspec.Struct):
    logprob: float | None = None


class _Token(msgspec.Struct):
    """A token in OpenAI's shape."""

    top_logprobs: list[_Likely] | None = None


class _Content(msgspec.Struct):
    content: list[_Token] | None = None


_lists: Final = msgspec.json.Decoder(list[list[float | None]])
_tokens: Final = msgspec.json.Decoder(list[_Token])
_content: Final = msgspec.json.Decoder(_Content)


def _read(cell: str) -> list[list[float | None]]:
    """Return the log-probabilities by token; none of what has another shape. Most of the cost is the JSON itself."""
    try:
        if cell.startswith("[["):
            return _lists.decode(cell)
        tokens = _content.decode(cell).content if cell.startswith("{") else _tokens.decode(cell)
    except msgspec.DecodeError:
        return []
    return [[likely.logprob for likely in token.top_logprobs or ()] for token in tokens or ()]


def _whole(numbers: NDArray[np.float64]) -> NDArray[np.int64]:
    return np.rint(numbers * _UNIT).astype(np.int64)


def _sums(numbers: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the sum of the numbers before each place, one more than there are."""
    return np.concatenate([[0], np.cumsum(numbers)])


def _means(tokens: Tokens, count: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return the mean of the first `count` tokens of each answer."""
    sums, begin = _sums(tokens.numbers), tokens.ends[:-1]
    with np.errstate(invalid="ignore"):
        return np.where(count > 0, (sums[begin + count] - sums[begin]) / (count * float(_UNIT)), np.nan)


def _totals(numbers: NDArray[np.float64], ends: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return the sum by token."""
    sums = _sums(np.rint(numbers * 2.0**40).astype(np.int64))
    return (sums[ends[1:]] - sums[ends[:-1]]) / 2.0**40
