"""An HTTP response of httpx, seen as its reader reads it.

The stream of bytes below the response is replaced by one that passes everything on, as a transport would do it: every
way of reading goes through it, whatever the library makes of the bytes. It does not know the response, so that no cycle
is made, and what is dropped is freed when it would have been.
"""

from __future__ import annotations

import re
from functools import cache
from typing import Any, Final

import msgspec

from windvane.collectors.instrument.events import AwsEvents, ServerSentEvents
from windvane.collectors.instrument.failing import error_of, leaves
from windvane.collectors.instrument.guarding import guarded, swallow
from windvane.collectors.instrument.recording import Recording
from windvane.collectors.instrument.unread import DONE, read

__all__ = ["watch"]

_decode: Final = msgspec.json.Decoder().decode
_LAST: Final = frozenset({"[DONE]", "message_stop", "response.completed", "response.incomplete", "response.failed"})
_NOTABLE: Final = re.compile(rb'\[DONE\]|message_stop|response\.(?:completed|incomplete|failed)|"error"').search
_ERROR: Final = b'"error"'
_WRONG: Final = re.compile(rb'"error"\s*:\s*[^n\s]|"type"\s*:\s*"error"').search
_IS_END: Final = re.compile(
    rb"(?:^|\n)(?:data: ?\[DONE\]|event: ?(?:message_stop|response\.(?:completed|incomplete))\r?\ndata: ?\{.*\})\s*\Z"
).search
"""The last event of a stream, whole, at the end of a piece."""
_TOGETHER: Final = 16_384
_MOST_LEFT: Final = 131_072
"""Bytes of a stream up to which it is the sender who shall read them."""


class _Watch:
    """What has been read of an answer so far."""

    def __init__(self, response: Any, recording: Recording) -> None:
        kind, wire = response.headers.get("content-type", ""), recording.wire
        assert wire is not None
        self._recording, self._wire = recording, wire
        self._events: Any = (
            ServerSentEvents()
            if kind.startswith("text/event-stream")
            else AwsEvents()
            if kind.startswith("application/vnd.amazon.eventstream")
            else None
        )
        self._stream: Any = wire.stream() if self._events is not None and wire.stream is not None else None
        self._request: bytes = response.request.content
        self._held: list[bytes] = []
        self._size = 0
        self._quiet = False
        """Whether nothing is to be done with a piece now, but for one that ends the stream or tells of a failure."""
        self._ends = wire.ends
        self._read_so_far: bytes | None = b"" if isinstance(self._events, ServerSentEvents) else None
        """All events that have been read, as long as it is the sender who shall read them."""
        # A decoder of our own: the response's is for its reader.
        coded = "content-encoding" in response.headers
        self._decoder = type(response)(200, headers=response.headers)._get_content_decoder() if coded else None

    def take(self, data: bytes) -> None:
        """See what the reader is about to see."""
        try:
            if self._quiet and self._size < _MOST_LEFT and _ERROR not in data and self._ends not in data:
                self._held.append(data)
                self._size += len(data)
            elif not self._recording.ended:
                self._look(data)
        except Exception as error:
            swallow(f"{__name__}._Watch.take", error)

    def _look(self, data: bytes) -> None:
        if self._decoder is not None:
            whole = self._decoder.decode(data)
            data = whole if isinstance(whole, bytes) else b"".join(whole)
        self._held.append(data)
        self._size += len(data)
        if self._events is None:
            return
        # Pieces are read together, which is cheaper: at once only where their time counts, or something ends in them.
        if self._size > (_TOGETHER if self._read_so_far is None else _MOST_LEFT):
            self._read_so_far = None
            self._read()
        elif not self._recording.begun:
            self._read()
        elif _NOTABLE(data):
            if self._read_so_far is not None and _IS_END(data) and not _WRONG(data):
                self.end()
            else:
                self._read()
        self._quiet = self._recording.begun and self._decoder is None and self._read_so_far is not None

    @guarded
    def _read(self) -> None:
        data, self._held, self._size = b"".join(self._held), [], 0
        if self._read_so_far is not None:
            self._read_so_far += data
        for text in self._events.take(data):
            event = _decode(text) if text != b"[DONE]" else DONE
            if self._stream.feed(event):
                self._recording.first_chunk()
            # A library that raises what the provider tells of need not close the response.
            if event.get("type") in _LAST or self._stream.error() is not None:
                self.end()

    @guarded
    def fail(self, error: BaseException) -> None:
        """See how the reading has failed; to be left is no failure."""
        if not leaves(error):
            self._recording.fail(*error_of(error))
        self.end()

    @guarded
    def end(self) -> None:
        """See that nothing more is read."""
        if self._recording.ended:
            return
        held = b"".join(self._held)
        if self._stream is None:
            self._recording.end_unread(self._request, held)
        elif self._read_so_far is not None and self._stream.error() is None and not (_ERROR in held and _WRONG(held)):
            self._recording.end_unread(self._request, self._read_so_far + held, streamed=True)
        else:
            self._read_all()

    def _read_all(self) -> None:
        if self._held:
            self._read()
            if self._recording.ended:  # it was the end
                return
        if (error := self._stream.error()) is not None:
            self._recording.fail(*error)
        self._recording.end(self._said)

    @guarded
    def _said(self) -> dict[str, Any]:
        return {**read(self._wire, self._request, b"", streamed=False), **self._wire.answer(self._stream.answer())}


class _Stream:
    """Stands for the stream below it, of which it is a class too."""

    def __init__(self, below: Any, seen: _Watch) -> None:
        self._below, self._seen = below, seen

    def __getattr__(self, name: str) -> Any:
        return getattr(self._below, name)

    def __del__(self) -> None:
        self._seen.end()


class _Sync(_Stream):
    def __iter__(self) -> _Reader:
        return _Reader(iter(self._below), self)

    def close(self) -> None:
        self._seen.end()
        self._below.close()


class _Async(_Stream):
    def __aiter__(self) -> _Reader:
        return _Reader(aiter(self._below), self)

    async def aclose(self) -> None:
        self._seen.end()
        await self._below.aclose()


class _Reader:
    """Reads on. No generator: dropping one would be an event of its own, in asyncio's eyes."""

    def __init__(self, source: Any, of: _Stream) -> None:
        self._source, self._of, self._seen = source, of, of._seen

    def __iter__(self) -> _Reader:
        return self

    def __aiter__(self) -> _Reader:
        return self

    def __next__(self) -> Any:
        try:
            data = next(self._source)
        except StopIteration:
            self._seen.end()
            raise
        except BaseException as error:
            self._seen.fail(error)
            raise
        self._seen.take(data)
        return data

    async def __anext__(self) -> Any:
        try:
            data = await anext(self._source)
        except StopAsyncIteration:
            self._seen.end()
            raise
        except BaseException as error:
            self._seen.fail(error)
            raise
        self._seen.take(data)
        return data


@cache
def _kind(own: Any, ours: Any) -> Any:
    """Return our class as one of the library's: of httpx or httpx2, whichever the response is of."""
    name = "AsyncByteStream" if ours is _Async else "SyncByteStream"
    base = next(kind for kind in own.__mro__ if kind.__name__ == name)
    return type(ours.__name__, (ours, base), {})


def watch(response: Any, recording: Recording, *, later: bool) -> None:
    """Have the recording end with the reading of a response that is not read yet; `later` for an asynchronous one."""
    below: Any = response.stream
    kind = _kind(below.__class__, _Async if later else _Sync)
    response.stream = kind(below, _Watch(response, recording))
