"""A call of a function of LiteLLM's, from its begin to its row, or to the stream that it returns."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from types import CoroutineType
from typing import Any, Final

from windvane.collectors.instrument.claiming import EMBEDS, Claim, release
from windvane.collectors.instrument.guarding import guarded
from windvane.collectors.instrument.litellm.failing import failure
from windvane.collectors.instrument.litellm.reading import answered, asked, dumped, heard, requested
from windvane.collectors.instrument.litellm.streams import watch
from windvane.collectors.instrument.patching import Patches
from windvane.collectors.instrument.recording import Recording
from windvane.collectors.instrument.wire.base import Wire, word
from windvane.collectors.instrument.wire.openai_chat import CHAT
from windvane.collectors.instrument.wire.openai_embeddings import EMBEDDINGS
from windvane.collectors.instrument.wire.openai_responses import RESPONSES

__all__ = ["WIRES", "calls", "function", "routed"]

WIRES: Final = {"completion": CHAT, "embedding": EMBEDDINGS, "responses": RESPONSES}
_INNER: Final = frozenset({"acompletion", "aembedding", "aresponses"})
"""Arguments by which an asynchronous function of LiteLLM's asks a synchronous one for its coroutine."""
Begin = Callable[[tuple[Any, ...], dict[str, Any]], Recording | None]
Make = Callable[[Callable[..., Any]], Callable[..., Any]]


def calls(patches: Patches, begin: Begin, *, later: bool) -> Make:
    """Return what makes a function tell of its calls; `later` for a coroutine function."""

    @guarded
    def ended(recording: Recording, result: Any) -> None:
        kind = type(result)  # asking an answer itself takes pydantic's time
        if hasattr(kind, "__next__") or hasattr(kind, "__anext__"):
            watch(patches, result, recording)
        elif kind is not CoroutineType:  # what a coroutine will call tells by itself
            recording.end(partial(_answer, recording, result))

    def make(original: Callable[..., Any]) -> Callable[..., Any]:
        def call(*args: Any, **kwargs: Any) -> Any:
            recording = begin(args, kwargs) if patches.on else None
            if recording is None or recording.claim is None:
                return original(*args, **kwargs)
            token = recording.claim.begin()
            try:
                result = original(*args, **kwargs)
            except BaseException as error:
                _failed(recording, error)
                raise
            finally:
                release(token)
            ended(recording, result)
            return result

        async def call_later(*args: Any, **kwargs: Any) -> Any:
            recording = begin(args, kwargs) if patches.on else None
            if recording is None or recording.claim is None:
                return await original(*args, **kwargs)
            token = recording.claim.begin()
            try:
                result = await original(*args, **kwargs)
            except BaseException as error:
                _failed(recording, error)
                raise
            finally:
                release(token)
            ended(recording, result)
            return result

        return call_later if later else call

    return make


def function(wire: Wire, names: tuple[str, ...]) -> Begin:
    """Return what begins the calls of a function whose parameters have these names."""

    @guarded
    def begin(args: tuple[Any, ...], kwargs: dict[str, Any]) -> Recording | None:
        if not _INNER.isdisjoint(kwargs) and any(kwargs.get(name) is True for name in _INNER):
            return None
        given = {**dict(zip(names, args, strict=False)), **kwargs}
        fields = asked(wire, given)
        recording = Recording(wire, fields, _claim(wire))
        recording.request, recording.response = fields["gen_ai_provider_name"], _now(given)
        return recording

    return begin


@guarded
def routed(args: tuple[Any, ...], kwargs: dict[str, Any]) -> Recording | None:
    """Begin a call of the router, who is asked for a group of models: which it is, the calls that it makes know."""
    given = args[2] if len(args) > 2 else kwargs
    function = kwargs.get("original_generic_function") or kwargs.get("original_function")
    name = args[1].endpoint if len(args) > 2 else getattr(function, "__name__", "")
    wire = WIRES.get(name.lstrip("_").removeprefix("a"))
    if wire is None:
        return None
    group = {"gen_ai_provider_name": None, "gen_ai_request_model": word(given.get("model"))}
    recording = Recording(wire, {**asked(wire, given), **group}, _claim(wire))
    recording.response = _now(given)
    return recording


def _now(given: Mapping[str, Any]) -> dict[str, Any]:
    """Return arguments as they are now: the app may go on with its lists while a stream is read."""
    return {name: list(value) if type(value) is list else value for name, value in given.items()}


def _claim(wire: Wire) -> Claim:
    return Claim(EMBEDS) if wire is EMBEDDINGS else Claim()


@guarded
def _failed(recording: Recording, error: BaseException) -> None:
    recording.fail(*failure(error))
    heard(recording, good=False)
    recording.end(partial(requested, recording))


@guarded
def _answer(recording: Recording, result: Any) -> Mapping[str, Any]:
    if heard(recording, good=True):
        return {}
    return {**requested(recording), **answered(recording, dumped(result), getattr(result, "_hidden_params", None))}
