"""The prices of a model at one moment, in whole picodollars: sums of them are exact."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

__all__ = ["PARTS", "SLOT_S", "Rates", "rates_of", "unpriced"]

PARTS: Final = ("input", "cached", "written", "output", "reasoning", "request")
"""What is paid for: input tokens that no cache has seen, those read from a cache and those written to it, output tokens
without reasoning, those of reasoning, and the call itself."""
SLOT_S: Final = 1800
"""Prices change at a day's start, or at a full or half hour where they have an off-peak."""
_INSTEAD: Final = {"cached": "input", "written": "input", "reasoning": "output"}


@dataclass(frozen=True, slots=True)
class Rates:
    """`source` says whose prices they are, or why there are none.

    A step is a price per part in picodollars; step i counts where there are more than `starts[i]` input tokens.
    """

    source: str
    starts: tuple[int, ...]
    steps: tuple[tuple[int, ...], ...]


def rates_of(source: str, steps: Sequence[tuple[int, Mapping[str, Decimal]]]) -> Rates:
    """Return the rates of `steps`: (more input tokens than, dollars per million of each part).

    What has no price of its own costs what it is part of: cached tokens as input, reasoning as output.

    >>> rates_of("own", [(0, {"input": Decimal("2.5"), "cached": Decimal("0.25"), "output": Decimal(10)})]).steps
    ((2500000, 250000, 2500000, 10000000, 10000000, 0),)
    """
    prices = tuple(tuple(_picodollars(price, part) for part in PARTS) for _, price in steps)
    return Rates(source, (-1, *(start for start, _ in steps[1:])), prices)


def unpriced(why: str) -> Rates:
    """Return the rates of what has no price."""
    return Rates(f"unpriced: {why}", (), ())


def _picodollars(prices: Mapping[str, Decimal], part: str) -> int:
    price = prices.get(part, prices.get(_INSTEAD.get(part, ""), Decimal(0)))
    return int((price * 1_000_000).to_integral_value())
