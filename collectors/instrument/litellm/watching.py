"""What has been read of a stream of LiteLLM's, and the row that it makes."""

from __future__ import annotations

from collections.abc import Mapping
from contextvars import Token
from functools import partial
from typing import Any

from windvane.collectors.instrument.claiming import Claim, release
from windvane.collectors.instrument.failing import leaves
from windvane.collectors.instrument.guarding import guarded
from windvane.collectors.instrument.litellm.failing import failure
from windvane.collectors.instrument.litellm.reading import answered, dumped, heard, requested, usage_of
from windvane.collectors.instrument.recording import Recording

__all__ = ["Watch"]


class Watch:
    """What has been read of a stream so far. It does not know the stream, so that no cycle is made."""

    ended = True
    """Until it has begun."""

    def __init__(self, recording: Recording, stream: Any) -> None:
        self.recordings = [recording]
        """Of the calls that have returned this stream, the innermost first."""
        self.reading = False
        self._items: list[Any] = []
        self._good = True
        self._kept = getattr(stream, "chunks", ())
        provider = getattr(stream, "custom_llm_provider", None)
        cached = provider == "cached_response"
        self._hidden = {"custom_llm_provider": None if cached else provider, "cache_hit": cached}
        self.ended = False

    def begin(self) -> Token[Claim | None]:
        """Claim what is called below while the stream is asked for more; give the token to `pause`."""
        self.reading = True
        claim = self.recordings[0].claim
        assert claim is not None
        return claim.begin()

    def pause(self, token: Token[Claim | None]) -> None:
        """See that the asking has ended."""
        self.reading = False
        release(token)

    @guarded
    def take(self, item: Any) -> None:
        """See what the reader is about to see."""
        if self.ended:
            return
        first = self.recordings[0]
        self._items.append(item)
        if not first.begun and first.wire.stream().feed(dumped(item)):  # type: ignore[union-attr, misc]
            for recording in self.recordings:
                recording.first_chunk()

    @guarded
    def fail(self, error: BaseException) -> None:
        """See how the reading has failed; to be left is no failure."""
        try:
            if not leaves(error):
                self._good = False
                for recording in self.recordings:
                    recording.fail(*failure(error))
        finally:
            self.end()

    @guarded
    def end(self) -> None:
        """See that nothing more is read."""
        if self.ended:
            return
        self.ended = True
        for recording in self.recordings:
            recording.end(partial(self._answer, recording))

    @guarded
    def _answer(self, recording: Recording) -> Mapping[str, Any]:
        wire = recording.wire
        if heard(recording, good=self._good) or wire is None or wire.stream is None:
            return {}
        stream = wire.stream()
        for item in self._items:
            stream.feed(dumped(item))
        body = {**stream.answer()}
        if "choices" in body:
            body.pop("model", None)  # it is the one that was asked for
            # What the app is given is LiteLLM's own count of it.
            body["usage"] = usage_of(self._kept) or body.get("usage")
        fields = answered(recording, body, self._hidden)
        if not fields.get("gen_ai_response_finish_reasons"):
            # It was left: the first count of output tokens is no count.
            fields.pop("gen_ai_usage_output_tokens", None)
        return {**requested(recording), **fields}

    def __del__(self) -> None:
        self.end()
