"""The user's own prices: a TOML file, named by the setting `prices`."""

from __future__ import annotations

import tomllib
from datetime import date
from decimal import Decimal
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Annotated, Any

import msgspec

from windvane.errors import ConfigError
from windvane.stream.features.cost.rates import PARTS, Rates, rates_of

__all__ = ["OwnPrice", "read_prices"]

Dollars = Annotated[float, msgspec.Meta(ge=0, le=1000)]


class _Step(msgspec.Struct, forbid_unknown_fields=True, frozen=True, kw_only=True):
    """Dollars per million tokens, and of `request` per call."""

    input: Dollars | None = None
    cached: Dollars | None = None
    written: Dollars | None = None
    output: Dollars | None = None
    reasoning: Dollars | None = None
    request: Dollars | None = None

    def dollars(self) -> dict[str, Decimal]:
        """Return what is given, by part, per million."""
        given = {part: Decimal(str(getattr(self, part))) for part in PARTS if getattr(self, part) is not None}
        return given | ({"request": given["request"] * 1_000_000} if "request" in given else {})


class _Over(_Step, frozen=True, kw_only=True):
    tokens: Annotated[int, msgspec.Meta(ge=1)]


class OwnPrice(_Step, frozen=True, kw_only=True):
    """A `[[price]]` of the file: which calls it is for, and its prices. The last one that fits a call counts."""

    model: Annotated[str, msgspec.Meta(min_length=1)]
    """A name, or a pattern with `*`."""
    provider: str = "*"
    tier: str = "*"
    """`batch`, `flex` …, or `standard`."""
    since: date = date.min
    """The first day, in UTC, on which it counts."""
    over: list[_Over] = []
    """Prices of calls with more input `tokens` than so many; what they leave out stays as above."""

    def fits(self, provider: str, model: str, tier: str, day: date) -> bool:
        """Whether it is for such a call."""
        asked = ((provider, self.provider), (model, self.model), (tier or "standard", self.tier))
        return day >= self.since and all(fnmatchcase(name, pattern) for name, pattern in asked)

    def rates(self) -> Rates:
        """Return its prices."""
        base = self.dollars()
        over = sorted(self.over, key=lambda step: step.tokens)
        return rates_of(f"own {self.model}", [(0, base), *((step.tokens, base | step.dollars()) for step in over)])


def read_prices(path: Path) -> list[OwnPrice]:
    """Return the prices of the file.

    Raises:
        ConfigError: it cannot be read; with the line, or the price and its model.
    """
    try:
        read = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ConfigError(f"{path} cannot be read: {error}. It holds prices as [[price]] tables in TOML") from error
    entries = read.pop("price", None)
    if read or not isinstance(entries, list):
        raise ConfigError(f"{path} holds {', '.join(read) or 'no prices'}. Write each price as a [[price]] table")
    return [_price(path, number, entry) for number, entry in enumerate(entries, 1)]


def _price(path: Path, number: int, entry: Any) -> OwnPrice:
    model = entry.get("model", "no model") if isinstance(entry, dict) else "no table"
    try:
        price = msgspec.convert(entry, OwnPrice)
    except msgspec.ValidationError as error:
        raise ConfigError(f"{path}: price {number} ({model}): {error}. {_FIELDS}") from error
    if price.input is None and price.output is None and price.request is None:
        raise ConfigError(f"{path}: price {number} ({model}) says no price. {_FIELDS}")
    return price


_FIELDS = f"A price has model, provider, tier, since, over, and in dollars per million tokens {', '.join(PARTS[:-1])}"
