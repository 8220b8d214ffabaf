"""`litellm`: completions, embeddings and responses of all its providers, its retries and fallbacks, and its router.

Its functions are replaced in place: apps import them by name, and LiteLLM's newer versions have captured their own. Its
callbacks come too late, in other threads, and are the app's.
"""

from __future__ import annotations

import importlib
import inspect
from typing import Final

from windvane.collectors.instrument.base import Instrumentation
from windvane.collectors.instrument.importing import when_imported
from windvane.collectors.instrument.litellm.calls import WIRES, calls, function, routed
from windvane.collectors.instrument.litellm.streams import patch_streams
from windvane.collectors.instrument.recoding import Codes

__all__ = ["INSTRUMENTATION"]

_FUNCTIONS: Final = {"litellm.main": ("completion", "embedding"), "litellm.responses.main": ("responses",)}
_ROUTERS: Final = (
    ("litellm.router_rust.core", "RustCore", ("_drive", "_call_sync")),
    ("litellm.router", "Router", ("async_function_with_fallbacks",)),
)


class LiteLlm(Instrumentation):
    """See `Instrumentation`."""

    library = "litellm"

    def __init__(self) -> None:
        super().__init__()
        self._codes = Codes()

    def install(self) -> None:
        """Replace the functions in place, and what streams are read by. Parts that come later are replaced later."""
        kept = importlib.import_module("litellm.litellm_core_utils.streaming_handler")
        patch_streams(self.patches, kept.CustomStreamWrapper)
        for place, names in _FUNCTIONS.items():
            when_imported(place, lambda place=place, names=names: self._functions(place, names))  # type: ignore[misc]
        for place, kind, names in _ROUTERS:
            when_imported(place, lambda of=(place, kind, names): self._router(*of))  # type: ignore[misc]

    def remove(self) -> None:
        """Put back exactly what was there."""
        super().remove()
        self._codes.undo()

    def _functions(self, place: str, names: tuple[str, ...]) -> None:
        for name in names:
            for each in (name, "a" + name):
                found = getattr(importlib.import_module(place), each)
                begin = function(WIRES[name], tuple(inspect.signature(found).parameters))
                self._codes.replace(found, calls(self.patches, begin, later=each != name))

    def _router(self, place: str, kind: str, names: tuple[str, ...]) -> None:
        owner = getattr(importlib.import_module(place), kind)
        for name in names:
            if name in vars(owner):
                later = inspect.iscoroutinefunction(vars(owner)[name])
                self.patches.wrap(owner, name, calls(self.patches, routed, later=later))


INSTRUMENTATION: Final = LiteLlm()
