"""One call, one row: the outermost library that understands a call claims it, those below it hand it what they know."""

from __future__ import annotations

from contextlib import suppress
from contextvars import ContextVar, Token
from typing import Any, Final

__all__ = ["EMBEDS", "Claim", "claimed", "release"]

ANSWERS: Final = frozenset({"chat", "text_completion"})
EMBEDS: Final = frozenset({"embeddings"})


class Claim:
    """A call of a library above. What is called below it is told in its row, and not by a row of its own."""

    __slots__ = ("_operations", "below", "open")

    def __init__(self, operations: frozenset[str] = ANSWERS) -> None:
        """`operations` are those of the calls that are part of it: what a chat's cache embeds is a call of its own."""
        self._operations = operations
        self.below: dict[str, Any] | None = None
        """What the last call below has told."""
        self.open = True
        """Whether its row is still to be told."""

    def begin(self) -> Token[Claim | None]:
        """Claim what is called from here on, in this context and what is begun in it; give the token to `release`."""
        return _claim.set(self)

    def take(self, fields: dict[str, Any]) -> dict[str, Any] | None:
        """Take what a call below has to tell; return what must be told by itself.

        An earlier call that failed was tried again: it is part of this one. One that succeeded has cost its tokens, and
        is a row. What comes after the row was told is nobody's.
        """
        if fields.get("gen_ai_operation_name") not in self._operations:
            return fields
        if not self.open:
            return None
        earlier, self.below = self.below, fields
        return earlier if earlier is not None and not earlier.get("error_type") else None


_claim: Final[ContextVar[Claim | None]] = ContextVar("windvane_claim", default=None)
claimed: Final = _claim.get
"""Return the claim of a library above on the call that is made here; None where there is none."""


def release(token: Token[Claim | None]) -> None:
    """End a claim. Harmless in another context than that of the claim, where a generator may end."""
    with suppress(ValueError):
        _claim.reset(token)
