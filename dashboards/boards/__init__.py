"""The boards, one file each, found by themselves."""

from __future__ import annotations

import pkgutil
from functools import cache
from importlib import import_module

from windvane.dashboards.board import Board

__all__ = ["boards"]


@cache
def boards() -> tuple[Board, ...]:
    """Return every board of this folder, in the order of their places."""
    modules = [import_module(f"{__name__}.{found.name}") for found in pkgutil.iter_modules(__path__)]
    return tuple(sorted((module.BOARD for module in modules), key=lambda board: board.place))
