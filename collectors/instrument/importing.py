"""Told when a library has been imported: before or after we ask, and without importing it."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Sequence
from importlib.machinery import ModuleSpec
from importlib.util import find_spec
from types import ModuleType
from typing import Any, Final

from windvane.collectors.instrument.guarding import guarded

__all__ = ["forget", "when_imported"]

_waiting: Final[dict[str, Callable[[], object]]] = {}
_here: Final = threading.local()
"""The names that this thread is asking the other finders for."""


def when_imported(name: str, then: Callable[[], object]) -> None:
    """Call `then` once the module `name` has been executed: now, if it has been. What it raises is swallowed."""
    module = sys.modules.get(name)
    if module is not None and not getattr(getattr(module, "__spec__", None), "_initializing", False):
        guarded(then)()
        return
    _waiting[name] = then
    if _finder not in sys.meta_path:
        sys.meta_path.insert(0, _finder)


def forget() -> None:
    """Wait for no module any more."""
    _waiting.clear()
    if _finder in sys.meta_path:
        sys.meta_path.remove(_finder)


class _Finder:
    """Finds nothing itself: asks the others, and has the loader that they found tell when it is done."""

    def find_spec(self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None) -> Any:
        if fullname not in _waiting or fullname in (asking := _here.__dict__.setdefault("asking", set())):
            return None
        asking.add(fullname)
        try:
            spec = find_spec(fullname)
        finally:
            asking.discard(fullname)
        if spec is not None:
            _tell(spec)
        return spec


@guarded
def _tell(spec: ModuleSpec) -> None:
    loader: Any = spec.loader
    execute, own = loader.exec_module, "exec_module" in vars(loader)

    def exec_module(module: ModuleType) -> None:
        # Before it is executed: the loader is as it was when the module looks at it.
        if own:
            loader.exec_module = execute
        else:
            vars(loader).pop("exec_module", None)
        execute(module)
        then = _waiting.pop(spec.name, None)
        if then is not None:
            guarded(then)()

    loader.exec_module = exec_module


_finder: Final = _Finder()
