"""docs/reference/views.md, from a schema that was really made: the columns as the engine itself names them."""

from __future__ import annotations

import tempfile
import tomllib
from pathlib import Path
from typing import Any, Final

from pages.markdown import code, missing, table
from windvane.collectors.event import COLUMNS
from windvane.storage.store import ClickHouseStore

__all__ = ["page"]

_WORDS: Final = Path(__file__).with_name("views.toml")
_TEXT: Final = """# Views

What analysts, boards and alert rules read. These views are the contract: columns are only added within a major
version, and the tables below them may change. Ask with `windvane sql "…"`, with any ClickHouse client as
`windvane_reader`, or in Grafana. Text is empty and numbers are NULL where the app said nothing: what is unknown is
never 0.

"""


def page() -> tuple[str, str]:
    """Return the source and the text."""
    found, words = _columns(), tomllib.loads(_WORDS.read_text())
    if undescribed := found.keys() - words.keys():
        raise missing(f"the view {min(undescribed)}", "docs/pages/views.toml")
    views = (_view(name, text, found[name]) for name, text in words.items())
    return "docs/pages/views.toml and storage/schema", _TEXT + "\n\n".join(views)


def _columns() -> dict[str, list[tuple[str, str]]]:
    """Make a store, and ask it for its views' columns and their types."""
    with tempfile.TemporaryDirectory() as folder:
        store = ClickHouseStore(f"chdb://{Path(folder) / 'store'}", "windvane")
        store.prepare()
        _, rows = store.query(
            "SELECT table, name, type FROM system.columns WHERE database = 'windvane' AND table IN"
            " (SELECT name FROM system.tables WHERE database = 'windvane' AND engine = 'View') ORDER BY table, position"
        )
        store.close()
    found: dict[str, list[tuple[str, str]]] = {}
    for view, name, kind in rows:
        found.setdefault(view, []).append((name, kind))
    return found


def _view(name: str, words: dict[str, Any], columns: list[tuple[str, str]]) -> str:
    docs = {column.name: column.doc for column in COLUMNS} | words["columns"]
    if undescribed := [column for column, _ in columns if column not in docs]:
        raise missing(f"{name}.{undescribed[0]}", "docs/pages/views.toml")
    rows = ((code(column), code(kind), docs[column]) for column, kind in columns)
    head = ("Column", "Type", "What it says")
    return f"## {name}\n\n{words['doc']}\n\n{table(head, rows)}\n\n```sql\n{words['query']}\n```"
