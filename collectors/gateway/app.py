"""The HTTP intake: what it takes is in the log before it answers.

POST /v1/traces         OTLP: spans become events; in protobuf or JSON
POST /v1/logs           OTLP: log records of GenAI events, joined to their spans
POST /v1/envelopes      the SDK's: per envelope two little-endian 32-bit lengths, the record key, the record
POST /v1/events         an event, a list of events, or lines of them, as JSON; `Idempotency-Key` makes a retry safe
GET  /v1/unmapped.json  what of OTLP had no column, and what was left out or refused, counted by name
GET  /health            200 where all is well, else 503

With a file of keys all but /health ask for one: `Authorization: Bearer …` or `x-api-key`. A body may be compressed
(`Content-Encoding: gzip` or `deflate`). A refusal is JSON with an `error`, or OTLP's Status; where the same request may
succeed later it says when to come back (`Retry-After`).
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any, Final

from aiohttp import web

from windvane.collectors.envelope import is_envelope, read_header, unpack
from windvane.collectors.gateway.counts import Counts
from windvane.collectors.gateway.intake import MAX_BODY_BYTES, MAX_WAITING_BYTES, Intake, Taken
from windvane.collectors.gateway.keys import KeyFile
from windvane.collectors.gateway.otlp.joining import Joiner
from windvane.collectors.gateway.otlp.routes import Otlp
from windvane.collectors.gateway.refusal import JsonReply, Refusal
from windvane.collectors.gateway.sources import Redact, Sources
from windvane.collectors.log.base import Log, Record
from windvane.collectors.packing import Packer
from windvane.collectors.transport.framing import frames
from windvane.errors import EnvelopeError, Reason
from windvane.settings import setting

__all__ = ["MAX_BODY_BYTES", "MAX_WAITING_BYTES", "make_gateway"]

_LONGEST_IDEMPOTENCY_KEY: Final = 200
_json: Final = JsonReply()


def make_gateway(
    log: Log,
    *,
    health: Callable[[], dict[str, Any]] | None = None,
    max_waiting_bytes: int = MAX_WAITING_BYTES,
    join_s: float | None = None,
    keys: Path | None = None,
    rate: float | None = None,
    redaction: str | None = None,
) -> web.Application:
    """Return the intake in front of `log`.

    `health` adds facts to GET /health; it may block and runs in a thread. `join_s`: how long log records and their
    spans wait for each other; `keys`: the file of API keys; `rate` and `redaction`: of sources that have none of their
    own. None: as the settings say.

    Raises:
        ConfigError: the keys or the redaction cannot be read.
    """
    counts = Counts()
    path = setting("gateway_keys", keys)
    of_keys, folder = (KeyFile(path), path.parent) if path else (None, None)
    sources = Sources(counts, of_keys, setting("gateway_rate", rate), setting("gateway_redaction", redaction), folder)
    intake = Intake(log, counts, sources, max_waiting_bytes)

    async def envelopes(request: web.Request) -> web.Response:
        return await intake.take(request, _json, _envelopes)

    async def events(request: web.Request) -> web.Response:
        name = request.headers.get("Idempotency-Key", "")
        if not name.isprintable() or len(name) > _LONGEST_IDEMPOTENCY_KEY:
            why = f"Idempotency-Key takes up to {_LONGEST_IDEMPOTENCY_KEY} printable characters"
            return intake.refuse(request, _json, Refusal(400, why))
        return await intake.take(request, _json, partial(_events, source=f"request/{name}" if name else ""))

    async def healthy(_: web.Request) -> web.Response:
        facts = await asyncio.to_thread(health) if health else {"ok": True}
        return web.json_response(facts, status=200 if facts["ok"] else 503)

    async def unmapped(request: web.Request) -> web.Response:
        try:
            sources.admit(request)
        except Refusal as refusal:
            return _json.refused(refusal)
        return web.json_response(await asyncio.to_thread(counts.facts))

    # Bodies are opened by the intake, within its bounds and off the event loop.
    app = web.Application(client_max_size=MAX_BODY_BYTES, handler_args={"auto_decompress": False})
    app.router.add_post("/v1/envelopes", envelopes)
    app.router.add_post("/v1/events", events)
    app.router.add_get("/v1/unmapped.json", unmapped)
    app.router.add_get("/health", healthy)
    Otlp(intake, counts, Joiner(setting("otlp_join_s", join_s)), setting("otlp_spans")).add_to(app)
    return app


def _envelopes(body: bytes, _: Redact) -> Taken:
    """Return the envelopes as they are: who packs them has redacted them."""
    records = []
    try:
        for key, record in frames(body):
            read_header(record)
            records.append(Record(key.encode(), record))
    except EnvelopeError as error:
        detail = f"{error.detail}. Each envelope goes as key length, record length, key, record"
        raise EnvelopeError(error.reason, detail) from error
    return Taken(records, {"accepted": len(records)})


def _events(body: bytes, redact: Redact, source: str) -> Taken:
    """Return the sound events as envelopes. The same body under the same source gets the same numbers."""
    if is_envelope(body):
        raise EnvelopeError(Reason.UNDECODABLE, "this is an envelope, not JSON. Send it to /v1/envelopes")
    envelope = unpack(body)
    refused = [{"index": r.index, "reason": r.reason, "detail": r.detail} for r in envelope.refused]
    answer = {"accepted": len(envelope.rows), "refused": refused}
    rows = redact(envelope.rows)
    return Taken([Record(key.encode(), record) for key, record in Packer(source).pack(rows)], answer)
