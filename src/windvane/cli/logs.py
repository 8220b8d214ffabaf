"""What long-running commands say while they run: one line each on stderr."""

from __future__ import annotations

import logging

__all__ = ["log_to_stderr"]


def log_to_stderr(*, verbose: bool = False) -> None:
    """Send windvane's log lines, and other libraries' warnings, to stderr."""
    handler = logging.StreamHandler()
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    logging.basicConfig(level=logging.WARNING, handlers=[handler], force=True)
    logging.getLogger("windvane").setLevel(logging.DEBUG if verbose else logging.INFO)
    if not verbose:
        # kafka-python tells each failed connection in four lines; we tell in one what it means.
        logging.getLogger("kafka").setLevel(logging.CRITICAL)
