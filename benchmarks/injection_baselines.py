"""What one would try first for `injection`: a list of trigger words, and character n-grams with logistic regression."""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from typing import Any, Final

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from benchmarks.injection_fit import logistic

__all__ = ["CharacterModel", "trigger_hits"]

_TRIGGERS: Final = (
    "ignore", "disregard", "forget", "override", "bypass", "jailbreak", "system prompt", "instructions", "pretend",
    "act as", "you are now", "developer mode", "password", "reveal", "ignorier", "vergiss", "anweisung", "ignora",
    "olvida", "oublie", "忽略", "忘记", "забудь", "игнорируй",
)  # fmt: skip
_PLACES: Final = 1 << 18


def trigger_hits(texts: Sequence[str]) -> NDArray[np.float64]:
    """Return how many trigger words are in each text."""
    return np.array([sum(word in text.lower() for word in _TRIGGERS) for text in texts], np.float64)


class CharacterModel:
    """TF-IDF of character 2- to 5-grams within words, hashed, and logistic regression (C = 10, classes balanced)."""

    def __init__(self, texts: Sequence[str], attack: NDArray[np.int64]) -> None:
        counts = _counts(texts)
        seen = np.bincount(counts.indices, minlength=_PLACES)
        self._rarity = np.log((1 + len(texts)) / (1 + seen)) + 1
        share = attack.mean()
        self._weights, self._intercept = logistic(
            self._scaled(counts), attack, np.where(attack, 0.5 / share, 0.5 / (1 - share)), 10.0
        )

    def odds(self, texts: Sequence[str]) -> NDArray[np.float64]:
        found: NDArray[np.float64] = self._scaled(_counts(texts)) @ self._weights + self._intercept
        return found

    def _scaled(self, counts: Any) -> Any:
        rows = counts.copy()
        rows.data = (1 + np.log(rows.data)) * self._rarity[rows.indices]
        length = np.sqrt(np.asarray(rows.multiply(rows).sum(axis=1)).ravel())
        return (sp.diags(1 / np.maximum(length, 1e-9)) @ rows).tocsr()


def _counts(texts: Sequence[str]) -> Any:
    rows: list[int] = []
    columns: list[int] = []
    for row, text in enumerate(texts):
        grams = [
            zlib.crc32(padded[at : at + size].encode()) % _PLACES
            for padded in (f" {word} " for word in text.lower().split())
            for size in range(2, 6)
            for at in range(len(padded) - size + 1)
        ]
        rows += [row] * len(grams)
        columns += grams
    return sp.csr_matrix((np.ones(len(rows)), (rows, columns)), shape=(len(texts), _PLACES))
