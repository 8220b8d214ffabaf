"""Functions of a library that are replaced in place: by whatever name an app holds one, it is the same object.

`from litellm import completion` may come before `windvane.instrument()`. What can be replaced then is no name, but what
the function does: its code.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from types import CodeType, FunctionType
from typing import Any, Final

__all__ = ["Codes"]

_PLACE: Final = "<windvane>"
_SOURCE: Final = """
def outer({names}):
    {later}def entry(*args, **kwargs):
        if False:
            return ({names})
        made = {place!r}
        return {wait}made(*args, **kwargs)
    return entry
"""


class Codes:
    """What one instrumentation has replaced in place."""

    def __init__(self) -> None:
        self._made: list[tuple[FunctionType, CodeType, CodeType]] = []

    def replace(self, function: Any, make: Callable[[Callable[..., Any]], Callable[..., Any]]) -> None:
        """Have a function of Python's do what `make` makes of it; name, docs, signature and kind stay its own.

        `make` is given a function that does what it did. Coroutine functions must stay coroutine functions.

        Raises:
            TypeError: it is no function of Python's.
        """
        if not isinstance(function, FunctionType):
            raise TypeError(f"{function!r} has no code that could be replaced")
        code = function.__code__
        twin = FunctionType(code, function.__globals__, function.__name__, function.__defaults__, function.__closure__)
        twin.__kwdefaults__ = function.__kwdefaults__
        entry = _entry(code, make(twin))
        function.__code__ = entry
        self._made.append((function, code, entry))

    def undo(self) -> None:
        """Put back what was there, but not where others have replaced it since."""
        while self._made:
            function, code, entry = self._made.pop()
            if function.__code__ is entry:
                function.__code__ = code


def _entry(code: CodeType, made: Callable[..., Any]) -> CodeType:
    """Return code that calls `made` and fits where `code` was: it must name the same variables of around it."""
    later = bool(code.co_flags & inspect.CO_COROUTINE)
    source = _SOURCE.format(
        names=", ".join(code.co_freevars), later="async " * later, wait="await " * later, place=_PLACE
    )
    found: dict[str, Any] = {}
    exec(compile(source, _PLACE, "exec"), found)  # noqa: S102
    outer: CodeType = found["outer"].__code__
    entry = next(one for one in outer.co_consts if isinstance(one, CodeType))
    return entry.replace(
        co_consts=tuple(made if one == _PLACE else one for one in entry.co_consts),
        co_name=code.co_name,
        co_qualname=code.co_qualname,
    )
