"""A path that calls take to the log: who instruments them, and what it cannot know of them."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.paths.calls import Scripted

__all__ = ["NAMES", "Lacks", "Make", "Route", "route_of"]

Make = Callable[[Scripted], None]
"""Makes one call by a client library, and reads its answer to the end."""


@dataclass(frozen=True)
class Lacks:
    """What a path does not tell of a column, and why."""

    column: str
    why: str
    calls: tuple[str, ...] = ()
    """The calls it is so of; all that have the column, if none is named."""
    instead: Callable[[Any], Any] | None = None
    """From what is right to what is stored in its place; nothing is, if None."""


@dataclass(frozen=True)
class Route:
    """One path. Nothing of what it needs is imported before `begin`, which runs in a process of its own."""

    needs: tuple[str, ...]
    """Packages without which it is skipped, as pip takes them."""
    begin: Callable[[str, str], tuple[Make, Callable[[], object]]]
    """From the addresses of the providers and of the gateway to what makes calls, and to what sends all that is told;
    that returns what was sent, where it can be looked at."""
    lacks: tuple[Lacks, ...] = ()
    cannot: Mapping[str, str] = field(default_factory=dict)
    """Calls that this path does not tell of at all, and why."""
    settings: Mapping[str, str] = field(default_factory=dict)
    """Variables of the environment."""


_PACKAGE = "tests.paths.routes"
NAMES = tuple(
    sorted(module.name for module in pkgutil.iter_modules(importlib.import_module(_PACKAGE).__path__))
)  # fmt: skip
"""Every path that is here."""


def route_of(name: str) -> Route:
    """Return a path by its name."""
    found: Route = importlib.import_module(f"{_PACKAGE}.{name}").ROUTE
    return found
