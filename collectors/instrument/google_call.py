"""One request of `google.genai` to a model, from its begin to its row."""

from __future__ import annotations

from typing import Any, Final

import msgspec

from windvane.collectors.instrument.failing import error_of, leaves
from windvane.collectors.instrument.guarding import guarded
from windvane.collectors.instrument.messages import listed
from windvane.collectors.instrument.recording import Recording
from windvane.collectors.instrument.unread import read
from windvane.collectors.instrument.wire.base import Wire, word
from windvane.collectors.instrument.wire.google_embed import EMBED, is_embedding
from windvane.collectors.instrument.wire.google_generate import GENERATE

__all__ = ["Call", "Chunks", "begin"]

_encode: Final = msgspec.json.Encoder().encode
_decode: Final = msgspec.json.Decoder().decode
_WIRES: Final = {
    "generateContent": GENERATE,
    "streamGenerateContent": GENERATE,
    "embedContent": EMBED,
    "batchEmbedContents": EMBED,
    "predict": EMBED,
}


@guarded
def begin(client: Any, *args: Any, **kwargs: Any) -> Call | None:
    """Begin the call of a request of an API client; None where it is no call of a model."""
    given = dict(zip(("http_method", "path", "request_dict"), args, strict=False)) | kwargs
    name, _, verb = given["path"].partition("?")[0].rpartition(":")
    wire, body = _WIRES.get(verb), given["request_dict"]
    if wire is None or given["http_method"].lower() != "post" or (verb == "predict" and not is_embedding(body)):
        return None
    fields = {
        "gen_ai_operation_name": wire.operation,
        "gen_ai_provider_name": "gcp.vertex_ai" if client.vertexai else "gcp.gemini",
        # Tuned models and endpoints keep their whole name.
        "gen_ai_request_model": word(name.rpartition("models/")[2]),
    }
    return Call(wire, fields, body)


class Call:
    """What is known of it; see `Streamed`."""

    __slots__ = ("_body", "_pieces", "_recording", "_stream", "_wire")

    def __init__(self, wire: Wire, fields: dict[str, Any], body: Any) -> None:
        self._wire, self._body = wire, body
        self._pieces: list[str] = []
        self._stream = wire.stream() if wire.stream is not None else None
        """What reads the pieces until content comes: the rest is left to the sender."""
        self._recording = Recording(wire, fields)

    def enter(self) -> None:
        """See `Work`. What is below is no library that tells."""

    def leave(self, token: None) -> None:
        """See `Work`."""

    @guarded
    def see(self, chunk: Any) -> None:
        """See `Streamed`."""
        self._pieces.append(chunk.body)
        if self._stream is not None and self._stream.feed(_decode(chunk.body)):
            self._recording.first_chunk()
            self._stream = None

    @guarded
    def failed(self, error: BaseException) -> None:
        """See how it has failed: the last of its attempts, where it was tried again."""
        code = getattr(error, "code", None)
        kind, words = error_of(error)
        if isinstance(code, int) and code >= 400:
            kind, words = str(code), str(getattr(error, "message", None) or words)
        self._recording.fail(kind, words)
        self.answered(None)

    @guarded
    def answered(self, response: Any) -> None:
        """See `Streamed`: it has come whole, or in pieces."""
        if response is not None:
            self._end(response.body.encode(), streamed=False)
        elif not self._recording.ended:
            events = "".join([f"data: {piece}\n\n" for piece in self._pieces])
            self._end(events.encode(), streamed=bool(events))

    def _end(self, answer: bytes, *, streamed: bool) -> None:
        wire, body = self._wire, self._body
        try:
            request = _encode(body) if not _holds_media(body) else None
        except (UnicodeEncodeError, TypeError):  # half of a surrogate pair
            request = None
        if request is not None:
            self._recording.end_unread(request, answer, streamed=streamed)
        else:
            self._recording.end(guarded(lambda: {**read(wire, b"{}", answer, streamed=streamed), **wire.request(body)}))


def _holds_media(body: Any) -> bool:
    """Return whether there are bytes of files in a request: these are not to be copied."""
    parts = (part for one in listed(body.get("contents")) for part in one.get("parts") or ())
    return any("inlineData" in part or "inline_data" in part for part in parts)


class Chunks:
    """Reads on. No generator: dropping one would be an event of its own, in asyncio's eyes."""

    def __init__(self, chunks: Any, call: Call) -> None:
        self._chunks, self._call = chunks, call

    def __getattr__(self, name: str) -> Any:
        return getattr(self._chunks, name)

    def __aiter__(self) -> Chunks:
        return self

    async def __anext__(self) -> Any:
        try:
            chunk = await anext(self._chunks)
        except StopAsyncIteration:
            self._call.answered(None)
            raise
        except BaseException as error:
            if leaves(error):
                self._call.answered(None)
            else:
                self._call.failed(error)
            raise
        self._call.see(chunk)
        return chunk

    async def aclose(self) -> None:
        """Leave it."""
        self._call.answered(None)
        await self._chunks.aclose()

    def __del__(self) -> None:
        self._call.answered(None)
