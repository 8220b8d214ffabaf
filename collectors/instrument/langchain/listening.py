"""What LangChain tells of a call while it runs: pieces of the answer, the whole of them, an answer out of its cache.

`CallbackManagerForLLMRun` and its sister are what every model tells it to, whether the app has callbacks or not.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from windvane.collectors.instrument.guarding import guarded
from windvane.collectors.instrument.langchain.running import Run, here

__all__ = ["ENDS", "PIECES", "cached", "hears", "hears_later"]

PIECES: Final = ("on_llm_new_token", "on_stream_event")
"""Functions of both managers; older versions have no `on_stream_event`."""
ENDS: Final = ("on_llm_end", "on_llm_error")


def cached(original: Callable[..., Any]) -> Callable[..., Any]:
    """Make what LangChain reads its cache by say that there was no call."""

    def converts(*args: Any, **kwargs: Any) -> Any:
        if (run := here()) is not None:
            run.drop()
        return original(*args, **kwargs)

    return converts


def hears(original: Callable[..., Any]) -> Callable[..., Any]:
    """Make one of the functions tell us, too."""

    def tells(*args: Any, **kwargs: Any) -> Any:
        if (run := here()) is not None and not (run.begun and original.__name__ in PIECES):
            _hear(run, *args, **kwargs)
        return original(*args, **kwargs)

    return tells


def hears_later(original: Callable[..., Any]) -> Callable[..., Any]:
    """Make one of them tell us that is awaited."""

    async def tells(*args: Any, **kwargs: Any) -> Any:
        if (run := here()) is not None and not (run.begun and original.__name__ in PIECES):
            _hear(run, *args, **kwargs)
        return await original(*args, **kwargs)

    return tells


@guarded
def _hear(run: Run, manager: Any, told: Any = None, *, chunk: Any = None, response: Any = None, **_: Any) -> None:
    """Hear a piece of an answer, the result, or the error and what there was of a result."""
    failed = isinstance(told, BaseException)
    if not failed and not hasattr(told, "generations"):
        run.see(told if chunk is None else chunk)
        return
    if not run.passes:
        return
    run.about = manager.metadata
    result = response if failed else told
    # Beside what there was, an error has a generation that tells of it.
    found = [one for each in result.generations for one in each if not failed or _is_piece(one)] if result else []
    run.shown = found or None


def _is_piece(generation: Any) -> bool:
    return type(generation).__name__.endswith("Chunk")
