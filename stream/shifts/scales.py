"""Numbers as codes of 16 bits: shares as they are, sizes by their logarithm, scores by something between."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray

__all__ = ["ABSENT", "CODES", "Scale", "score", "share", "size"]

ABSENT: Final = 0
"""The code of a number that is not there. Others have 1 to 65,535, in their order."""
CODES: Final = 65_534
_LARGEST: Final = 1e10
_WIDE: Final = 12.0


@dataclass(frozen=True, slots=True)
class Scale:
    """How a number becomes a code and back. Made by `share`, `size` or `score`."""

    kind: Literal["share", "size", "score"]
    unit: float

    @property
    def mean(self) -> bool:
        """Whether the level of several is told by their mean; else by their median."""
        return self.kind != "size"

    def codes(self, values: NDArray[np.float64]) -> NDArray[np.uint16]:
        """Return the codes of `values`, uint16 (n,); `ABSENT` for NaN."""
        low, high = self._ends()
        with np.errstate(over="ignore"):
            numbers = values.astype(np.float32)
        there = ~np.isnan(numbers)
        placed = (self._bend(np.where(there, numbers, np.float32(0))) - low) * np.float32(CODES / (high - low))
        return np.where(there, np.rint(np.clip(placed, 0, CODES)) + 1, ABSENT).astype(np.uint16)

    def value(self, code: float) -> float:
        """Return the number that a code, or a mean of codes, stands for."""
        low, high = self._ends()
        bent = low + (code - 1) / CODES * (high - low)
        if self.kind == "share":
            return min(max(bent, low), high)
        if self.kind == "size":
            return max(float(np.exp(bent)) - self.unit, 0.0)
        return float(np.sinh(bent)) * self.unit

    def step(self, change: float) -> int:
        """Return how many codes a change is: of a size a ratio, of a share or a score near 0 a difference."""
        low, high = self._ends()
        bent = float(np.log(change)) if self.kind == "size" else change / self.unit
        return max(round(bent / (high - low) * CODES), 1)

    def _bend(self, values: NDArray[np.float32]) -> NDArray[np.float32]:
        if self.kind == "share":
            return values
        if self.kind == "size":
            return np.asarray(np.log(np.maximum(values, np.float32(0)) + np.float32(self.unit)), np.float32)
        return np.asarray(np.arcsinh(values / np.float32(self.unit)), np.float32)

    def _ends(self) -> tuple[float, float]:
        if self.kind == "share":
            return 0.0, self.unit
        if self.kind == "size":
            return float(np.log(self.unit)), float(np.log(_LARGEST))
        return -_WIDE, _WIDE


def share(most: float = 1.0) -> Scale:
    """Return the scale of numbers from 0 to `most`."""
    return Scale("share", most)


def size(floor: float) -> Scale:
    """Return the scale of times, tokens, money and counts from 0 on, by ratios; differences below `floor` are small."""
    return Scale("size", floor)


def score(near: float) -> Scale:
    """Return the scale of numbers of any sign, by differences up to about `near`, by ratios far above."""
    return Scale("score", near)
