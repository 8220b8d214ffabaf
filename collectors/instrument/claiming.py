"""One call, one row: the outermost library that understands a call claims it, those below it stay silent."""

from __future__ import annotations

from contextlib import suppress
from contextvars import ContextVar, Token
from typing import Final

__all__ = ["claim", "claimed", "release"]

_claimed: Final[ContextVar[bool]] = ContextVar("windvane_claimed", default=False)
claimed: Final = _claimed.get
"""Return whether a library above has claimed the call that is made here."""


def claim() -> Token[bool]:
    """Claim what is called from here on, in this context and what is begun in it; give the token to `release`."""
    return _claimed.set(True)


def release(token: Token[bool]) -> None:
    """End a claim. Harmless in another context than that of the claim, where a generator may end."""
    with suppress(ValueError):
        _claimed.reset(token)
