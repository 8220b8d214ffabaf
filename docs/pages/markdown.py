"""Markdown from values."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

__all__ = ["code", "missing", "table"]


def code(text: object) -> str:
    """Return text as code; nothing for nothing."""
    return f"`{text}`" if str(text) else ""


def table(head: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """Return a table; what is in a cell may hold the sign that parts them."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(str(cell).replace("|", "\\|") for cell in line) + " |" for line in lines)


def missing(what: str, where: str) -> SystemExit:
    """Return the end of a run that would leave something undescribed."""
    return SystemExit(f"{what} has no description: add one to {where}")
