"""What an instrumentation of a library is.

One file per library in `libraries/`, which holds one `INSTRUMENTATION`: it is found there, nothing is registered.
"""

from __future__ import annotations

from abc import ABC, abstractmethod

from windvane.collectors.instrument.patching import Patches

__all__ = ["Instrumentation"]


class Instrumentation(ABC):
    """Has a library tell of its calls. One object per library; `install` and `remove` may follow each other."""

    library: str
    """The name that the library is imported by, and that `windvane.instrument` is asked for it by."""

    def __init__(self) -> None:
        self.patches = Patches()

    @abstractmethod
    def install(self) -> None:
        """Replace what must be replaced, through `self.patches`. The library has been imported: import it here.

        May raise: then nothing stays replaced, and the app goes on without.
        """

    def remove(self) -> None:
        """Put back exactly what was there."""
        self.patches.undo()
        self.patches = Patches()
