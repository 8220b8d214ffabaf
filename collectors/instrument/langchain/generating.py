"""A function in place of LangChain's that is taken for a generator function."""

from __future__ import annotations

from collections.abc import Callable
from types import MethodType
from typing import Any, Final

__all__ = ["Generates"]


class Generates:
    """A function that returns a generator, and is taken for a generator function of the same code.

    LangChain asks `inspect` for it. A real one would do nothing before the first step: who has asked for the stream
    would not be known. `inspect` goes by these attributes, as Cython's functions have them.
    """

    def __init__(self, original: Callable[..., Any], call: Callable[..., Any]) -> None:
        code: Any = original
        self.__code__, self.__defaults__, self.__kwdefaults__ = code.__code__, code.__defaults__, code.__kwdefaults__
        self._call: Final = call

    def __get__(self, one: Any, kind: Any = None) -> Any:
        return self if one is None else MethodType(self, one)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Return the generator."""
        return self._call(*args, **kwargs)
