"""Where a rule's keys stand in its file: for faults that are found after it was read."""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from pathlib import Path

from windvane.dashboards.alerts.cells import Cells, Faults
from windvane.dashboards.alerts.places import Places

__all__ = ["located"]


def located(paths: Sequence[Path], faults: Faults) -> dict[str, Cells]:
    """Return by name the table of each rule in these files, which `load` has read without a fault.

    A name that is in several is the last one's.
    """
    found = {}
    for path in paths:
        text = path.read_text(encoding="utf-8")
        places = Places(text)
        for index, table in enumerate(tomllib.loads(text).get("rule", [])):
            found[table["name"]] = Cells(faults, path, places, "rule", index, table)
    return found
