"""docs/reference/redaction.md, from the table of kinds."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Final

from pages.markdown import code, table
from windvane.collectors.redaction.formats import FORMATS
from windvane.collectors.redaction.kinds import KINDS, mask
from windvane.collectors.redaction.redactor import FREE_TEXT

__all__ = ["page"]

_TEXT: Final = Path(__file__).with_suffix(".md")


def page() -> tuple[str, str]:
    """Return the source and the text."""
    text = _TEXT.read_text()
    text = text.replace("[[kinds]]", "\n\n".join(_tables())).replace("[[columns]]", ", ".join(map(code, FREE_TEXT)))
    return "collectors/redaction/kinds.py and docs/pages/redaction.md", text.replace("[[issuers]]", _issuers())


def _tables() -> Iterator[str]:
    groups = dict.fromkeys(info.group for info in KINDS.values())
    for group in groups:
        rows = (
            (code(kind), code(mask(kind)), info.what, info.by, info.source)
            for kind, info in KINDS.items()
            if info.group == group
        )
        yield f"### {group.capitalize()}\n\n" + table(("Kind", "Mask", "What", "Told by", "Format after"), rows)


def _issuers() -> str:
    names = dict.fromkeys(name for each in FORMATS for name in each.issuer.split(", "))
    return ", ".join(names)
