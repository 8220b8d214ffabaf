"""Which of a few prompts are made from one template: those that share so much that saying it once spares words.

A template is a tile: some prompts, and the shingles that all of them have. The best one spares the most, its shingles
in every prompt but the first (Geerts, Goethals, Mielikäinen, 2004). It is taken out, and the next best is looked for.
"""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

__all__ = ["Group", "mine"]

_MANY: Final = 6
"""Shingles that two prompts have in common only if one template made them."""
_SHARED: Final = 1.5
"""With fewer, times the part of the prompts that have them: three, if half of the prompts do."""
_FEW: Final = 4
"""Prompts that must have them then."""
_OWN: Final = 6
"""Shingles by which one part of a group differs from another, if they are of two templates that begin alike."""
_COVERED: Final = 0.75
"""Part of a group that is in such parts, if these are templates; if less of it is, some slots are alike by chance."""


class Group(NamedTuple):
    """Prompts of one template, by number, and the shingles that all of them have, and those of no other template."""

    members: NDArray[np.int64]
    shingles: NDArray[np.uint32]


def mine(sketches: NDArray[np.uint32]) -> list[Group]:
    """Return the groups among some prompts, each a row of distinct shingles with zeros behind them.

    >>> ask, shout = range(1, 8), range(20, 30)
    >>> sketches = [[*ask, 50], [*shout], [*ask, 51], [70, 71], [*shout, 53]]
    >>> rows = np.array([row + [0] * (12 - len(row)) for row in sketches], np.uint32)
    >>> [(group.members.tolist(), len(group.shingles)) for group in mine(rows)]
    [([1, 4], 10), ([0, 2], 7)]
    """
    values, place = np.unique(sketches, return_inverse=True)
    has = np.zeros((len(sketches), len(values)), bool)
    has[np.arange(len(sketches))[:, None], place.reshape(sketches.shape)] = True
    common = (np.count_nonzero(has, axis=0) >= 2) & (values != 0)
    values, has = values[common], has[:, common]
    left, groups = np.arange(len(sketches)), []
    while (best := _best(has[left], len(sketches))) is not None:
        members = left[best]
        parts = _split(has, members)
        if len(parts) > 1:
            # What several templates begin with tells none of them, nor makes one of the prompts that are left.
            has[:, _usual(has, members)] = False
        groups += [Group(part, values[has[part].all(axis=0)]) for part in parts]
        left = np.setdiff1d(left, np.concatenate(parts))
    return groups


def _split(has: NDArray[np.bool_], members: NDArray[np.int64]) -> list[NDArray[np.int64]]:
    """Return a group, or the parts of it, if it is of several templates that begin alike."""
    own = has & ~_usual(has, members)
    left, parts = members, []
    while (best := _best(own[left], len(members), _OWN)) is not None:
        parts.append(left[best])
        left = np.setdiff1d(left, parts[-1])
    if len(parts) > 1 and len(members) - len(left) >= _COVERED * len(members):
        return [found for part in parts for found in _split(own, part)]
    return [members]


def _usual(has: NDArray[np.bool_], members: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Return which shingles most of a group have: the sketch of a long prompt may lack some that all have."""
    usual: NDArray[np.bool_] = has[members].mean(axis=0) > _COVERED
    return usual


def _best(has: NDArray[np.bool_], of: int, own: int = 0) -> NDArray[np.int64] | None:
    """Return the prompts, of `of`, whose template spares the most; None if none does. `own`: shingles that suffice."""
    if len(has) < 2:
        return None
    numbers = has.astype(np.float32)
    # From each prompt on: the others by what they share with it, and what all of them share up to each.
    order = np.argsort(-(numbers @ numbers.T), axis=1, kind="stable")
    shared = np.count_nonzero(np.logical_and.accumulate(has[order], axis=1), axis=2)
    count = np.arange(1, len(has) + 1)
    many = (count >= _FEW) & (shared >= 2) & (shared * count >= _SHARED * of)
    enough = (shared >= own) if own else (shared >= _MANY) | many
    spared = np.where(enough, (count - 1) * shared, 0)
    seed, last = divmod(int(spared.argmax()), len(has))
    return np.sort(order[seed, : last + 1]) if spared[seed, last] else None
