"""Options that several commands share."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from windvane.settings import SETTINGS

__all__ = ["dir_option", "json_option", "map_options", "rules_option", "setting_option", "store_option"]

F = TypeVar("F", bound=Callable[..., Any])


def setting_option(flag: str, name: str, **more: Any) -> Callable[[F], F]:
    """Return an option that overrides a setting; its help is the setting's own."""
    row = SETTINGS[name]
    return click.option(flag, name, help=f"{row.doc} [env: {row.env}]", **more)


def dir_option(function: F) -> F:
    """Add --dir."""
    return setting_option("--dir", "dir", type=click.Path(path_type=Path, file_okay=False))(function)


def store_option(function: F) -> F:
    """Add --store."""
    return setting_option("--store", "store")(function)


def rules_option(function: F) -> F:
    """Add --rules."""
    path = click.Path(path_type=Path, dir_okay=False)
    return setting_option("--rules", "rules", type=path, multiple=True, callback=lambda _, __, given: given or None)(
        function
    )


def json_option(function: F) -> F:
    """Add --json."""
    return click.option("--json", "as_json", is_flag=True, help="Print one JSON object, for programs.")(function)


def map_options(function: F) -> F:
    """Add --map and --set."""
    mapped = click.option(
        "--map", "maps", multiple=True, metavar="COLUMN=FIELD",
        help="Read this column of the file as that field; may be repeated. The fields: docs/reference/events.md.",
    )  # fmt: skip
    constant = click.option(
        "--set", "sets", multiple=True, metavar="FIELD=VALUE", help="Give every event this field; may be repeated."
    )
    return mapped(constant(function))
