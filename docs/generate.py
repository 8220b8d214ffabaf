"""Writes docs/reference from the code: `python docs/generate.py`; with `--check` it names the pages that are stale."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Final

from pages import events, redaction, settings, signals, views

REFERENCE: Final = Path(__file__).parent / "reference"
PAGES: Final = {
    "events": events.page,
    "redaction": redaction.page,
    "settings": settings.page,
    "signals": signals.page,
    "views": views.page,
}
NOTE: Final = "<!-- Written by docs/generate.py from {}. Change it there, then run: make docs -->\n\n"


def main() -> int:
    """Write every page, or with --check compare; return the exit code."""
    check = sys.argv[1:] == ["--check"]
    if sys.argv[1:] and not check:
        print("usage: python docs/generate.py [--check]", file=sys.stderr)
        return 2
    stale = []
    for name, page in PAGES.items():
        source, text = page()
        path = REFERENCE / f"{name}.md"
        whole = NOTE.format(source) + text.rstrip() + "\n"
        if not path.exists() or path.read_text() != whole:
            stale.append(path.relative_to(REFERENCE.parents[1]))
            if not check:
                path.parent.mkdir(exist_ok=True)
                path.write_text(whole)
    for path in stale:
        print(f"{path} is stale: run make docs" if check else f"{path} written")
    return int(check and bool(stale))


if __name__ == "__main__":
    sys.exit(main())
