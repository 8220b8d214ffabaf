"""What stands in place of the functions of LangChain's models."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextvars import copy_context
from functools import partial
from typing import Any

from windvane.collectors.instrument.calling import Make
from windvane.collectors.instrument.guarding import guarded
from windvane.collectors.instrument.langchain import answers, messages
from windvane.collectors.instrument.langchain.generating import Generates
from windvane.collectors.instrument.langchain.running import EventRun, Run, here
from windvane.collectors.instrument.patching import Patches
from windvane.collectors.instrument.stepping import steps_later
from windvane.collectors.instrument.wire.base import Fields

__all__ = ["chat", "completion", "events", "stream"]

Steps = Callable[[Any, Callable[[], Run]], Any]


@guarded
def chat(model: Any, given: Any, stop: Any = None, run_manager: Any = None, **kwargs: Any) -> Run:
    """Begin a call of a chat model, by the arguments of `_generate_with_cache`."""
    asks = partial(_asks, model, lambda: messages.said(given), stop, kwargs)
    return Run("chat", asks, lambda result: answers.replied(result.generations), getattr(run_manager, "metadata", None))


@guarded
def completion(model: Any, prompts: Any, stop: Any, run_managers: Any, **kwargs: Any) -> Run:
    """Begin a call of a model that completes texts, by the arguments of `_generate_helper`: of all texts at once."""
    kwargs.pop("new_arg_supported", None)
    asks = partial(_asks, model, lambda: messages.prompted(prompts), stop, kwargs)

    def reads(result: Any) -> Fields | None:
        return answers.completed([one for each in result.generations for one in each], result.llm_output or {})

    return Run("text_completion", asks, reads, run_managers[0].metadata if run_managers else None)


def _asks(
    model: Any, said: Callable[[], Fields | None], stop: Any, kwargs: dict[str, Any], about: Mapping[str, Any] | None
) -> Fields:
    """Return what is asked; `about` is what LangChain has told its callbacks of it."""
    if about is None or "ls_provider" not in about:
        about = guarded(model._get_ls_params)(stop=stop, **kwargs) or {}
    return {**(messages.asked(about, kwargs.get("response_format")) or {}), **(said() or {})}


@guarded
def _begins(kind: Any, later: bool, model: Any, input: Any, config: Any = None, *, stop: Any = None, **kwargs: Any
            ) -> Callable[[], Run] | None:  # fmt: skip
    """Return what begins the call of a stream; None if the model does not stream, and is called whole."""
    chats = hasattr(kind, "_should_stream")
    if not (
        model._should_stream(async_api=later, **{**kwargs, "stream": True})
        if chats
        else type(model)._stream is not kind._stream or (later and type(model)._astream is not kind._astream)
    ):
        return None
    given = list(input) if isinstance(input, list) else input  # the app may go on with its list

    def said() -> Fields | None:
        try:
            value = model._convert_input(given)
        except Exception:  # it is no input: the call has failed for it
            return None
        return messages.said(value.to_messages()) if chats else messages.prompted([value.to_string()])

    asks = partial(_asks, model, said, stop, kwargs)
    reads = answers.replied if chats else lambda generations: answers.completed(generations, {})
    # In the context of now: a stream belongs to who has asked for it.
    return partial(copy_context().run, Run, "chat" if chats else "text_completion", asks, reads)


def stream(patches: Patches, kind: Any, through: Steps) -> Make:
    """Return what makes `stream` or `astream` of a kind of models tell of each stream that is read."""

    def make(original: Callable[..., Any]) -> Callable[..., Any]:
        def streams(*args: Any, **kwargs: Any) -> Any:
            source = original(*args, **kwargs)
            begins = _begins(kind, through is steps_later, *args, **kwargs) if patches.on else None
            return source if begins is None else through(source, begins)

        return Generates(original, streams)

    return make


def events(patches: Patches, through: Steps) -> Make:
    """Return what makes the newer streams, of events, tell; they need not be part of another call."""

    def make(original: Callable[..., Any]) -> Callable[..., Any]:
        def passes(model: Any, given: Any, *, run_manager: Any, stream: Any, stop: Any = None, **kwargs: Any) -> Any:
            source = original(model, given, run_manager=run_manager, stream=stream, stop=stop, **kwargs)
            if not patches.on or here() is not None:  # of a call that is answered whole
                return source
            asks = partial(_asks, model, lambda: messages.said(given), stop, kwargs)
            reads, about = lambda _: answers.built(stream), getattr(run_manager, "metadata", None)
            return through(source, partial(EventRun, "chat", asks, reads, about))

        return Generates(original, passes)

    return make
