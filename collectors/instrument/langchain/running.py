"""A call of one of LangChain's models, from its begin to its row."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from windvane.collectors.instrument.claiming import Claim, claimed, release
from windvane.collectors.instrument.failing import error_of
from windvane.collectors.instrument.guarding import guarded
from windvane.collectors.instrument.langchain.answers import carries
from windvane.collectors.instrument.recording import Recording
from windvane.collectors.instrument.wire.base import Fields

__all__ = ["EventRun", "Run", "here"]


class Run(Claim):
    """A call, answered whole or in pieces: see `Streamed`. It claims the calls below it."""

    __slots__ = ("_asks", "_reads", "_recording", "about", "begun", "passes", "shown")

    def __init__(
        self,
        operation: str,
        asks: Callable[[Mapping[str, Any] | None], Fields],
        reads: Callable[[Any], Fields | None],
        about: Mapping[str, Any] | None = None,
    ) -> None:
        """Begin now. `asks`, of `about`, and `reads`, of the result, say in the end what no library below has told."""
        super().__init__()
        self._asks, self._reads, self.about = asks, reads, about
        self._recording: Recording | None = _recorded(operation, self)
        self.passes = about is None
        """Whether LangChain has still to say what it is about, and what it has come to: it is a stream."""
        self.begun = False
        """Whether the content of the answer has begun: no piece need be seen any more."""
        self.shown: Any = None
        """The result of a stream, as LangChain shows it to its callbacks."""

    def take(self, fields: dict[str, Any]) -> dict[str, Any] | None:
        """See `Claim`. What is called below an answer out of a cache is a call of its own."""
        return fields if self._recording is None and self.open else super().take(fields)

    enter = Claim.begin

    def leave(self, token: Any) -> None:
        """See `Work`."""
        release(token)

    def failed(self, error: BaseException) -> None:
        """See `Work`."""
        self._fail(error)
        self.answered(None)

    @guarded
    def answered(self, result: Any) -> None:
        """See `Work`."""
        # Let go of: it knows this as its claim, and what knows each other is freed late.
        recording, self._recording = self._recording, None
        if recording is not None:
            recording.end(lambda: self._read(self.shown if result is None else result) if self.below is None else None)

    def _read(self, result: Any) -> Fields:
        return {**self._asks(self.about), **((self._reads(result) if result is not None else None) or {})}

    @guarded
    def see(self, piece: Any) -> None:
        """See `Streamed`."""
        if self._recording is not None and not self.begun and carries(piece):
            self.begun = True
            self._recording.first_chunk()

    @guarded
    def _fail(self, error: BaseException) -> None:
        if self._recording is not None:
            self._recording.fail(*error_of(error))

    def drop(self) -> None:
        """Tell nothing of it: it was no call."""
        self._recording = None


class EventRun(Run):
    """The call of a stream of events. LangChain reads none behind the last, and leaves the generator where it is."""

    __slots__ = ()

    def see(self, piece: Any) -> None:
        """See an event: the last of them ends it."""
        super().see(piece)
        if isinstance(piece, dict) and piece.get("event") == "message-finish":
            self.answered(piece)


@guarded
def _recorded(operation: str, claim: Run) -> Recording:
    return Recording(None, {"gen_ai_operation_name": operation}, claim)


@guarded
def here() -> Run | None:
    """Return the call of LangChain's that has claimed what is called here."""
    claim = claimed()
    return claim if isinstance(claim, Run) else None
