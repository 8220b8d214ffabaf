"""Implementations of an interface, found by looking: a conformance suite runs on each that there is."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
from types import ModuleType
from typing import Any

__all__ = ["implementations"]


def implementations(package: ModuleType, interface: type[Any]) -> list[type[Any]]:
    """Return every concrete class of `interface` in the modules of `package`, by name."""
    found: set[type[Any]] = set()
    for module in pkgutil.iter_modules(package.__path__, package.__name__ + "."):
        for _, kind in inspect.getmembers(importlib.import_module(module.name), inspect.isclass):
            if issubclass(kind, interface) and not inspect.isabstract(kind):
                found.add(kind)
    return sorted(found, key=lambda kind: kind.__name__)
