"""How the model behind `injection` learns: logistic regression over the windows of texts, numpy and scipy only."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pyarrow as pa
import scipy.optimize
import scipy.sparse as sp
from numpy.typing import NDArray

from windvane.stream.features.injection.format import FORMAT_LIMIT, FORMAT_UNIT
from windvane.stream.features.injection.model import NOTHING, SCALE, bits_of, neighbours
from windvane.stream.features.injection.sentences import IDEAS, SLOTS, Lexicon, sentences_of, slots, stems
from windvane.stream.text.words import words_of

__all__ = ["Design", "Fitted", "design", "fit", "lexicon_of", "logistic", "weights_of"]

_ONE, _TWO = np.triu_indices(IDEAS)
_IDEA: Final = np.where(_ONE == _TWO, 0.3, 0.15)
_FORMAT: Final = 0.3
"""How large the features of each kind are beside a word's: the smaller, the more a weight on them costs."""
_OPENING: Final = "override reveal say pretend ask request not you we now ifread instruction machine".split()
"""The ideas that are told apart where they open a sentence."""
_C: Final = 30.0
_ROUNDS: Final = 3
_EASY: Final = 0.6
"""The share of ordinary windows that the rounds after the first leave out: those of the lowest scores."""
_CLIP: Final = 16000
"""No weight of a word is larger: the sum of two fits int16."""


@dataclass(frozen=True)
class Design:
    """Windows of texts as rows of features; `text` int64 says whose each is."""

    rows: Any
    text: NDArray[np.int64]


@dataclass(frozen=True)
class Fitted:
    """Log odds of every text, those left out of training among them, and the weights behind them."""

    odds: NDArray[np.float64]
    weights: NDArray[np.float64]
    intercept: float


def lexicon_of(lines: Sequence[str]) -> tuple[Lexicon, list[str]]:
    """Return the lexicon that is written in `lines`, and the names of its ideas."""
    names: list[str] = []
    meant: dict[int, int] = {}
    for line in lines:
        if line.startswith("["):
            names.append(line.strip()[1:-1])
        elif line.strip() and not line.startswith("#"):
            words = words_of(pa.array(line.split()))
            # Of an unspaced pair of characters, the first one's key holds both.
            for stem in stems(words.head[words.first[:-1]]).tolist():
                meant[stem] = meant.get(stem, 0) | 1 << len(names) - 1
    keys = np.array(sorted(meant), np.uint64)
    _, keep = np.unique(slots(keys), return_index=True)  # two at one place: one of them is lost
    keys = keys[keep]
    index = np.zeros(SLOTS, np.uint16)
    index[slots(keys)] = np.arange(1, len(keys) + 1)
    ideas = np.array([0, *(meant[key] for key in keys.tolist())], np.uint64)
    opening = np.array([1 << names.index(name) for name in _OPENING], np.uint64)
    return Lexicon(index, np.append(np.uint64(0), keys), ideas, opening), names


def design(texts: Sequence[str], lexicon: Lexicon) -> Design:
    """Return every window of the texts as features."""
    of = sentences_of(words_of(pa.array(texts, pa.string())), lexicon)
    count = len(of.begin)
    at = neighbours(of)
    owner = np.repeat(np.arange(count), of.words)
    rows = np.concatenate([owner, owner, np.arange(count)])
    places = np.concatenate([of.word, of.pair, of.opener])
    words = sp.csr_matrix((places != 0, (rows, places)), shape=(count, SLOTS), dtype=np.float64)
    words = sp.vstack([words, words[at] + words[at + 1]])
    size = np.concatenate([of.words + 1, of.words[at] + of.words[at + 1] + 2])
    held = bits_of(np.concatenate([of.ideas, of.ideas[at] | of.ideas[at + 1]]))
    ideas = sp.csr_matrix(held[:, _ONE] & held[:, _TWO]) @ sp.diags(_IDEA)
    signs = np.concatenate([of.formats, np.minimum(of.formats[at] + of.formats[at + 1], FORMAT_LIMIT)])
    parts = [sp.diags(1 / np.sqrt(size)) @ words, ideas, signs * (_FORMAT / FORMAT_UNIT)]
    return Design(sp.hstack([sp.csr_matrix(part) for part in parts]).tocsr(), of.text[np.append(np.arange(count), at)])


