"""Near-duplicates: texts that share half of the smaller one's three-word runs are one group."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

__all__ = ["groups_of"]

_RUN: Final = 3
_SHARE: Final = 0.5


def groups_of(texts: Sequence[str]) -> NDArray[np.int64]:
    """Return the group of each text, numbered from 0. Translations of each other are not found."""
    runs = [_runs(text) for text in texts]
    holders: defaultdict[tuple[str, ...], list[int]] = defaultdict(list)
    for number, own in enumerate(runs):
        for run in own:
            holders[run].append(number)
    group = list(range(len(texts)))

    def root(number: int) -> int:
        while group[number] != number:
            number = group[number]
        return number

    for number, own in enumerate(runs):
        shared: defaultdict[int, int] = defaultdict(int)
        for run in own:
            for other in holders[run]:
                shared[other] += 1
        for other, count in shared.items():
            if other < number and count >= _SHARE * min(len(own), len(runs[other])):
                group[root(number)] = root(other)
    return np.unique([root(number) for number in range(len(texts))], return_inverse=True)[1]


def _runs(text: str) -> set[tuple[str, ...]]:
    words = "".join(letter.lower() if letter.isalnum() else " " for letter in text).split()
    return {tuple(words[at : at + _RUN]) for at in range(max(1, len(words) - _RUN + 1))}
