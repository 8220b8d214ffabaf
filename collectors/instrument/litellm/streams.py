"""Streams of LiteLLM's, seen as the app reads them. The app is given the stream itself: its classes are patched."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any, Final

from windvane.collectors.instrument.litellm.watching import Watch
from windvane.collectors.instrument.patching import Patches
from windvane.collectors.instrument.recording import Recording

__all__ = ["patch_streams", "watch"]

_SEEN: Final = "_windvane"
_lock: Final = threading.Lock()


def watch(patches: Patches, stream: Any, recording: Recording) -> None:
    """Have the recording end with the reading of a stream that a call has returned."""
    held = getattr(stream, "__dict__", None)
    if held is None:  # a generator, of which nothing can be seen
        recording.end()
        return
    found: Watch | None = held.get(_SEEN)
    if found is not None and not found.ended:  # a call within this one has returned it
        found.recordings.append(recording)
        return
    patch_streams(patches, type(stream))
    held[_SEEN] = Watch(recording, stream)


def patch_streams(patches: Patches, kind: type) -> None:
    """Replace what a class of streams is read by, in whichever class above it that is, once."""
    for name, make in (("__next__", _next), ("__anext__", _anext), ("close", _close), ("aclose", _aclose)):
        owner = next((one for one in kind.__mro__ if name in vars(one)), None)
        if owner is None:
            continue
        with _lock:
            if getattr(vars(owner)[name], _SEEN, None) is patches:
                continue
            # A class that is made for one call is not kept: it goes with its stream.
            place = Patches() if "<locals>" in owner.__qualname__ else patches
            place.wrap(owner, name, make(patches))
            setattr(vars(owner)[name], _SEEN, patches)


def _seen(patches: Patches, stream: Any) -> Watch | None:
    found: Watch | None = vars(stream).get(_SEEN)
    # While it is being read, this is a class above that its own class asks.
    return found if patches.on and found is not None and not found.reading else None


def _next(patches: Patches) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    def make(original: Callable[..., Any]) -> Callable[..., Any]:
        def __next__(stream: Any) -> Any:
            seen = _seen(patches, stream)
            if seen is None:
                return original(stream)
            token = seen.begin()
            try:
                item = original(stream)
            except StopIteration:
                seen.end()
                raise
            except BaseException as error:
                seen.fail(error)
                raise
            finally:
                seen.pause(token)
            seen.take(item)
            return item

        return __next__

    return make


def _anext(patches: Patches) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    def make(original: Callable[..., Any]) -> Callable[..., Any]:
        async def __anext__(stream: Any) -> Any:
            seen = _seen(patches, stream)
            if seen is None:
                return await original(stream)
            token = seen.begin()
            try:
                item = await original(stream)
            except StopAsyncIteration:
                seen.end()
                raise
            except BaseException as error:
                seen.fail(error)
                raise
            finally:
                seen.pause(token)
            seen.take(item)
            return item

        return __anext__

    return make


def _close(patches: Patches) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    def make(original: Callable[..., Any]) -> Callable[..., Any]:
        def close(stream: Any, *args: Any, **kwargs: Any) -> Any:
            try:
                return original(stream, *args, **kwargs)
            finally:
                if (seen := _seen(patches, stream)) is not None:
                    seen.end()

        return close

    return make


def _aclose(patches: Patches) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    def make(original: Callable[..., Any]) -> Callable[..., Any]:
        async def aclose(stream: Any, *args: Any, **kwargs: Any) -> Any:
            try:
                return await original(stream, *args, **kwargs)
            finally:
                if (seen := _seen(patches, stream)) is not None:
                    seen.end()

        return aclose

    return make
