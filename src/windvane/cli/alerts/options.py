"""Options that several subcommands of `windvane alerts` share."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

__all__ = ["rules_option"]

F = TypeVar("F", bound=Callable[..., Any])


def rules_option(function: F) -> F:
    """Add --rules."""
    return click.option(
        "--rules", multiple=True, type=click.Path(path_type=Path, dir_okay=False, exists=True),
        help="A TOML file of rules, channels, maintenance and budgets, besides the shipped rules; may be repeated.",
    )(function)  # fmt: skip
