"""The two paths of OTLP over HTTP."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Collection
from dataclasses import dataclass, field
from functools import partial
from hashlib import sha256
from typing import Any

from aiohttp import web

from windvane.collectors.event import INDEX, Row
from windvane.collectors.gateway.counts import Counts
from windvane.collectors.gateway.intake import Intake, Later, Taken
from windvane.collectors.gateway.otlp import from_json, from_protobuf
from windvane.collectors.gateway.otlp.answer import JSON, PROTOBUF, OtlpReply
from windvane.collectors.gateway.otlp.conversation import CHATS
from windvane.collectors.gateway.otlp.joining import ALONE, FAILED, LATE, Claim, Joiner
from windvane.collectors.gateway.otlp.logs import Logs, alone, read
from windvane.collectors.gateway.otlp.mapping import tells
from windvane.collectors.gateway.otlp.span import id_of
from windvane.collectors.gateway.otlp.traces import Traces, find, rows_of
from windvane.collectors.gateway.refusal import Refusal
from windvane.collectors.gateway.sources import Redact
from windvane.collectors.log.base import Record
from windvane.collectors.packing import Packer

__all__ = ["Otlp"]

_ID, _INPUT, _OUTPUT = INDEX["id"], INDEX["gen_ai_input_messages"], INDEX["gen_ai_output_messages"]


@dataclass(slots=True)
class Otlp:
    """Takes requests of spans and of log records. `also`: see `traces.find`."""

    intake: Intake
    counts: Counts
    joiner: Joiner
    also: Collection[str] = ()
    loop: asyncio.AbstractEventLoop | None = field(default=None, init=False)

    def add_to(self, app: web.Application) -> None:
        """Add the paths."""
        app.router.add_post("/v1/traces", partial(self._take, rejected="rejectedSpans", read=self._spans))
        app.router.add_post("/v1/logs", partial(self._take, rejected="rejectedLogRecords", read=self._logs))

    async def _take(self, request: web.Request, *, rejected: str, read: Any) -> web.Response:
        self.loop = asyncio.get_running_loop()
        said = request.content_type
        kind = JSON if said == JSON else PROTOBUF if said in (PROTOBUF, "application/protobuf") else None
        if kind is None:
            why = f"Content-Type is {said}; OTLP comes as {PROTOBUF} or {JSON}"
            return self.intake.refuse(request, OtlpReply(JSON, rejected), Refusal(415, why))
        return await self.intake.take(request, OtlpReply(kind, rejected), partial(read, kind=kind))

    def _spans(self, body: bytes, redact: Redact, *, kind: str) -> Taken | Later:
        found = find((from_json if kind == JSON else from_protobuf).spans_of(body), self.also)
        claim = self._claim(found)
        if claim is None:
            return self._rows(body, found, None, redact)
        return Later(lambda: self.joiner.collect(claim), lambda: self._claimed(body, found, claim, redact))

    def _claimed(self, body: bytes, found: Traces, claim: Claim, redact: Redact) -> Taken:
        try:
            return self._rows(body, found, claim, redact)
        except BaseException:
            self._settle(claim, None)  # its records must not wait for ever
            raise

    def _claim(self, found: Traces) -> Claim | None:
        """Return what the spans of a request should get of log records, if there are any, or will be."""
        if not self.joiner.wait_s:
            return None
        now, claim = time.monotonic(), Claim({}, {}, set())
        for span, operation in found.calls:
            service = str(span.place.resource.get("service.name", ""))
            expected = self.joiner.expects(service, now)
            if expected is None:
                expected = "gen_ai.system" in span.attributes  # as conventions have it that use records
            if (expected or not self.joiner.idle) and (id := id_of(span.trace_id, span.span_id)):
                claim.wanted[id] = []
                if expected and operation in CHATS and not tells(span):
                    claim.awaited[id] = span.failed
                    claim.services.add(service)
        return claim if claim.wanted else None

    def _rows(self, body: bytes, found: Traces, claim: Claim | None, redact: Redact) -> Taken:
        rows = redact(rows_of(found, claim.events() if claim else {}))
        # Senders repeat a request whose answer was lost: what has ids is known by its digest.
        records = _records(body, rows) if found.numbered else _records(b"", rows)
        answer = {"refused": len(found.refused), "why": _why(found.refused)}
        stored = {row[_ID]: bool(row[_INPUT] or row[_OUTPUT]) for row in rows if row[_ID]}

        def durable() -> None:
            self.counts.add("left_out_spans", found.left_out)
            self.counts.add("unmapped_attributes", found.unmapped)
            self.counts.add("spans", {"taken": len(found.calls) - len(found.refused), "refused": len(found.refused)})
            if found.mistakes:
                self.counts.add("mistakes", {"spans": found.mistakes})
            self._settle(claim, stored)

        return Taken(records, answer, durable, lambda: self._settle(claim, None))

    def _settle(self, claim: Claim | None, stored: dict[str, bool] | None) -> None:
        if self.loop is not None:
            self.loop.call_soon_threadsafe(self.joiner.settle, claim, stored)

    def _logs(self, body: bytes, redact: Redact, *, kind: str) -> Taken | Later:
        found = read((from_json if kind == JSON else from_protobuf).logs_of(body))
        if not found.groups:
            return self._recorded(body, found, redact)
        if not self.joiner.wait_s:
            for id in found.groups:
                alone(found, found.records[id])
            return self._recorded(body, found, redact)

        async def wait() -> None:
            self.joiner.expect(found.services, time.monotonic())
            await self.joiner.offer(list(found.groups.values()))

        return Later(wait, lambda: self._joined(body, found, redact))

    def _joined(self, body: bytes, found: Logs, redact: Redact) -> Taken:
        outcomes = dict[str, int]()
        for id, group in found.groups.items():
            outcome = group.outcome.result() if group.outcome else ALONE
            outcomes[outcome] = outcomes.get(outcome, 0) + len(group.events)
            if outcome == ALONE:
                alone(found, found.records[id])
            elif outcome == LATE:
                found.refused += [f"{event.name}: its span is stored without it" for event in group.events]
        if FAILED in outcomes:
            raise Refusal(503, "the log has not taken the spans of these records", retry_s=2)
        self.counts.add("log_records", outcomes)
        return self._recorded(body, found, redact)

    def _recorded(self, body: bytes, found: Logs, redact: Redact) -> Taken:
        answer = {"refused": len(found.refused), "why": _why(found.refused)}

        def durable() -> None:
            self.counts.add("left_out_log_records", found.left_out)
            self.counts.add("unmapped_attributes", found.unmapped)
            if found.refused:
                self.counts.add("log_records", {"refused": len(found.refused)})

        return Taken(_records(body, redact(found.rows)), answer, durable)


def _records(body: bytes, rows: list[Row]) -> list[Record]:
    source = f"request/otlp-{sha256(body).hexdigest()[:32]}" if body else ""
    return [Record(key.encode(), record) for key, record in Packer(source).pack(rows)]


def _why(refused: list[str]) -> str:
    return "; ".join(dict.fromkeys(refused[:20]))
