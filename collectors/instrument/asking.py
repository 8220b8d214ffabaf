"""Generators that begin nothing before they are read: what is around a call is what was around the asking for it."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from windvane.collectors.context import Around, around, within
from windvane.collectors.instrument.calling import Make
from windvane.collectors.instrument.patching import Patches
from windvane.collectors.instrument.stepping import steps, steps_later

__all__ = ["Belonging", "asks", "asks_later"]


class Belonging:
    """Has what is called for a stream's reader belong to who has asked for it; see `Streamed`. It tells nothing."""

    __slots__ = ("_held",)

    def __init__(self, held: Around | None) -> None:
        self._held = held

    def enter(self) -> Any:
        """See `Work`."""
        held = within(self._held)
        held.__enter__()
        return held

    def leave(self, token: Any) -> None:
        """See `Work`."""
        token.__exit__(None, None, None)

    def see(self, piece: Any) -> None:
        """See `Streamed`."""

    def failed(self, error: BaseException) -> None:
        """See `Work`."""

    def answered(self, result: Any) -> None:
        """See `Work`."""


def asks(patches: Patches) -> Make:
    """Return what makes a function that returns a generator remember what is around it."""

    def make(original: Callable[..., Any]) -> Callable[..., Any]:
        def stream(*args: Any, **kwargs: Any) -> Any:
            found = original(*args, **kwargs)
            return steps(found, partial(Belonging, around())) if patches.on else found

        return stream

    return make


def asks_later(patches: Patches) -> Make:
    """Return the same for a coroutine function that returns an asynchronous generator."""

    def make(original: Callable[..., Any]) -> Callable[..., Any]:
        async def stream(*args: Any, **kwargs: Any) -> Any:
            found = await original(*args, **kwargs)
            return steps_later(found, partial(Belonging, around())) if patches.on else found

        return stream

    return make
