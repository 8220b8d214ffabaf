"""What is done about memory while events are scored."""

from __future__ import annotations

import contextlib
import ctypes
import gc
from typing import Final

__all__ = ["keep_memory", "spare_the_collector"]

_TRIM_THRESHOLD, _MMAP_THRESHOLD, _LIMIT = -1, -3, 1 << 30


def spare_the_collector() -> None:
    """Have long-running commands collect less often: blocks make many objects and no circles.

    By Python's defaults the collector looks at every row of a block several times: 1 to 2.5 of 8 microseconds an event
    (`python -m benchmarks.state`).
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 100)


def keep_memory() -> None:
    """Have glibc keep what is freed for the next block: else each large array comes as new pages, zeroed by the kernel.

    Half of what scoring a text costs (`python -m benchmarks.scoring`). Where there is no glibc nothing is changed.
    """
    with contextlib.suppress(OSError, AttributeError):
        mallopt: Final = ctypes.CDLL(None).mallopt
        mallopt(_MMAP_THRESHOLD, _LIMIT)
        mallopt(_TRIM_THRESHOLD, _LIMIT)
