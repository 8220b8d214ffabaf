"""Libraries that tell of their calls by themselves: `windvane.instrument()`.

Nothing is imported for it. A library that the app imports later is instrumented at the end of its import.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable
from functools import cache

from windvane.collectors.client import Client
from windvane.collectors.instrument import libraries
from windvane.collectors.instrument.base import Instrumentation
from windvane.collectors.instrument.guarding import failures
from windvane.collectors.instrument.importing import forget, when_imported
from windvane.collectors.instrument.recording import tell_to
from windvane.errors import ConfigError

__all__ = ["failures", "instrument", "known", "uninstrument"]

_asked: dict[str, bool] = {}
"""The libraries that were asked for, and whether each is instrumented by now."""


@cache
def known() -> dict[str, Instrumentation]:
    """Return the instrumentations that there are, by the library's name, in order."""
    names = sorted(module.name for module in pkgutil.iter_modules(libraries.__path__, libraries.__name__ + "."))
    found = [importlib.import_module(name).INSTRUMENTATION for name in names]
    return {one.library: one for one in found}


def instrument(client: Callable[[], Client], names: tuple[str, ...]) -> tuple[str, ...]:
    """Have libraries tell the process's client, all known ones if none is named; return their names.

    May be called again, before and after the app imports them: those that are instrumented stay so.

    Raises:
        ConfigError: a name is not known. Then nothing is changed.
    """
    everyone = known()
    if unknown := [name for name in names if name not in everyone]:
        raise ConfigError(f"there is no instrumentation of {unknown[0]!r}. Known: {', '.join(everyone)}")
    tell_to(client)
    asked = names or tuple(everyone)
    for name in asked:
        if name not in _asked:
            _asked[name] = False
            when_imported(name, lambda one=everyone[name]: _install(one))  # type: ignore[misc]
    return asked


def _install(one: Instrumentation) -> None:
    if _asked.get(one.library) is not False:
        return
    try:
        one.install()
    except BaseException:
        one.remove()
        raise
    _asked[one.library] = True


def uninstrument() -> None:
    """Put every library back exactly as it was."""
    forget()
    for name, installed in _asked.items():
        if installed:
            known()[name].remove()
    _asked.clear()
    tell_to(None)