def fit(made: Design, labels: NDArray[np.int64], weight: NDArray[np.float64], chosen: NDArray[np.bool_]) -> Fitted:
    """Learn from the chosen texts and return the log odds of all.

    An ordinary text teaches by all its windows; an attack by its most suspicious one as the round before saw it, in the
    first round by all. In sum both kinds weigh the same.
    """
    count = len(labels)
    share = np.bincount(made.text, minlength=count)
    label, used = labels[made.text], chosen[made.text]
    plain, attack = np.flatnonzero((label == 0) & used), np.flatnonzero((label == 1) & used)
    hard = plain
    ordinary = float((weight[made.text[plain]] / np.sqrt(share[made.text[plain]])).sum())
    mean, start = 2 * ordinary / (len(plain) + len(attack)), None
    for turn in range(_ROUNDS):
        rows = np.concatenate([attack, hard])
        here = made.text[rows]
        taught = label[rows] == 1
        value = weight[here] / np.where(taught, share[here] if turn == 0 else 1.0, np.sqrt(share[here]))
        value[taught] *= ordinary / value[taught].sum()
        features = made.rows[rows]
        rarity = _rarity(features)
        weights, intercept = logistic((features @ sp.diags(rarity)).tocsr(), taught, value / mean, _C, start)
        start = np.append(weights, intercept)
        weights = weights * rarity
        said = made.rows @ weights + intercept
        order = np.lexsort((-said, made.text))
        best = order[np.append(True, made.text[order[1:]] != made.text[order[:-1]])]
        attack = best[(label[best] == 1) & used[best]]
        if turn == 0:
            hard = plain[said[plain] > np.quantile(said[plain], _EASY)]
    odds = np.full(count, NOTHING)
    odds[made.text[best]] = said[best]
    return Fitted(odds, weights, intercept)


def _rarity(features: Any) -> NDArray[np.float64]:
    """Return the inverse document frequency of the words' columns, 1 for the others, and 0 for the empty place."""
    seen = np.bincount(features.indices, minlength=features.shape[1])[:SLOTS]
    rarity = np.ones(features.shape[1])
    rarity[:SLOTS] = (np.log((1 + features.shape[0]) / (1 + seen)) + 1) / 8
    rarity[0] = 0
    return rarity


def logistic(
    rows: Any, labels: NDArray[Any], value: NDArray[np.float64], c: float, start: NDArray[np.float64] | None = None
) -> tuple[NDArray[np.float64], float]:
    """Return weights and intercept of a logistic regression with an L2 penalty of 1 / (2 c), by L-BFGS."""
    width = rows.shape[1]
    turned = rows.T.tocsr()
    side = 2.0 * labels - 1

    def loss(at: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        margin = (rows @ at[:width] + at[width]) * side
        slope = -value * side / (1 + np.exp(np.minimum(margin, 500)))
        total = np.logaddexp(0, -margin) @ value + at[:width] @ at[:width] / (2 * c)
        return float(total), np.append(turned @ slope + at[:width] / c, slope.sum())

    first = np.zeros(width + 1) if start is None else start
    found = scipy.optimize.minimize(loss, first, jac=True, method="L-BFGS-B", options={"maxiter": 80, "ftol": 1e-6})
    return found.x[:width], float(found.x[width])


def weights_of(fitted: Fitted, lexicon: Lexicon, shift: float) -> dict[str, NDArray[Any]]:
    """Return the arrays that are shipped; 0.0 is the threshold that was `shift`."""
    whole = np.round(fitted.weights * SCALE)
    pairs = len(_ONE)
    ideas = np.zeros((IDEAS, IDEAS), np.int16)
    ideas[_ONE, _TWO] = np.round(fitted.weights[SLOTS : SLOTS + pairs] * SCALE * _IDEA)
    return {
        "index": lexicon.index,
        "stems": lexicon.stems,
        "stem_ideas": lexicon.ideas,
        "opening": lexicon.opening,
        "words": np.clip(whole[:SLOTS], -_CLIP, _CLIP).astype(np.int16),
        "ideas": ideas,
        "formats": np.round(fitted.weights[SLOTS + pairs :] * SCALE * _FORMAT).astype(np.int64),
        "intercept": np.array(fitted.intercept - shift),
    }
