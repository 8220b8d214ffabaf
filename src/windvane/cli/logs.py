"""What long-running commands say while they run: one line each on stderr, and the same one not again and again."""

from __future__ import annotations

import logging
from typing import Final

__all__ = ["log_to_stderr"]

_AGAIN_S: Final = 20.0


class _Once(logging.Filter):
    """Lets a library's line through once in 20 s: a client that has lost its broker says so many times a second."""

    def __init__(self) -> None:
        super().__init__()
        self._said: dict[tuple[str, str], float] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        if record.name.startswith("windvane"):
            return True
        what = (record.name, str(record.msg))
        if record.created - self._said.get(what, 0.0) < _AGAIN_S:
            return False
        self._said[what] = record.created
        return True


def log_to_stderr(*, verbose: bool = False) -> None:
    """Send windvane's log lines, and other libraries' warnings, to stderr."""
    handler = logging.StreamHandler()
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    if not verbose:
        handler.addFilter(_Once())
    logging.basicConfig(level=logging.INFO if verbose else logging.WARNING, handlers=[handler], force=True)
    logging.getLogger("windvane").setLevel(logging.DEBUG if verbose else logging.INFO)
    if not verbose:
        # kafka-python tells each failed connection in four lines; we tell in one what it means.
        logging.getLogger("kafka").setLevel(logging.CRITICAL)
