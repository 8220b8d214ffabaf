"""What a finder returns."""

from __future__ import annotations

from typing import NamedTuple

__all__ = ["Find"]


class Find(NamedTuple):
    """A secret or a personal datum in a text: from `start` up to `end`."""

    start: int
    end: int
    kind: str
