"""A call of a function of LiteLLM's, from its begin to its row, or to the stream that it returns."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from types import CoroutineType
from typing import Any, Final

from windvane.collectors.call import as_now
from windvane.collectors.instrument.calling import Make, whole, whole_later
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


class _Work:
    """A call; see `Work`."""

    __slots__ = ("_claim", "_patches", "_recording")

    def __init__(self, patches: Patches, recording: Recording, claim: Claim) -> None:
        self._patches, self._recording, self._claim = patches, recording, claim

    def enter(self) -> Any:
        """See `Work`."""
        return self._claim.begin()

    def leave(self, token: Any) -> None:
        """See `Work`."""
        release(token)

    @guarded
    def failed(self, error: BaseException) -> None:
        """See `Work`."""
        self._recording.fail(*failure(error))
        heard(self._recording, good=False)
        self._recording.end(partial(requested, self._recording))

    @guarded
    def answered(self, result: Any) -> None:
        """See `Work`."""
        kind = type(result)  # asking an answer itself takes pydantic's time
        if hasattr(kind, "__next__") or hasattr(kind, "__anext__"):
            watch(self._patches, result, self._recording)
        elif kind is not CoroutineType:  # what a coroutine will call tells by itself
            self._recording.end(partial(_answer, self._recording, result))


def calls(patches: Patches, begin: Begin, *, later: bool) -> Make:
    """Return what makes a function tell of its calls; `later` for a coroutine function."""

    def work(*args: Any, **kwargs: Any) -> _Work | None:
        recording = begin(args, kwargs)
        if recording is None or recording.claim is None:
            return None
        return _Work(patches, recording, recording.claim)

    return (whole_later if later else whole)(patches, work)


def function(wire: Wire, names: tuple[str, ...]) -> Begin:
    """Return what begins the calls of a function whose parameters have these names."""

    @guarded
    def begin(args: tuple[Any, ...], kwargs: dict[str, Any]) -> Recording | None:
        if not _INNER.isdisjoint(kwargs) and any(kwargs.get(name) is True for name in _INNER):
            return None
        given = {**dict(zip(names, args, strict=False)), **kwargs}
        fields = asked(wire, given)
        recording = Recording(wire, fields, _claim(wire))
        recording.request, recording.response = fields["gen_ai_provider_name"], as_now(given)
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
    recording.response = as_now(given)
    return recording


def _claim(wire: Wire) -> Claim:
    return Claim(EMBEDS) if wire is EMBEDDINGS else Claim()


@guarded
def _answer(recording: Recording, result: Any) -> Mapping[str, Any]:
    if heard(recording, good=True):
        return {}
    return {**requested(recording), **answered(recording, dumped(result), getattr(result, "_hidden_params", None))}
