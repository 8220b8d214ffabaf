"""LlamaIndex: LLMs, retrievers and tools of every package, by the functions that its base classes ask for.

Its own events do not do: nothing is told between a reader's asking for a piece of a stream and the call below that is
made for it, so that it could not be claimed. The functions themselves are replaced, in every class that has them, and
in those to come.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from importlib import import_module
from typing import Any, Final

from windvane.collectors.instrument.base import Instrumentation
from windvane.collectors.instrument.guarding import guarded
from windvane.collectors.instrument.llama_index.calls import asking
from windvane.collectors.instrument.llama_index.streams import passed_on
from windvane.collectors.instrument.llama_index.working import retrieving, synthesizing, using
from windvane.collectors.instrument.patching import Patches

__all__ = ["INSTRUMENTATION"]

_ASK: Final = ("chat", "complete", "stream_chat", "stream_complete")
_KINDS: Final = (
    ("llama_index.core.base.llms.base", "BaseLLM", (*_ASK, *(f"a{name}" for name in _ASK)), asking),
    ("llama_index.core.base.base_retriever", "BaseRetriever", ("retrieve", "aretrieve"), retrieving),
    ("llama_index.core.tools.types", "AsyncBaseTool", ("call", "acall"), using),
    ("llama_index.core.response_synthesizers.base", "BaseSynthesizer", ("get_response", "aget_response"), synthesizing),
)
"""Where a base class is, its functions that are calls, and what begins one."""


class LlamaIndex(Instrumentation):
    """The instrumentation of it."""

    library = "llama_index.core"

    def install(self) -> None:
        """Replace the functions in all classes there are, and what is told of each class to come."""
        kinds = [(getattr(import_module(place), name), names, begins) for place, name, names, begins in _KINDS]
        for base, names, begins in kinds:
            for kind in dict.fromkeys((base, *_below(base))):
                self._replace(kind, names, begins)
        self._mixin = import_module("llama_index.core.instrumentation").DispatcherSpanMixin
        own = vars(self._mixin)["__init_subclass__"]

        @guarded
        def made(kind: type) -> None:
            for base, names, begins in kinds:
                if issubclass(kind, base):
                    self._replace(kind, names, begins)

        def __init_subclass__(cls: type, /, **kwargs: Any) -> None:
            own.__get__(None, cls)(**kwargs)
            made(cls)

        self._own: Any = own
        self._ours: Any = classmethod(__init_subclass__)
        self._mixin.__init_subclass__ = self._ours

    def remove(self) -> None:
        """See `Instrumentation`."""
        if (mixin := self.__dict__.pop("_mixin", None)) and vars(mixin).get("__init_subclass__") is self._ours:
            mixin.__init_subclass__ = self._own
        super().remove()

    def _replace(self, kind: Any, names: tuple[str, ...], begins: Callable[..., Any]) -> None:
        for name in names:
            own = vars(kind).get(name)
            if callable(own) and hasattr(own, "__get__") and not getattr(own, "__isabstractmethod__", False):
                make = _later if inspect.iscoroutinefunction(own) else _now
                self.patches.wrap(kind, name, make(self.patches, own, name, begins))


def _below(kind: Any) -> Iterator[Any]:
    for one in kind.__subclasses__():
        yield one
        yield from _below(one)


def _now(patches: Patches, own: Any, name: str, begins: Callable[..., Any]) -> Callable[..., Any]:
    def make(_: Callable[..., Any]) -> Callable[..., Any]:
        def runs(one: Any, *args: Any, **kwargs: Any) -> Any:
            call = begins(one, name, args, kwargs) if patches.on else None
            # As if it were looked up: LlamaIndex's own wrapper must know whose function it is.
            function = own.__get__(one, type(one))
            if call is None:
                return function(*args, **kwargs)
            token = call.enter()
            try:
                result = function(*args, **kwargs)
            except BaseException as error:
                call.failed(error)
                raise
            finally:
                call.leave(token)
            return passed_on(result, call)

        return runs

    return make


def _later(patches: Patches, own: Any, name: str, begins: Callable[..., Any]) -> Callable[..., Any]:
    def make(_: Callable[..., Any]) -> Callable[..., Any]:
        async def runs(one: Any, *args: Any, **kwargs: Any) -> Any:
            call = begins(one, name, args, kwargs) if patches.on else None
            function = own.__get__(one, type(one))
            if call is None:
                return await function(*args, **kwargs)
            token = call.enter()
            try:
                result = await function(*args, **kwargs)
            except BaseException as error:
                call.failed(error)
                raise
            finally:
                call.leave(token)
            return passed_on(result, call)

        return runs

    return make


INSTRUMENTATION: Final = LlamaIndex()
