"""The HTTP intake: envelopes and plain JSON in, into the log; answered when durable.

POST /v1/envelopes   the SDK's: per envelope two little-endian 32-bit lengths, the record key, the record
POST /v1/events      an event, a list of events, or lines of them, as JSON; `Idempotency-Key` makes a retry safe
GET  /health         200 where all is well, else 503

A body may be compressed (`Content-Encoding: gzip` or `deflate`). A refusal is JSON with an `error`; where the same
request may succeed later it says when to come back (`Retry-After`).
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from functools import partial
from typing import Any, Final

from aiohttp import web

from windvane.collectors.envelope import is_envelope, read_header, unpack
from windvane.collectors.log.base import Log, Record
from windvane.collectors.packing import Packer
from windvane.collectors.transport.framing import frames
from windvane.errors import EnvelopeError, LogError, Reason, RecordTooLarge

__all__ = ["MAX_BODY_BYTES", "MAX_WAITING_BYTES", "make_gateway"]

_log: Final = logging.getLogger("windvane.gateway")
MAX_BODY_BYTES: Final = 16 << 20
MAX_WAITING_BYTES: Final = 128 << 20
"""Bodies in memory, in all, that come in or wait for the log: above it, senders are asked to come back."""
_BODY_S: Final = 30.0
_LONGEST_IDEMPOTENCY_KEY: Final = 200

_Answer = tuple[list[Record], dict[str, Any]]
"""What to append, and what to answer once it is durable."""


class _Refused(Exception):
    """An answer other than 200."""

    def __init__(self, status: int, why: str, *, retry_s: int | None = None) -> None:
        super().__init__(why)
        self.status, self.retry_s = status, retry_s

    def response(self) -> web.Response:
        headers = {} if self.retry_s is None else {"Retry-After": str(self.retry_s)}
        return web.json_response({"error": str(self)}, status=self.status, headers=headers)


class _Intake:
    """Reads bodies and appends to the log, off the event loop and within bounded memory."""

    def __init__(self, log: Log, max_waiting_bytes: int) -> None:
        self._log, self._most = log, max_waiting_bytes
        self._held = 0

    async def take(self, request: web.Request, read: Callable[[bytes], _Answer]) -> web.Response:
        """Append what `read` finds in the body; answer once it is durable, or with a refusal."""
        body = bytearray()
        try:
            await self._receive(request, body)
            answer = await asyncio.to_thread(self._append, bytes(body), read)
            return web.json_response(answer, status=400 if answer.get("refused") and not answer["accepted"] else 200)
        except _Refused as refused:
            return refused.response()
        finally:
            self._held -= len(body)

    async def _receive(self, request: web.Request, body: bytearray) -> None:
        if (request.content_length or 0) > MAX_BODY_BYTES:
            raise _Refused(413, f"{request.content_length} bytes; a body may have {MAX_BODY_BYTES}")
        try:
            async with asyncio.timeout(_BODY_S):
                async for chunk in request.content.iter_any():
                    if len(body) + len(chunk) > MAX_BODY_BYTES:
                        raise _Refused(413, f"a body may have {MAX_BODY_BYTES} bytes, decompressed")
                    if self._held + len(chunk) > self._most:
                        raise _Refused(429, "the log is slower than its senders", retry_s=1)
                    self._held += len(chunk)
                    body += chunk
        except TimeoutError as error:
            raise _Refused(408, f"the body did not come within {_BODY_S:.0f} s") from error
        except web.RequestPayloadError as error:
            raise _Refused(400, f"the body cannot be read: {error}") from error

    def _append(self, body: bytes, read: Callable[[bytes], _Answer]) -> dict[str, Any]:
        try:
            records, answer = read(body)
            if records:
                self._log.append(records)
        except RecordTooLarge as error:
            raise _Refused(413, str(error)) from error
        except EnvelopeError as error:
            raise _Refused(413 if error.reason is Reason.OVERSIZE else 400, str(error)) from error
        except LogError as error:
            _log.warning("%s", error)
            raise _Refused(503, str(error), retry_s=2) from error
        return answer


def make_gateway(
    log: Log, *, health: Callable[[], dict[str, Any]] | None = None, max_waiting_bytes: int = MAX_WAITING_BYTES
) -> web.Application:
    """Return the intake in front of `log`. `health` adds facts to GET /health; it may block and runs in a thread."""
    intake = _Intake(log, max_waiting_bytes)

    async def envelopes(request: web.Request) -> web.Response:
        return await intake.take(request, _envelopes)

    async def events(request: web.Request) -> web.Response:
        name = request.headers.get("Idempotency-Key", "")
        if not name.isprintable() or len(name) > _LONGEST_IDEMPOTENCY_KEY:
            why = f"Idempotency-Key takes up to {_LONGEST_IDEMPOTENCY_KEY} printable characters"
            return _Refused(400, why).response()
        return await intake.take(request, partial(_events, source=f"request/{name}" if name else ""))

    async def healthy(_: web.Request) -> web.Response:
        facts = await asyncio.to_thread(health) if health else {"ok": True}
        return web.json_response(facts, status=200 if facts["ok"] else 503)

    app = web.Application(client_max_size=MAX_BODY_BYTES)
    app.router.add_post("/v1/envelopes", envelopes)
    app.router.add_post("/v1/events", events)
    app.router.add_get("/health", healthy)
    return app


def _envelopes(body: bytes) -> _Answer:
    records = []
    try:
        for key, record in frames(body):
            read_header(record)
            records.append(Record(key.encode(), record))
    except EnvelopeError as error:
        detail = f"{error.detail}. Each envelope goes as key length, record length, key, record"
        raise EnvelopeError(error.reason, detail) from error
    return records, {"accepted": len(records)}


def _events(body: bytes, source: str) -> _Answer:
    """Return the sound events as envelopes. The same body under the same source gets the same numbers."""
    if is_envelope(body):
        raise EnvelopeError(Reason.UNDECODABLE, "this is an envelope, not JSON. Send it to /v1/envelopes")
    envelope = unpack(body)
    refused = [{"index": r.index, "reason": r.reason, "detail": r.detail} for r in envelope.refused]
    answer = {"accepted": len(envelope.rows), "refused": refused}
    return [Record(key.encode(), record) for key, record in Packer(source).pack(envelope.rows)], answer
