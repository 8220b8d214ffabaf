"""How the model behind `groundedness` learns: two logistic regressions over the numbers of sentences."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from benchmarks.groundedness_sets import FLAT, Answer, Read, ablated, covered, novelty_counts, read
from windvane.stream.features.groundedness.features import FEATURES, STYLE
from windvane.stream.features.groundedness.model import Head, worst

__all__ = ["Corpus", "Heads", "auroc", "best_cut", "f1", "folds", "logistic"]

_TAUGHT_WRONG: Final = [FEATURES.index(name) for name in ("query_only", "unseen")]
"""What taking support away teaches wrongly: it turns words of the context into words of the question."""
_STYLE: Final = [FEATURES.index(name) for name in STYLE]
_GENERAL: Final = 0.1
"""How much an answer to another kind of prompt counts in the table of novelty."""
_MASS: Final = 8
_ABLATED: Final = 0.2
"""The weight of all sentences whose support was taken away, beside the real ones."""
_GRID: Final = np.arange(-3.5, 1.01, 0.1)
_UNJUDGED: Final = -20.0


def logistic(
    x: NDArray[np.float64], y: NDArray[np.float64], ridge: float, weight: NDArray[np.float64] | None = None
) -> NDArray[np.float64]:
    """Return the intercept and the weights of a logistic regression: mean loss + ridge |w|^2, by Newton's method."""
    weight = np.ones(len(x)) if weight is None else weight
    rows = np.column_stack([np.ones(len(x)), x])
    penalty = np.diag(np.r_[1e-9, np.full(x.shape[1], 2 * ridge)]) * weight.sum()
    found = np.zeros(rows.shape[1])
    for _ in range(40):
        surely = 1 / (1 + np.exp(-np.clip(rows @ found, -30, 30)))
        curve = (rows * (weight * surely * (1 - surely))[:, None]).T @ rows + penalty
        step = np.linalg.solve(curve, rows.T @ (weight * (y - surely)) - penalty @ found)
        found += step
        if abs(step).max() < 1e-8:
            break
    return found


def auroc(positive: NDArray[np.bool_], score: NDArray[np.float64]) -> float:
    """Return the share of pairs of a positive and a negative that the score orders rightly, ties half."""
    _, place, count = np.unique(score, return_inverse=True, return_counts=True)
    rank = (np.cumsum(count) - (count - 1) / 2)[place]
    ones = positive.sum()
    return float((rank[positive].sum() - ones * (ones + 1) / 2) / (ones * (len(positive) - ones)))


def f1(hit: float, predicted: float, actual: float) -> float:
    """Return the harmonic mean of precision and recall."""
    return 2 * hit / max(1, predicted + actual)


def best_cut(positive: NDArray[np.bool_], score: NDArray[np.float64]) -> float:
    """Return the threshold of the best F1."""
    order = np.argsort(-score)
    curve = 2 * np.cumsum(positive[order]) / (np.arange(len(score)) + 1 + positive.sum())
    return float(score[order][curve.argmax()])


def folds(groups: NDArray[np.str_], seed: int, count: int = 5) -> Iterator[NDArray[np.bool_]]:
    """Yield which rows are tested, group by group."""
    names = np.array(sorted(set(groups)))
    np.random.RandomState(seed).shuffle(names)
    for first in range(count):
        yield np.isin(groups, names[first::count])


@dataclass(frozen=True)
class Heads:
    """What is learnt from some of the answers, and with it the `numbers` of all sentences."""

    novelty: NDArray[np.float64]
    answer: Head
    span: Head
    numbers: NDArray[np.float64]


