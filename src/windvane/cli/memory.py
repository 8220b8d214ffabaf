"""What the garbage collector may do while events are scored."""

from __future__ import annotations

import gc

__all__ = ["spare_the_collector"]


def spare_the_collector() -> None:
    """Have long-running commands collect less often: blocks make many objects and no circles.

    By Python's defaults the collector looks at every row of a block several times: 1 to 2.5 of 8 microseconds an event
    (`python -m benchmarks.state`).
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 100)
