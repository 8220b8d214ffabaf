"""Functions of a library replaced, and put back exactly."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, Final

__all__ = ["Patches"]

_ABSENT: Final = object()


class Patches:
    """What one instrumentation has replaced. While `on` is False, what is still in place does nothing of its own."""

    def __init__(self) -> None:
        self.on = True
        self._made: list[tuple[Any, str, Any, Any]] = []

    def wrap(self, owner: Any, name: str, make: Callable[[Callable[..., Any]], Callable[..., Any]]) -> None:
        """Replace the function `name` of a class or module by what `make` makes of it.

        The new one keeps name, docs and signature; `make` keeps the kind: coroutine functions stay coroutine functions.

        Raises:
            AttributeError: there is no such function.
        """
        own = vars(owner).get(name, _ABSENT)
        # As it stands there: what others have wrapped may be another object at each look.
        function = getattr(owner, name) if own is _ABSENT or isinstance(own, staticmethod | classmethod) else own
        made: Any = functools.wraps(function)(make(function))
        if isinstance(own, staticmethod):
            made = staticmethod(made)
        setattr(owner, name, made)
        self._made.append((owner, name, own, vars(owner)[name]))

    def undo(self) -> None:
        """Put back what was there, object for object; what others have wrapped since is left, and does nothing more."""
        self.on = False
        while self._made:
            owner, name, own, made = self._made.pop()
            if vars(owner).get(name) is not made:
                continue
            if own is _ABSENT:
                delattr(owner, name)
            else:
                setattr(owner, name, own)
