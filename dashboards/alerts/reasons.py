"""Why Apprise could not send, from its log, and without what its URLs keep secret."""

from __future__ import annotations

import logging
import re
import threading
from typing import Final
from urllib.parse import quote, unquote

__all__ = ["Reasons", "scrubbed"]

_SYSTEM: Final = re.compile(r"\[Errno -?\d+\] ([^'\")]+)")


class Reasons(logging.Handler):
    """What Apprise logs in the thread that enters it: why it failed."""

    def __init__(self) -> None:
        super().__init__()
        self.told: list[str] = []

    def __enter__(self) -> Reasons:
        self._thread = threading.get_ident()
        logging.getLogger("apprise").addHandler(self)
        return self

    def __exit__(self, *_: object) -> None:
        logging.getLogger("apprise").removeHandler(self)

    def emit(self, record: logging.LogRecord) -> None:
        """Keep a warning or an error of this thread."""
        # Debug lines hold tokens and texts; only the system's own reason is wanted of them.
        text = record.getMessage()
        if record.thread == self._thread and (record.levelno >= logging.WARNING or text.startswith("Socket Exception")):
            self.add(text)

    def add(self, text: str) -> None:
        """Keep a reason; where it holds the system's own, that alone."""
        system = _SYSTEM.search(text)
        self.told.append(system[1] if system else text.removeprefix("Socket Exception: ").strip().rstrip("."))


def scrubbed(text: str, url: str) -> str:
    """Return `text` with everything that `url` holds, but for its scheme, put out of sight.

    >>> scrubbed("no route to hook.example: /T0/abc123", "jsons://user:pass@hook.example/T0/abc123?key=x9y8")
    'no route to …: /T0/…'
    """
    # By hand: what is no URL may hold a secret, too.
    place, _, query = url.partition("://")[2].partition("?")
    pieces = [*re.split(r"[/:@,#]", place), *(pair.rpartition("=")[2] for pair in query.split("&"))]
    shapes = {shape for piece in pieces for shape in (piece, unquote(piece), quote(unquote(piece), safe=""))}
    for shape in sorted(shapes, key=len, reverse=True):
        if len(shape) >= 3:
            text = re.sub(re.escape(shape), "…", text, flags=re.IGNORECASE)
    return text
