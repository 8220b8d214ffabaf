"""What is around a call: who asked, in which conversation, by which prompt, under which span. It goes along by itself.

A `contextvars` variable follows coroutines and `asyncio.to_thread`. Threads and executors begin without it in Python,
so `carry` teaches them to take this one variable along, and nothing else of the app's.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from dataclasses import dataclass, field, replace
from functools import wraps
from typing import Any, Final

__all__ = ["Around", "around", "carry", "context", "inside", "tags_of", "within"]


@dataclass(frozen=True, slots=True)
class Around:
    """What every event in it gets where it says nothing itself."""

    user: str | None = None
    session: str | None = None
    tags: Mapping[str, str] = field(default_factory=dict)
    prompt_name: str | None = None
    prompt_version: str | None = None
    trace_id: str | None = None
    span_id: str | None = None
    """The span that is a parent here."""

    def fields(self) -> dict[str, Any]:
        """Return it as fields of an event; what is not said is left out."""
        said = {
            "user": self.user,
            "session": self.session,
            "tags": dict(self.tags) or None,
            "prompt_name": self.prompt_name,
            "prompt_version": self.prompt_version,
            "trace_id": self.trace_id,
            "parent_span_id": self.span_id,
        }
        return {name: value for name, value in said.items() if value is not None}


_EMPTY: Final = Around()
_around: Final[ContextVar[Around | None]] = ContextVar("windvane", default=None)
around: Final = _around.get
"""Return what is around here; None where nothing is. Takes 50 ns."""


@contextmanager
def context(*, user: str | None = None, session: str | None = None, tags: Mapping[str, str] | None = None,
            prompt: str | tuple[str, str] | None = None, trace_id: str | None = None) -> Iterator[None]:  # fmt: skip
    """Give every event that is made inside, in coroutines, threads (no daemons) and executors too, these fields.

    An inner context adds to an outer one, and goes before it; an event's own fields go before both. `prompt` is a name,
    or a name and a version. Never raises of itself: what is of another type is written as text.

    >>> with context(user="ann", prompt=("shop/answer", "7")):
    ...     with context(session="s-1", tags={"region": "eu"}):
    ...         around().fields()["user"], around().fields()["session"], around().fields()["prompt_version"]
    ('ann', 's-1', '7')
    """
    carry()
    outer = _around.get() or _EMPTY
    name, version = (*prompt, None)[:2] if isinstance(prompt, tuple) else (prompt, None)
    trace_id = _text(trace_id)
    new = Around(
        user=_text(user) or outer.user,
        session=_text(session) or outer.session,
        tags={**outer.tags, **tags_of(tags)},
        prompt_name=_text(name) or outer.prompt_name,
        # A version is of its prompt: another prompt does not inherit it.
        prompt_version=_text(version) if name else outer.prompt_version,
        trace_id=trace_id or outer.trace_id,
        span_id=None if trace_id and trace_id != outer.trace_id else outer.span_id,
    )
    token = _around.set(new)
    try:
        yield
    finally:
        _leave(token)


@contextmanager
def inside(trace_id: str, span_id: str) -> Iterator[None]:
    """Make this span the parent of what is made inside."""
    carry()
    token = _around.set(replace(_around.get() or _EMPTY, trace_id=trace_id, span_id=span_id))
    try:
        yield
    finally:
        _leave(token)


@contextmanager
def within(held: Around | None) -> Iterator[None]:
    """Have around what was around somewhere else, for a step of what was begun there."""
    token = _around.set(held)
    try:
        yield
    finally:
        _leave(token)


def _leave(token: Any) -> None:
    with suppress(ValueError):  # a generator that was begun in one task and ended in another: it was not set here
        _around.reset(token)


def tags_of(given: Any) -> dict[str, str]:
    """Return tags as a map of texts, whatever they are: bare ones have no value, and what is no tags is none."""
    if isinstance(given, Mapping):
        return {str(name): str(value) for name, value in given.items()}
    return {str(name): "" for name in given} if isinstance(given, list | tuple | set | frozenset) else {}


def _text(value: Any) -> str | None:
    return None if value is None else str(value)


_lock: Final = threading.Lock()
_carried = False


def carry() -> None:
    """Have threads and executors that are started from now on take along what is around their start. Does it once."""
    global _carried
    if _carried:
        return
    with _lock:
        if _carried:
            return
        threading.Thread.start = _carrying_start(threading.Thread.start)  # type: ignore[method-assign]
        ThreadPoolExecutor.submit = _carrying_submit(ThreadPoolExecutor.submit)  # type: ignore[method-assign]
        _carried = True


def _carrying_start(start: Callable[..., None]) -> Callable[..., None]:
    @wraps(start)
    def carrying(self: threading.Thread) -> None:
        held, run = _around.get(), self.run
        # A daemon mostly lives longer than what is around its start: a worker that serves others later.
        if held is not None and not self.daemon:

            def carried() -> None:
                self.__dict__.pop("run", None)
                _around.set(held)
                run()

            with suppress(AttributeError):  # a subclass may have made it read-only
                self.run = carried  # type: ignore[method-assign]
        start(self)

    return carrying


def _carrying_submit(submit: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(submit)
    def carrying(self: ThreadPoolExecutor, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Any:
        # Also where nothing is around: the pool's thread may have begun under another caller.
        return submit(self, _run_in, _around.get(), fn, *args, **kwargs)

    return carrying


def _run_in(held: Around | None, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Any:
    token = _around.set(held)
    try:
        return fn(*args, **kwargs)
    finally:
        _around.reset(token)
