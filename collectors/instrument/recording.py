"""One call of an instrumented library, from its begin to its row. What it takes is the app's time: microseconds."""

from __future__ import annotations

import os
import random
import time
from collections.abc import Callable, Mapping
from typing import Any, Final

import msgspec

from windvane.collectors.client import Client
from windvane.collectors.context import around
from windvane.collectors.event import MAX_EVENT_BYTES, NAMES
from windvane.collectors.instrument.claiming import Claim, claimed
from windvane.collectors.instrument.unread import MOST_BYTES, beside, packed_stream, read, shortened
from windvane.collectors.instrument.wire.base import Fields, Wire

__all__ = ["Recording", "emit", "tell_to"]

clock: Final = time.perf_counter
_now: Final = time.time_ns
_to_msgpack: Final = msgspec.msgpack.Encoder().encode
_TIMES: Final = frozenset({"gen_ai_client_operation_duration", "gen_ai_response_time_to_first_chunk"})


# Seeded by the system, once: asking it for every id would be most of what a call takes.
_random: Final = random.Random()
_bits: Final = _random.getrandbits
os.register_at_fork(after_in_child=_random.seed)

_forks = 0
"""How many forks this process is away from the first one: a call is told by the process that has begun it."""


def _forked() -> None:
    global _forks
    _forks += 1


os.register_at_fork(after_in_child=_forked)

_client: Callable[[], Client] | None = None


def tell_to(client: Callable[[], Client] | None) -> None:
    """Say who is told of calls from now on: what gives the process's client of the moment; None for nobody."""
    global _client
    _client = client


def emit(**fields: Any) -> str:
    """Tell of what is no call of a model, a tool's run or a retrieval, as `Client.emit` does; of nobody, if none is."""
    return _client().emit(**fields) if _client is not None else ""


class Recording:
    """A call. Fields are columns by their names, in the columns' own types; None says nothing.

    What is around the call is taken at its begin: a stream may end in another context, or in the garbage collector's.
    """

    __slots__ = (
        "_above", "_around", "_began", "_error", "_fields", "_first", "_forks",
        "claim", "ended", "request", "response", "wire",
    )  # fmt: skip

    def __init__(self, wire: Wire | None, fields: Fields, claim: Claim | None = None) -> None:
        """`wire` is the form of request and answer, if they have one.

        `claim` is what the library claims the calls below it by, if it is built on others.
        """
        self._around = around()
        self._fields = fields
        self.wire = wire
        self.claim = claim
        above = claimed()
        # One that is told already is somewhere else: a callback of the app's, in a copy of its context.
        self._above = above if above is not None and above.open else None
        self._first: float | None = None
        self._error: tuple[str, str | None] | None = None
        self.ended = False
        self.request: Any = None
        self.response: Any = None
        """What the library has sent and got, as the instrumentation likes to keep them."""
        self._forks = _forks
        self._began = clock()

    def first_chunk(self) -> None:
        """Say that the content of the answer has begun, now. Only the first time counts."""
        if self._first is None:
            self._first = clock() - self._began

    @property
    def begun(self) -> bool:
        """Whether the content of the answer has begun."""
        return self._first is not None

    def fail(self, kind: str, words: str) -> None:
        """Say that it has failed."""
        self._error = kind, words or None

    def end(self, answer: Callable[[], Mapping[str, Any] | None] | None = None) -> None:
        """End it now and tell it, once. `answer` gives what is known of the answer: after the clock has stopped."""
        took = clock() - self._began
        ended, self.ended = self.ended, True
        # A stream may outlive the instrumentation, or be the parent's.
        if ended or _client is None or self._forks != _forks:
            return
        self._tell(took, answer() if answer is not None else None)

    def end_unread(self, request: bytes, answer: bytes, *, streamed: bool = False) -> None:
        """End it now and tell it by what went over the wire, which the sender reads; `answer` is empty if none came."""
        # All in one function: it is in the app's way at each call, and its code mostly out of the processor's caches.
        took = clock() - self._began
        ended, self.ended = self.ended, True
        if ended or _client is None or self._forks != _forks:
            return
        wire, fields = self.wire, self._fields
        assert wire is not None
        try:
            if self._above is None and wire.name:
                packed = packed_stream(answer) if streamed else answer
                if len(request) + len(packed) <= MOST_BYTES:
                    client = _client()
                    told = (
                        wire.name, fields, client.about, self._around, _now(), _bits(192).to_bytes(24), took,
                        self._first, self._error, request, packed, streamed,
                    )  # as `Unread` has them  # fmt: skip
                    client.write(_to_msgpack(told), client.service, fields.get("gen_ai_request_model"))
                    return
        except UnicodeEncodeError:  # half of a surrogate pair: `_tell` mends it
            pass
        self._tell(took, read(wire, request, answer, streamed=streamed))

    def _tell(self, took: float, answer: Mapping[str, Any] | None) -> None:
        fields = self._fields
        fields["gen_ai_client_operation_duration"] = took
        fields["gen_ai_response_time_to_first_chunk"] = self._first
        fields.update(answer or {})
        if self._error is not None:
            fields["error_type"], fields["error_message"] = self._error
        if self.claim is not None:
            self._hear(self.claim)
        told = fields if self._above is None else self._above.take(fields)
        if told is None:
            return
        assert _client is not None
        client = _client()
        told.update(beside(client.about, self._around, _now(), _bits(192).to_bytes(24)))
        _put(client, told)

    def _hear(self, claim: Claim) -> None:
        """Let what the provider's own library has told go before what a library built on it knows of the same call."""
        claim.open = False
        if claim.below is None:
            return
        mine = self._fields
        heard = {name: value for name, value in claim.below.items() if value is not None and name not in _TIMES}
        if self._error is None:  # what failed below was made good
            heard.pop("error_type", None)
            heard.pop("error_message", None)
        mine.update(heard)


def _put(client: Client, told: Fields) -> None:
    row = list(map(told.get, NAMES))
    try:
        data = _to_msgpack(row)
        if len(data) > MAX_EVENT_BYTES:
            data = _to_msgpack(shortened(row))
    except UnicodeEncodeError:
        client.emit(told)
    else:
        client.write(data, client.service, told.get("gen_ai_request_model"))
