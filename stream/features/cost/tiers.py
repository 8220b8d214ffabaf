"""Which tier of service a call was billed at, where the app says so in its tags or attributes."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from windvane.stream.batch import Batch

__all__ = ["tiers"]

_NAMES: Final = (
    "gen_ai.openai.response.service_tier",
    "openai.response.service_tier",
    "gen_ai.response.service_tier",
    "service_tier",
    "processing",
    "batch",
    "gen_ai.openai.request.service_tier",
    "openai.request.service_tier",
    "gen_ai.request.service_tier",
)
"""Where it is looked for: what the provider has answered counts for more than what was asked for."""
_STANDARD: Final = frozenset(["", "auto", "default", "standard", "standard_only", "on_demand", "online", "null"])
_YES: Final = frozenset(["true", "yes", "on", "batch"])
"""Of `batch` and `processing`: any other value, such as a number, is an app's own matter."""


def tiers(batch: Batch) -> tuple[list[str], NDArray[np.int64]]:
    """Return the tiers that there are, the first of them the standard one, empty; and that of each event, int64 (n,).

    >>> from windvane.stream.testing import batch_of
    >>> words, codes = tiers(batch_of([{}, {"tags": {"batch": "true"}}, {"openai.response.service_tier": "flex"}]))
    >>> [words[code] for code in codes]
    ['', 'batch', 'flex']
    """
    words = [""]
    best = np.full(len(batch), len(_NAMES) << 32, np.int64)
    for column in ("tags", "attributes"):
        rows, rank, given = batch.entries(column, _NAMES)
        if not len(rows):
            continue
        coded = given.dictionary_encode()
        said = coded.indices.to_numpy().astype(np.int64)
        # Every name and value that there is, read once.
        pairs, which = np.unique(rank * len(coded.dictionary) + said, return_inverse=True)
        values = coded.dictionary.to_pylist()
        read = [_tier(_NAMES[pair // len(values)], values[pair % len(values)]) for pair in pairs.tolist()]
        words += sorted(set(read) - set(words))
        code = np.array([words.index(tier) for tier in read])[which]
        np.minimum.at(best, rows, rank << 32 | code)
    return words, best & 0xFFFFFFFF


def _tier(name: str, value: str) -> str:
    said = value.strip('" ').lower()
    if name in ("batch", "processing"):
        return "batch" if said in _YES else ""
    return "" if said in _STANDARD else said
