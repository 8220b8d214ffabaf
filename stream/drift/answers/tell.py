"""A change of answers or prompts in words for people: what moved most, from what to what, since when."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from windvane.stream.drift.answers.columns import CATEGORY_COUNTS, NUMBER_COUNTS, PLACES, SHARES
from windvane.stream.drift.answers.features import PHRASES, told
from windvane.stream.drift.answers.layout import (
    ANSWERS,
    BETS,
    DIRECTION_PART,
    ENDS,
    LATELY,
    MOVED_PART,
    PROMPTS,
    SHAPE_PART,
)  # fmt: skip
from windvane.stream.drift.answers.lifecycle import ACCEPTED, FIRED, LASTS
from windvane.stream.evidence import at_time, evidence

__all__ = ["tell"]

_NAMED: Final = 3
_SEEN: Final = 0.25
_FEATURES: Final = ("gen_ai_input_messages", "gen_ai_output_messages")
_CALLED: Final = ("prompts", "answers")
_NOW_RATE: Final = 1 / 16


def tell(held: Any, part: int) -> dict[str, Any]:
    """Return the evidence of the change of state that stands in `said` of a record, for prompts or answers."""
    since, events = int(held["since"][part]), int(held["events"][part])
    what = _CALLED[part]
    if held["said"][part] != FIRED:
        after = events + int(held["after"][part])
        if held["said"][part] == ACCEPTED:
            says = f"{what} have stayed as they are for {LASTS} calls since {at_time(since)}: they are the new normal"
        else:
            says = f"{what} are again as they were before {at_time(since)}, {after} calls ago"
        return evidence(_FEATURES[part], says, current_n=after)
    shares = _shares(held, part)
    order = np.argsort(-shares, kind="stable")[:_NAMED]
    heard = int(held["heard"][part])
    told_of = [at for at in np.argsort(-shares, kind="stable")[: 3 * _NAMED].tolist() if _clear(held, at, events)]
    levels = [_level(held, at, events) for at in (told_of or order.tolist())[:_NAMED]]
    moved = [(PLACES[at][1], float(shares[at])) for at in order.tolist()]
    prompts = " while prompts are as usual" if part == ANSWERS else ""
    says = f"{what} have changed{prompts}, in {events} calls since {at_time(since)}: {'; '.join(levels)}"
    number = next((at for at in order.tolist() if _number(at) is not None), None)
    before, now = (None, None) if number is None else _amounts(held, number, events)
    return evidence(
        _FEATURES[part], says, baseline=before, baseline_n=max(heard - events, 0), current=now, current_n=events,
        moved=moved, measured=None if number is None else PLACES[number][1],
    )  # fmt: skip


def _shares(held: Any, part: int) -> NDArray[np.float64]:
    """Return what each score has contributed to the evidence of a part, 1 in all.

    What the direction has is divided by how far each has moved by itself: what a person will see.
    """
    own = slice(0, ENDS[PROMPTS]) if part == PROMPTS else slice(ENDS[PROMPTS], None)
    moved = held["sums"][own].sum(axis=1) * (MOVED_PART / BETS) + held["shape_sums"][own] * SHAPE_PART
    far = np.square(held["recent"][int(held["best"][part])][own].astype(np.float64))
    along = held["direction_sums"][part].sum() * (DIRECTION_PART / held["direction_sums"][part].size)
    shares = np.zeros(ENDS[ANSWERS])
    shares[own] = moved * SHARES[own] + along * far / max(float(far.sum()), 1e-30)
    return shares / max(float(shares.sum()), 1e-30)


def _number(at: int) -> int | None:
    """Return the place of a score among the numbers, if it is one of a number."""
    part = PLACES[at][0]
    place = at - (0 if part == PROMPTS else ENDS[PROMPTS])
    return place + (0 if part == PROMPTS else NUMBER_COUNTS[PROMPTS]) if place < NUMBER_COUNTS[part] else None


def _amounts(held: Any, at: int, events: int) -> tuple[float, float]:
    """Return what a number usually is and what it is since the change: its recent mean is still partly older."""
    place, name = _number(at), PLACES[at][1]
    usual, now = float(held["usual"][place]), float(held["now"][place])
    since = usual + (now - usual) / max(1 - (1 - _NOW_RATE) ** events, _NOW_RATE)
    return told(name, usual), told(name, max(since, 0.0))


def _level(held: Any, at: int, events: int) -> str:
    part, name = PLACES[at]
    if _number(at) is not None:
        before, now = _amounts(held, at, events)
        share = told(name, 1.0) == 1.0
        return f"{PHRASES[name]} went from {_digits(before, share)} to {_digits(now, share)}"
    often, of, before_share = _agreed(held, at, events)
    same = f"{often} of the last {of}" if of > 1 else "the last"
    return f"{same} agree in {PHRASES[name]}, where {before_share:.0%} did before"


def _clear(held: Any, at: int, events: int) -> bool:
    """Say whether a person will see it: any number, and a category that most of the last answers have."""
    if _number(at) is not None:
        return True
    often, of, before = _agreed(held, at, events)
    return often / of - before >= _SEEN


def _agreed(held: Any, at: int, events: int) -> tuple[int, int, float]:
    """Return how many of the last texts share the category that gained most, of how many, and its share before."""
    part = PLACES[at][0]
    place = at - (0 if part == PROMPTS else ENDS[PROMPTS]) - NUMBER_COUNTS[part]
    place += 0 if part == PROMPTS else CATEGORY_COUNTS[PROMPTS]
    lately = held["lately"][(int(held["heard"][part]) - np.arange(min(events, LATELY))) % LATELY, place]
    kinds, often = np.unique(lately, return_counts=True)
    before = held["kinds"][place] / max(int(held["kinds"][place].sum()), 1)
    most = int(np.argmax(often / len(lately) - before[kinds]))
    return int(often[most]), len(lately), float(before[kinds[most]])


def _digits(value: float, share: bool) -> str:
    return f"{value:.2%}" if share and value < 0.1 else f"{value:.0%}" if share else f"{value:.3g}"
