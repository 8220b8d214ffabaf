"""The HTTP intake: envelopes and plain JSON in, into the log; answered when durable.

POST /v1/envelopes   the SDK's: per envelope two little-endian 32-bit lengths, the record key, the record
POST /v1/events      an event, a list of events, or lines of them, as JSON; `Idempotency-Key` makes a retry safe
"""

from __future__ import annotations

import asyncio
import logging
import struct
from collections.abc import Callable
from typing import Any, Final

from aiohttp import web

from windvane.collectors.envelope import MAX_JSON_BYTES, Envelope, read_header, unpack
from windvane.collectors.log.base import Log, Record
from windvane.collectors.packing import Packer
from windvane.errors import EnvelopeError, LogError, Reason, RecordTooLarge

__all__ = ["MAX_BODY_BYTES", "make_gateway"]

_log: Final = logging.getLogger("windvane.gateway")
MAX_BODY_BYTES: Final = 16 << 20
MAX_WAITING_BYTES: Final = 128 << 20
"""Bodies in memory, in all, that wait for the log: above it, senders are asked to come back."""
_FRAME: Final = struct.Struct("<II")


class _Intake:
    """Appends to the log off the event loop, within bounded memory."""

    def __init__(self, log: Log) -> None:
        self._log = log
        self._waiting = 0

    async def append(self, records: list[Record], size: int) -> web.Response | None:
        """Append; return None once it is durable, else the refusal to send."""
        if self._waiting + size > MAX_WAITING_BYTES:
            return _refusal(429, "the log is slower than its senders", retry_s=1)
        self._waiting += size
        try:
            await asyncio.to_thread(self._log.append, records)
        except RecordTooLarge as error:
            return _refusal(413, str(error))
        except LogError as error:
            _log.warning("%s", error)
            return _refusal(503, str(error), retry_s=2)
        finally:
            self._waiting -= size
        return None


def _refusal(status: int, why: str, *, retry_s: int | None = None) -> web.Response:
    headers = {} if retry_s is None else {"Retry-After": str(retry_s)}
    return web.json_response({"error": why}, status=status, headers=headers)


def frames(body: bytes) -> list[tuple[str, bytes]]:
    """Return the keys and records of a body of envelopes.

    Raises:
        EnvelopeError: the lengths do not add up, or one of the records is no envelope.
    """
    found, at = [], 0
    while at < len(body):
        if at + _FRAME.size > len(body):
            raise EnvelopeError(Reason.UNDECODABLE, f"cut off at byte {at} of {len(body)}")
        key_size, size = _FRAME.unpack_from(body, at)
        at += _FRAME.size
        end = at + key_size + size
        if end > len(body):
            raise EnvelopeError(Reason.UNDECODABLE, f"a record ends at byte {end} of {len(body)}")
        record = body[at + key_size : end]
        read_header(record)
        found.append((body[at : at + key_size].decode("utf-8", "replace"), record))
        at = end
    return found


def make_gateway(log: Log, *, health: Callable[[], dict[str, Any]] | None = None) -> web.Application:
    """Return the intake in front of `log`. `health` adds facts to GET /health; it may block and runs in a thread."""
    intake = _Intake(log)

    async def envelopes(request: web.Request) -> web.Response:
        body = await request.read()
        try:
            records = [Record(key.encode(), record) for key, record in frames(body)]
        except EnvelopeError as error:
            return _refusal(400, f"{error}. Each envelope goes as key length, record length, key, record")
        return await intake.append(records, len(body)) or web.json_response({"accepted": len(records)})

    async def events(request: web.Request) -> web.Response:
        body = await request.read()
        try:
            envelope = unpack(body)
        except EnvelopeError as error:
            return _refusal(413 if error.reason is Reason.OVERSIZE else 400, str(error))
        source = request.headers.get("Idempotency-Key", "")
        packed = Packer(f"request/{source}" if source else "").pack(envelope.rows)
        if packed and (refusal := await intake.append([Record(k.encode(), r) for k, r in packed], len(body))):
            return refusal
        return web.json_response(_answer(envelope), status=200 if envelope.rows or not envelope.refused else 400)

    async def healthy(_: web.Request) -> web.Response:
        facts = await asyncio.to_thread(health) if health else {"ok": True}
        return web.json_response(facts, status=200 if facts["ok"] else 503)

    app = web.Application(client_max_size=max(MAX_BODY_BYTES, MAX_JSON_BYTES))
    app.router.add_post("/v1/envelopes", envelopes)
    app.router.add_post("/v1/events", events)
    app.router.add_get("/health", healthy)
    return app


def _answer(envelope: Envelope) -> dict[str, Any]:
    refused = [{"index": r.index, "reason": r.reason, "detail": r.detail} for r in envelope.refused]
    return {"accepted": len(envelope.rows), "refused": refused}
