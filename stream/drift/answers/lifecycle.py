"""What becomes of a change: it fires, and then answers or prompts are as before again, or it is the new normal."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from windvane.stream.compiled import compiled
from windvane.stream.drift.answers.blocks import began
from windvane.stream.drift.answers.direction import side_of
from windvane.stream.drift.answers.layout import ANSWERS, ENDS, HORIZONS, PROMPTS, STAKES

__all__ = ["ACCEPTED", "FIRED", "LASTS", "RECOVERED", "ends", "fires", "settle"]

FIRED: Final = 1
RECOVERED: Final = 2
ACCEPTED: Final = 3
LASTS: Final = 256
"""Events after which what has changed is the new normal."""

_STRENGTH_RATE: Final = np.float32(1 / 32)
_SOON: Final = 16
_RECOVERY: Final = 48
"""Events after an alarm before it may be said that all is as before."""
_LEFT: Final = np.float32(0.3)


@compiled
def fires(held: Any, part: int) -> None:
    """Say that a part has changed, and since when: by the direction that has found most."""
    best, most = 0, np.float32(0)
    for horizon in range(len(HORIZONS)):
        total = np.float32(0)
        for stake in range(STAKES):
            total += held.direction_sums[part, horizon, stake]
        if total > most:
            best, most = horizon, total
    direction = held.direction_prompts[best] if part == PROMPTS else held.direction[best]
    held.events[part], held.since[part] = began(held, direction, 0)
    held.best[part] = best
    held.strength[part] = held.distance[part, best]
    held.said[part] = FIRED


@compiled
def ends(held: Any, part: int, scores: NDArray[np.float32]) -> None:
    """Say that it has recovered when events lie about where they used to; that it is accepted when it has lasted."""
    held.after[part] += 1
    held.strength[part] += _STRENGTH_RATE * (side_of(held, part, held.best[part], scores) - held.strength[part])
    if held.after[part] >= _SOON:
        held.top[part] = max(held.top[part], held.strength[part])
    if held.after[part] >= LASTS:
        held.said[part] = ACCEPTED
    elif held.after[part] >= _RECOVERY and held.strength[part] < _LEFT * held.top[part]:
        held.said[part] = RECOVERED


def settle(state: NDArray[Any], number: int) -> None:
    """Put the record of a series in order after what it had to say was told."""
    held = state[number : number + 1]
    if ACCEPTED in held["said"]:
        held[:] = np.zeros(1, state.dtype)
        return
    for part in np.flatnonzero(held["said"][0]):
        held["fired"][0, part] = held["said"][0, part] == FIRED
        held["after"][0, part] = 0
        held["top"][0, part] = 0
        own = slice(0, ENDS[PROMPTS]) if part == PROMPTS else slice(ENDS[PROMPTS], ENDS[ANSWERS])
        # What the prompts have set off is no evidence against the model.
        both = slice(0, 2) if part == PROMPTS else slice(part, part + 1)
        held["sums"][0, slice(0, None) if part == PROMPTS else own] = 0
        held["shape_sums"][0, slice(0, None) if part == PROMPTS else own] = 0
        held["direction_sums"][0, both] = 0
    held["said"] = 0
