"""A run of one of LangChain's tools or retrievers: a row, and the span above what is called in it."""

from __future__ import annotations

from typing import Any, Final

from windvane.collectors.call import Call
from windvane.collectors.context import inside
from windvane.collectors.instrument.failing import error_of
from windvane.collectors.instrument.guarding import guarded
from windvane.collectors.instrument.langchain.messages import words
from windvane.collectors.instrument.recording import emit

__all__ = ["retrieval", "tool"]

_PAUSE: Final = "GraphBubbleUp"
"""By this LangGraph leaves a tool that waits for somebody: no failure."""


class _Tool:
    """A run of a tool; see `Work`."""

    def __init__(self, **fields: Any) -> None:
        self._call: Final = Call(emit, fields)

    def enter(self) -> Any:
        """See `Work`."""
        within = inside(self._call.trace_id, self._call.span_id)
        within.__enter__()
        return within

    def leave(self, token: Any) -> None:
        """See `Work`."""
        token.__exit__(None, None, None)

    def failed(self, error: BaseException) -> None:
        """See `Work`."""
        if all(kind.__name__ != _PAUSE for kind in type(error).__mro__):
            self._fail(*error_of(error))
        self._call.end()

    def answered(self, result: Any) -> None:
        """See `Work`."""
        self._see(result)
        self._call.end()

    @guarded
    def _fail(self, kind: str, said: Any) -> None:
        self._call.set(**{"error.type": kind, "error.message": said})

    @guarded
    def _see(self, result: Any) -> None:
        said = getattr(result, "content", result)  # of a message, if a model has called the tool
        said = words(said) if isinstance(said, list) and said is not result else said
        self._call.set(response=said)
        if getattr(result, "status", None) == "error":  # it has failed, and tells the model so
            self._fail("ToolException", said)


class _Retrieval(_Tool):
    """A search for documents; see `Work`."""

    @guarded
    def _see(self, result: Any) -> None:
        self._call.set(context=[one.page_content for one in result])


@guarded
def tool(tool: Any, tool_input: Any, *_: Any, **__: Any) -> _Tool:
    """Begin a run of a tool. What LangGraph has added to its arguments, such as its own state, is left out."""
    given = tool._filter_injected_args(tool_input) if isinstance(tool_input, dict) else tool_input
    return _Tool(operation="execute_tool", tool=tool.name, prompt=given)


@guarded
def retrieval(_: Any, input: Any, *__: Any, **___: Any) -> _Retrieval:
    """Begin a search."""
    return _Retrieval(operation="retrieval", prompt=input)
