"""A call of one of LlamaIndex's LLMs, from its begin to its row."""

from __future__ import annotations

from typing import Any, Protocol

from windvane.collectors.instrument.claiming import Claim, claimed, release
from windvane.collectors.instrument.failing import error_of
from windvane.collectors.instrument.guarding import guarded
from windvane.collectors.instrument.llama_index.answers import Answer
from windvane.collectors.instrument.llama_index.messages import asked, request
from windvane.collectors.instrument.recording import Recording
from windvane.collectors.instrument.stepping import Streamed
from windvane.collectors.instrument.wire.base import Fields

__all__ = ["Step", "asking"]


@guarded
def _request(given: Any) -> Fields:
    return request(given)


@guarded
def _answer(answer: Answer) -> Fields:
    return answer.fields()


class Step(Streamed, Protocol):
    """A call, as what follows it sees it."""

    streams: bool
    """Whether it goes on while a generator that it has returned is read."""


class Asking(Claim):
    """A call of an LLM, which claims the calls below it."""

    __slots__ = ("_answer", "_given", "_recording", "llm")
    streams = True

    def __init__(self, llm: Any, name: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        super().__init__()
        chat = name.endswith("chat")
        given = args[0] if args else kwargs.get("messages" if chat else "prompt")
        # Read in the end, and only if no library below has told of it; a list may be gone on with until then.
        self._given: Any = tuple(given) if isinstance(given, list | tuple) else given if isinstance(given, str) else ()
        self._answer = Answer()
        self.llm = llm
        self._recording: Recording | None = Recording(None, asked(llm, kwargs, chat=chat), self)

    enter = Claim.begin

    def leave(self, token: Any) -> None:
        """See `Work`."""
        release(token)

    @guarded
    def see(self, piece: Any) -> None:
        """See `Streamed`."""
        held = self._recording
        if held is not None:
            self._answer.feed(piece)
            if not held.begun and self._answer.carries():
                held.first_chunk()

    @guarded
    def failed(self, error: BaseException) -> None:
        """See `Work`."""
        if self._recording is not None:
            self._recording.fail(*error_of(error))
        self.answered(None)

    @guarded
    def answered(self, result: Any) -> None:
        """See `Work`. It is told once."""
        # Let go of here: it knows us by its claim.
        held, self._recording = self._recording, None
        if held is not None:
            if result is not None:
                self._answer.whole(result)
            held.end(self._fields)
        self._given = None

    def _fields(self) -> dict[str, Any]:
        below = self.below or {}
        said = {} if below.get("gen_ai_input_messages") else _request(self._given) or {}
        return said if below.get("gen_ai_output_messages") else {**said, **(_answer(self._answer) or {})}

    def __del__(self) -> None:
        # A stream of which nothing was read: whether a call was made for it, a library below knows.
        if getattr(self, "below", None) is not None:
            self.answered(None)


@guarded
def asking(llm: Any, name: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Step | None:
    """Begin a call of an LLM; None where it is part of one: `chat` may call `complete`, and `achat` may call `chat`."""
    above = claimed()
    if isinstance(above, Asking) and above.open and above.llm is llm:
        return None
    return Asking(llm, name, args, kwargs)
