"""In which line of a TOML text a table and a key stand: `tomllib` does not say."""

from __future__ import annotations

import re
from typing import Final

__all__ = ["Places"]

# What may hold anything: comments and strings, the longer kinds first.
_OPAQUE: Final = re.compile(
    r'"""(?:\\.|[^\\])*?"{3,5}|' r"'''.*?'{3,5}|" r'"(?:\\.|[^"\\\n])*"|' r"'[^'\n]*'|" r"#[^\n]*", re.DOTALL
)
_HEADER: Final = re.compile(r"\s*\[(\[?)\s*([\w-]+)\s*(?:\.\s*([\w-]+)[^\]]*)?\]")
_KEY: Final = re.compile(r"\s*([\w-]+)\s*(?:\.[\w\s.-]*)?=")


class Places:
    """Lines, from 1, of one text. Top-level keys are those of the table `""`."""

    def __init__(self, text: str) -> None:
        self._lines = text.splitlines()
        self._found: dict[tuple[str, int, str], int] = {("", 0, ""): 1}
        counts = {"": 1}
        table = ""
        bare = _OPAQUE.sub(lambda match: re.sub(r"[^\n]", " ", match[0]), text)
        for number, line in enumerate(bare.splitlines(), 1):
            if header := _HEADER.match(line):
                table = header[2]
                if header[1] and not header[3]:
                    counts[table] = counts.get(table, 0) + 1
                place = (table, max(counts.setdefault(table, 1) - 1, 0), header[3] or "")
                self._found.setdefault(place, number)
            elif key := _KEY.match(line):
                self._found.setdefault((table, counts[table] - 1, key[1]), number)

    def line(self, table: str = "", index: int = 0, key: str = "", holding: str = "") -> int:
        """Return the line of a key of the `index`-th table of this name; where it is not there, of the table.

        With `holding`, the line from there on that holds this text.
        """
        begin = self._found.get((table, index, key)) or self._found.get((table, index, "")) or 1
        after = range(begin, len(self._lines) + 1) if holding else ()
        return next((number for number in after if holding in self._lines[number - 1]), begin)