class Corpus:
    """Answers with marked spans, and all that can be made of them without learning."""

    def __init__(self, answers: Sequence[Answer], general: Sequence[Answer]) -> None:
        self.answers = answers
        self.held: Read = read(answers)
        sentences = self.held.sentences
        self.doc = sentences.text
        self.positive = np.array([one.unsupported for one in answers])
        self.source = np.array([one.source for one in answers])
        self.chars = (self.held.end - self.held.begin).astype(np.float64)
        self.gap = (self.held.follows - self.held.end).astype(np.float64)
        self.hit = covered(answers, self.doc, self.held.begin, self.held.end)
        self.hit_gap = covered(answers, self.doc, self.held.end, self.held.follows)
        self.any = (self.hit > 0).astype(np.float64)
        self.most = (self.hit > 0.5 * self.chars).astype(np.float64)
        counted = [novelty_counts(general[at : at + 800]) for at in range(0, len(general), 800)]
        self.general = sum((count for count, _ in counted), np.zeros(len(FLAT))), len(general)
        self.ablated, lost, self.origin = ablated(answers, self.held, self.hit == 0)
        self.ablated_source = self.source[self.doc[self.origin]]
        self.ablated_at = np.searchsorted(read(self.ablated).sentences.text, lost[:, 0]) + lost[:, 1]

    def learn(self, rows: NDArray[np.bool_]) -> Heads:
        """Return what the given rows teach."""
        count, answers = novelty_counts([self.answers[at] for at in np.flatnonzero(rows).tolist()])
        share = _GENERAL / 2  # each answer to another prompt was read twice
        novelty = np.log((answers + share * self.general[1] + _MASS) / (count + share * self.general[0] + 1))
        numbers, gone = read(self.answers, novelty).numbers, read(self.ablated, novelty).numbers
        own, kept = rows[self.doc], np.isin(self.ablated_source, self.source[rows])
        answer = _answer_head(numbers[own], self.any[own])
        origin = self.origin[kept]
        span = _span_head(
            numbers[own],
            self.most[own],
            self.chars[own],
            gone[self.ablated_at[kept]],
            numbers[origin],
            self.chars[origin],
        )
        return Heads(novelty, answer, span, numbers)

    def out_of_fold(self, rows: NDArray[np.bool_], seed: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return the answers' and the sentences' logits, each from heads that have not seen its source."""
        answers, sentences = np.full(len(rows), _UNJUDGED), np.full(len(self.doc), _UNJUDGED)
        inside = np.flatnonzero(rows)
        for part in folds(self.source[inside], seed):
            test = np.zeros(len(rows), bool)
            test[inside[part]] = True
            heads = self.learn(rows & ~test)
            found = worst(heads.answer.logits(heads.numbers), self.held.sentences, len(rows))
            answers[test] = np.nan_to_num(found[test], nan=_UNJUDGED)
            sentences[test[self.doc]] = heads.span.logits(heads.numbers)[test[self.doc]]
        return answers, sentences

    def marked(self, flagged: NDArray[np.bool_]) -> tuple[float, float]:
        """Return how many characters the flagged sentences have that are marked, and in all; with gaps between two."""
        both = flagged & np.append(flagged[1:] & (self.doc[1:] == self.doc[:-1]), False)
        return self.hit[flagged].sum() + self.hit_gap[both].sum(), self.chars[flagged].sum() + self.gap[both].sum()

    def span_cut(self, logits: Sequence[NDArray[np.float64]], rows: NDArray[np.bool_]) -> float:
        """Return the threshold of the best character F1, averaged over several logits and smoothed: it is ragged."""
        actual = sum(to - at for row in np.flatnonzero(rows).tolist() for at, to in self.answers[row].spans)
        own = rows[self.doc]
        curve = np.mean([[f1(*self.marked((one >= cut) & own), actual) for cut in _GRID] for one in logits], 0)
        return float(_GRID[np.convolve(np.pad(curve, 5, mode="edge"), np.ones(11) / 11, "valid").argmax()])


def _standard(rows: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    return rows.mean(0), rows.std(0) + 1e-9


def _head(found: NDArray[np.float64], mean: NDArray[np.float64], deviation: NDArray[np.float64]) -> Head:
    weights = found[1:] / deviation
    return Head(float(found[0] - (weights * mean).sum()), weights.tolist())


def _answer_head(numbers: NDArray[np.float64], labels: NDArray[np.float64]) -> Head:
    mean, deviation = _standard(numbers)
    return _head(logistic((numbers - mean) / deviation, labels, 0.01), mean, deviation)


def _span_head(
    numbers: NDArray[np.float64], labels: NDArray[np.float64], chars: NDArray[np.float64], gone: NDArray[np.float64],
    kept: NDArray[np.float64], chars_kept: NDArray[np.float64],
) -> Head:  # fmt: skip
    """As `_answer_head`, by characters, and with the sentences whose support was taken away, beside what they were."""
    numbers, gone, kept = numbers.copy(), gone.copy(), kept.copy()
    for one in (numbers, gone, kept):
        one[:, _TAUGHT_WRONG] = 0
    mean, deviation = _standard(numbers)
    without, before = (gone - mean) / deviation, (kept - mean) / deviation
    without[:, _STYLE] = before[:, _STYLE] = 0
    stacked = np.vstack([(numbers - mean) / deviation, without, before])
    made = np.repeat([0.0, 3.0], [len(numbers), 2 * len(gone)])  # an intercept of their own
    weight, extra = np.sqrt(chars), np.sqrt(chars_kept)
    extra *= weight.sum() * _ABLATED / 2 / extra.sum()
    labels = np.concatenate([labels, np.ones(len(gone)), np.zeros(len(kept))])
    found = logistic(np.column_stack([stacked, made]), labels, 0.003, np.concatenate([weight, extra, extra]))
    return _head(found[:-1], mean, deviation)
