"""Libraries that Stainless has generated: OpenAI's, Anthropic's and others have the same functions below all calls.

`request` of the base client is a call as its caller sees it, retries and all; `_process_response` inside it is given
the HTTP response. Both are as old as version 1 of OpenAI's library. What is read is the provider's JSON, not the
library's classes: these differ from version to version, and raw and streamed responses have none.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping
from contextvars import ContextVar
from typing import Any, Final

from windvane.collectors.instrument.base import Instrumentation
from windvane.collectors.instrument.failing import error_of
from windvane.collectors.instrument.guarding import guarded, swallow
from windvane.collectors.instrument.patching import Patches
from windvane.collectors.instrument.providers import provider_of
from windvane.collectors.instrument.recording import Recording
from windvane.collectors.instrument.watching import watch
from windvane.collectors.instrument.wire.base import Wire

__all__ = ["Stainless"]

_current: Final[ContextVar[Recording | None]] = ContextVar("windvane_recording", default=None)
"""The call that is being made here: the way from `request` to `_process_response`."""


class Stainless(Instrumentation):
    """The instrumentation of one of them."""

    def __init__(self, library: str, wires: Mapping[str, Wire], otherwise: str) -> None:
        """`wires` are forms by the path that is posted to; `otherwise` is the provider at unknown hosts."""
        super().__init__()
        self.library = library
        self._wires, self._otherwise = dict(wires), otherwise

    def install(self) -> None:
        """Replace both functions of both base clients."""
        base = importlib.import_module(f"{self.library}._base_client")
        patches = self.patches
        patches.wrap(base.SyncAPIClient, "request", self._request(patches))
        patches.wrap(base.SyncAPIClient, "_process_response", _process)
        patches.wrap(base.AsyncAPIClient, "request", self._request_later(patches))
        patches.wrap(base.AsyncAPIClient, "_process_response", _process_later)

    def _begin(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Recording | None:
        try:
            options = args[2] if len(args) > 2 else kwargs["options"]
            wire = self._wires.get(options.url) or self._wires.get(options.url.partition("?")[0])
            if wire is None or options.method.lower() != "post":
                return None
            model = options.json_data.get("model")
            fields = {
                "gen_ai_operation_name": wire.operation,
                # The property of that name is many calls deep.
                "gen_ai_provider_name": provider_of(args[0]._base_url.host, self._otherwise),
                "gen_ai_request_model": model if isinstance(model, str) and model else None,
            }
            recording = Recording(wire, fields)
            recording.request = options
            return recording
        except Exception as error:
            swallow(f"{__name__}._begin", error)
            return None

    def _request(self, patches: Patches) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
        def make(original: Callable[..., Any]) -> Callable[..., Any]:
            def request(*args: Any, **kwargs: Any) -> Any:
                recording = self._begin(args, kwargs) if patches.on else None
                if recording is None:
                    return original(*args, **kwargs)
                before = _current.get()
                _current.set(recording)
                try:
                    result = original(*args, **kwargs)
                except BaseException as error:
                    _failed(recording, error)
                    raise
                finally:
                    _current.set(before)
                _answered(recording, later=False)
                return result

            return request

        return make

    def _request_later(self, patches: Patches) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
        def make(original: Callable[..., Any]) -> Callable[..., Any]:
            async def request(*args: Any, **kwargs: Any) -> Any:
                recording = self._begin(args, kwargs) if patches.on else None
                if recording is None:
                    return await original(*args, **kwargs)
                before = _current.get()
                _current.set(recording)
                try:
                    result = await original(*args, **kwargs)
                except BaseException as error:
                    _failed(recording, error)
                    raise
                finally:
                    _current.set(before)
                _answered(recording, later=True)
                return result

            return request

        return make


def _process(original: Callable[..., Any]) -> Callable[..., Any]:
    def process_response(*args: Any, **kwargs: Any) -> Any:
        # Of several attempts, the last.
        if (recording := _current.get()) is not None:
            recording.response = kwargs.get("response")
        return original(*args, **kwargs)

    return process_response


def _process_later(original: Callable[..., Any]) -> Callable[..., Any]:
    async def process_response(*args: Any, **kwargs: Any) -> Any:
        if (recording := _current.get()) is not None:
            recording.response = kwargs.get("response")
        return await original(*args, **kwargs)

    return process_response


@guarded
def _failed(recording: Recording, error: BaseException) -> None:
    recording.fail(*error_of(error))
    response, recording.response = recording.response, None
    # It was answered, and the library then did not like the answer.
    if response is not None and response.is_success and response.is_closed:
        recording.end_unread(response.request.content, response.content)
    else:
        _unanswered(recording, recording.wire)


def _answered(recording: Recording, *, later: bool) -> None:
    try:
        # Let go of here: whoever reads it keeps it.
        response, recording.response = recording.response, None
        if response is None:  # the app's own middleware has answered
            _unanswered(recording, recording.wire)
        elif response.is_closed:
            recording.end_unread(response.request.content, response.content)
        else:
            watch(response, recording, later=later)
    except Exception as error:
        swallow(f"{__name__}._answered", error)


def _unanswered(recording: Recording, wire: Any) -> None:
    options = recording.request
    body = {**options.json_data, **(getattr(options, "extra_json", None) or {})}
    recording.end(guarded(lambda: wire.request(body)))
