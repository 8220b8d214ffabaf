"""One call as it is made: begun, filled while it runs, emitted when it ends, whatever way it ends."""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Callable, Mapping
from types import TracebackType
from typing import Any, Final

from windvane.collectors.context import Around, around, inside, tags_of

__all__ = ["Call", "as_now"]

Emit = Callable[..., str]
_clock: Final = time.perf_counter
_log: Final = logging.getLogger("windvane")


class Call:
    """A call of a model, a tool, a retriever, an embedder. `with windvane.call(…) as call:` makes one.

    What is known at its beginning is given at once; what is known later is set: `call.set(response=…, input_tokens=…)`.
    Fields are those of docs/reference/events.md, by any of their names. Nothing of it raises into the app, blocks, or
    swallows the app's own exceptions: these become `error` and go on.
    """

    __slots__ = ("_around", "_begun", "_emit", "_ended", "_fields", "_inside", "id", "span_id", "trace_id")

    def __init__(self, emit: Emit, fields: Mapping[str, Any]) -> None:
        """Begin now. `emit` takes fields and returns an id: `Client.emit`."""
        self._emit, self._fields = emit, as_now(fields)
        self._around: Around | None = around()
        known = self._fields.pop("trace_id", None) or (self._around and self._around.trace_id)
        self.trace_id: str = str(known or os.urandom(16).hex())
        self.span_id = os.urandom(8).hex()
        self.id = str(self._fields.pop("id", None) or f"{self.span_id}-{self.trace_id[:8]}")
        """The event's id, known from the beginning: for `windvane.feedback`."""
        self._ended = False
        self._inside: Any = None
        self._begun = _clock()

    def set(self, **fields: Any) -> None:
        """Say more of it. None says nothing."""
        self._fields.update((name, value) for name, value in fields.items() if value is not None)

    def first_chunk(self) -> None:
        """Say that the answer has begun, now. Only the first time counts."""
        self._fields.setdefault("ttft", _clock() - self._begun)

    def fail(self, error: BaseException | str) -> None:
        """Say that it has failed."""
        self._fields["error"] = error

    def left(self, error: BaseException) -> None:
        """Say that an exception ends it. A generator that is not read to its end is no failure."""
        if not isinstance(error, GeneratorExit):
            self.fail(error)

    def end(self) -> str:
        """Emit it, once; return its id."""
        if self._ended:
            return self.id
        self._ended = True
        latency = _clock() - self._begun
        try:
            held = self._around.fields() if self._around else {}
            held.pop("trace_id", None)
            tags = {**held.pop("tags", {}), **tags_of(self._fields.pop("tags", None))}
            self._fields.setdefault("latency", latency)
            return self._emit(**{
                "id": self.id, "trace_id": self.trace_id, "span_id": self.span_id, **held, **self._fields,
                "tags": tags or None,
            })  # fmt: skip
        except Exception:
            # The app's own exception may be on its way: nothing of ours takes its place.
            _log.debug("a call could not be told", exc_info=True)
            return self.id

    def __enter__(self) -> Call:
        self._inside = inside(self.trace_id, self.span_id)
        self._inside.__enter__()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        self._inside.__exit__(None, None, None)
        if error is not None:
            self.left(error)
        self.end()


def as_now(fields: Mapping[str, Any]) -> dict[str, Any]:
    """Return fields as they are now: a list, such as the messages, is one that the app goes on with."""
    return {name: list(value) if type(value) is list else value for name, value in fields.items()}
