"""A run of one of LlamaIndex's retrievers or tools, from its begin to its row, and what is around a synthesis."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from contextvars import ContextVar
from typing import Any, Final

from windvane.collectors.call import Call
from windvane.collectors.context import around, inside
from windvane.collectors.instrument.asking import Belonging
from windvane.collectors.instrument.failing import error_of
from windvane.collectors.instrument.guarding import guarded
from windvane.collectors.instrument.llama_index.calls import Step
from windvane.collectors.instrument.llama_index.messages import documents, words
from windvane.collectors.instrument.recording import emit

__all__ = ["retrieving", "synthesizing", "using"]

Reads = Callable[[Any], dict[str, Any]]

_PARSER: Final = "llama_index.core.program.function_program"
"""Where LlamaIndex makes a tool of a class, to parse an answer by it: no tool of the app's."""
_running: Final[ContextVar[Running | None]] = ContextVar("windvane_llama_index", default=None)


class Running:
    """A run of a retriever or a tool: the parent of what is called in it."""

    __slots__ = ("_call", "_reads", "open", "owner")
    streams = False

    def __init__(self, owner: Any, fields: dict[str, Any], reads: Reads) -> None:
        """`reads` reads what has been returned."""
        self.owner, self.open, self._reads = owner, True, reads
        self._call = Call(emit, fields)

    @guarded
    def enter(self) -> Any:
        """See `Work`."""
        parent = inside(self._call.trace_id, self._call.span_id)
        parent.__enter__()
        return parent, _running.set(self)

    @guarded
    def leave(self, token: Any) -> None:
        """See `Work`."""
        if token is not None:
            with suppress(ValueError):
                _running.reset(token[1])
            token[0].__exit__(None, None, None)

    def see(self, piece: Any) -> None:
        """See `Streamed`. There are none."""

    @guarded
    def failed(self, error: BaseException) -> None:
        """See `Work`."""
        kind, said = error_of(error)
        self._call.set(error_type=kind, error_message=said or None)
        self._end()

    @guarded
    def answered(self, result: Any) -> None:
        """See `Work`."""
        try:
            self._call.set(**self._reads(result))
        finally:
            self._end()

    def _end(self) -> None:
        self.open = False
        self._call.end()


class _Synthesis(Belonging):
    """What it calls belongs to who asked for it, also what it calls for the reader of its stream."""

    __slots__ = ()
    streams = True


@guarded
def synthesizing(_: Any, __: str, ___: tuple[Any, ...], ____: dict[str, Any]) -> Step | None:
    """Begin a synthesis; None where nothing is around it."""
    held = around()
    return None if held is None else _Synthesis(held)


def _is_part(owner: Any) -> bool:
    above = _running.get()
    return above is not None and above.open and above.owner is owner


@guarded
def retrieving(retriever: Any, _: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Step | None:
    """Begin a retrieval; None where it is part of one."""
    if _is_part(retriever):
        return None
    given = args[0] if args else kwargs.get("str_or_query_bundle")
    query = getattr(given, "query_str", given)
    return Running(retriever, {"operation": "retrieval", "prompt": query}, lambda nodes: {"context": documents(nodes)})


@guarded
def using(tool: Any, _: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Step | None:
    """Begin a run of a tool; None where it is part of one."""
    if _is_part(tool) or getattr(getattr(tool, "fn", None), "__module__", None) == _PARSER:
        return None
    # What the app itself adds, such as a workflow's context, is no argument of the model's.
    own = {getattr(tool, "ctx_param_name", None), *(getattr(tool, "partial_params", None) or ())}
    given: Any = {name: value for name, value in kwargs.items() if name not in own}
    if args:
        given = args[0] if len(args) == 1 and not given else {"args": args, **given}
    return Running(tool, {"operation": "execute_tool", "tool": tool.metadata.name, "prompt": given or None}, _returned)


def _returned(output: Any) -> dict[str, Any]:
    if not hasattr(output, "blocks"):
        return {"response": output if isinstance(output, str) else None}
    said: dict[str, Any] = {"response": words(output)}
    if getattr(output, "is_error", False):
        error = getattr(output, "exception", None)
        kind, message = error_of(error) if error is not None else ("_OTHER", said["response"])
        said |= {"error_type": kind, "error_message": message or None}
    return said
