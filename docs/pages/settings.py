"""docs/reference/settings.md, from the table of settings."""

from __future__ import annotations

from pages.markdown import code, table
from windvane.settings import SETTINGS

__all__ = ["page"]

_TEXT = """# Settings

A value comes from the caller (an argument in code, an option on the command line), else from the environment, else from
the default here. Lists are separated by `;`, flags are `1` or `0`. A value that cannot be read is an error that says
so: nothing is guessed.

"""


def page() -> tuple[str, str]:
    """Return the source and the text."""
    rows = ((code(row.env), code(_default(row.default)) or "none", row.doc) for row in SETTINGS.values())
    return "src/windvane/settings.py", _TEXT + table(("Variable", "Default", "What it sets"), rows)


def _default(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(int(value))
    return ";".join(map(str, value)) if isinstance(value, tuple) else str(value)
