"""From a request to the log: the body within bounds, read off the event loop, appended, and only then answered."""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Awaitable, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, Final

from aiohttp import web

from windvane.collectors.gateway.counts import Counts
from windvane.collectors.gateway.inflating import ENCODINGS, inflate
from windvane.collectors.gateway.refusal import Refusal, Reply
from windvane.collectors.gateway.sources import Redact, Sources
from windvane.collectors.log.base import Log, Record
from windvane.errors import ConfigError, EnvelopeError, LogError, Reason, RecordTooLarge

__all__ = ["MAX_BODY_BYTES", "MAX_WAITING_BYTES", "Intake", "Later", "Read", "Step", "Taken"]

_log: Final = logging.getLogger("windvane.gateway")
MAX_BODY_BYTES: Final = 16 << 20
MAX_WAITING_BYTES: Final = 128 << 20
"""Bodies in memory, in all, that come in or wait for the log: above it, senders are asked to come back."""
_BODY_S: Final = 30.0
_LARGE: Final = 1 << 20
_INFLATED: Final = 10
"""By which a compressed body counts as larger than it is: bodies of JSON shrink to about a tenth."""


@dataclass(slots=True)
class Taken:
    """What to append, what to answer once it is durable, and what else to do then."""

    records: Sequence[Record]
    answer: dict[str, Any]
    durable: Callable[[], None] | None = None
    """Called in the thread that has appended."""
    lost: Callable[[], None] | None = None
    """Called where the log has not taken it."""


@dataclass(slots=True)
class Later:
    """More has to come before it can be appended: wait, then take the next step."""

    wait: Callable[[], Awaitable[None]]
    step: Step


Step = Callable[[], "Taken | Later"]
"""Runs in a thread: it may take its time."""


Read = Callable[[bytes, Redact], "Taken | Later"]
"""Reads a body; what it takes of it, it redacts as its source is to be. Runs in a thread."""


class Intake:
    """Reads bodies and appends to the log, off the event loop and within bounded memory."""

    def __init__(self, log: Log, counts: Counts, sources: Sources, max_waiting_bytes: int) -> None:
        self._log, self._counts, self._sources, self._most = log, counts, sources, max_waiting_bytes
        self._held, self._lock = 0, threading.Lock()
        # Reading is Python's work: more threads of it would only take turns, and lose time with each. The second is for
        # large bodies alone, so that no other waits behind one.
        self._reader, self._slow_reader = (ThreadPoolExecutor(1, "windvane-intake") for _ in range(2))

    async def take(self, request: web.Request, reply: Reply, read: Read) -> web.Response:
        """Append what `read` finds in the body; answer once it is durable, or with a refusal."""
        own, loop = [0], asyncio.get_running_loop()

        def hold(size: int) -> None:
            with self._lock:
                if self._held + size > self._most:
                    raise Refusal(429, "the log is slower than its senders", retry_s=1)
                self._held += size
                own[0] += size

        try:
            redact = self._sources.admit(request)
            packed = request.headers.get("Content-Encoding", "identity").strip().lower()
            if packed not in ("identity", "", *ENCODINGS):
                raise Refusal(415, f"Content-Encoding is {packed}; gzip and deflate are read")
            body = await self._receive(request, hold)
            inflates = packed in ENCODINGS and bool(body)
            step: Step = lambda: read(inflate(body, MAX_BODY_BYTES, hold) if inflates else body, redact)  # noqa: E731
            large = len(body) * (_INFLATED if inflates else 1) > _LARGE
            reader = self._slow_reader if large else self._reader
            while isinstance(taken := await loop.run_in_executor(reader, _run, step), Later):
                await taken.wait()
                step = taken.step
            await asyncio.to_thread(self._append, taken)
            response = reply.taken(taken.answer)
            self._counts.add("requests", {f"{request.path} {response.status}": 1})
            return response
        except Refusal as refusal:
            return self.refuse(request, reply, refusal)
        except Exception as error:  # the last resort: it is said in the form of the path, and counted
            _log.exception("a request to %s could not be read", request.path)
            self._counts.add("mistakes", {request.path: 1})
            return self.refuse(request, reply, Refusal(500, f"a mistake of the gateway's: {type(error).__name__}"))
        finally:
            with self._lock:
                self._held -= own[0]

    def refuse(self, request: web.Request, reply: Reply, refusal: Refusal) -> web.Response:
        """Count a refusal, and say it."""
        self._counts.add("requests", {f"{request.path} {refusal.status}": 1})
        return reply.refused(refusal)

    async def _receive(self, request: web.Request, hold: Callable[[int], None]) -> bytes:
        if (request.content_length or 0) > MAX_BODY_BYTES:
            raise Refusal(413, f"{request.content_length} bytes; a body may have {MAX_BODY_BYTES}")
        body = bytearray()
        try:
            async with asyncio.timeout(_BODY_S):
                async for chunk in request.content.iter_any():
                    if len(body) + len(chunk) > MAX_BODY_BYTES:
                        raise Refusal(413, f"a body may have {MAX_BODY_BYTES} bytes")
                    hold(len(chunk))
                    body += chunk
        except TimeoutError as error:
            raise Refusal(408, f"the body did not come within {_BODY_S:g} s") from error
        except web.RequestPayloadError as error:
            raise Refusal(400, f"the body cannot be read: {error}") from error
        return bytes(body)

    def _append(self, taken: Taken) -> None:
        try:
            if taken.records:
                self._log.append(taken.records)
        except BaseException as error:
            if taken.lost:
                taken.lost()
            if isinstance(error, RecordTooLarge):
                raise Refusal(413, str(error)) from error
            if isinstance(error, LogError):
                _log.warning("%s", error)
                raise Refusal(503, str(error), retry_s=2) from error
            raise
        if taken.durable:
            taken.durable()


def _run(step: Step) -> Taken | Later:
    try:
        return step()
    except EnvelopeError as error:
        raise Refusal(413 if error.reason is Reason.OVERSIZE else 400, str(error)) from error
    except ConfigError as error:
        raise Refusal(415, str(error)) from error
