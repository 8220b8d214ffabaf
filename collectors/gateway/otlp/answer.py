"""Answers as OTLP has them: in the encoding of the request, with what was refused as partial success.

Source: https://opentelemetry.io/docs/specs/otlp/#otlphttp-response. The three messages are so small that their few
bytes are written here: no library is needed to say yes in protobuf.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import msgspec
from aiohttp import web

from windvane.collectors.gateway.refusal import Refusal

__all__ = ["JSON", "PROTOBUF", "OtlpReply"]

JSON: Final = "application/json"
PROTOBUF: Final = "application/x-protobuf"
_CODES: Final = {400: 3, 401: 16, 403: 7, 408: 4, 413: 3, 415: 3, 429: 8, 500: 13, 503: 14}
"""Of gRPC's status, by HTTP's: https://github.com/grpc/grpc/blob/master/doc/statuscodes.md"""
_MOST_SAID: Final = 1000


class OtlpReply:
    """The answers to one request; `rejected` is what the request's signal calls what it refuses."""

    def __init__(self, content_type: str, rejected: str) -> None:
        self._type, self._rejected = content_type, rejected

    def taken(self, answer: Mapping[str, Any]) -> web.Response:
        """Return an Export…ServiceResponse; `refused` is a count here, `why` their reasons."""
        refused, why = answer["refused"], answer["why"][:_MOST_SAID]
        if self._type == JSON:
            told: dict[str, Any] = {}
            if refused or why:
                told = {"partialSuccess": {self._rejected: str(refused), "errorMessage": why}}
            return web.Response(body=msgspec.json.encode(told), content_type=JSON)
        partial = (b"\x08" + _varint(refused) if refused else b"") + (_text(b"\x12", why) if why else b"")
        body = b"\x0a" + _varint(len(partial)) + partial if partial else b""
        return web.Response(body=body, content_type=PROTOBUF)

    def refused(self, refusal: Refusal) -> web.Response:
        """Return a Status, and when to come back."""
        code, why = _CODES.get(refusal.status, 2), str(refusal)[:_MOST_SAID]
        if self._type == JSON:
            body = msgspec.json.encode({"code": code, "message": why})
        else:
            body = b"\x08" + _varint(code) + _text(b"\x12", why)
        return web.Response(body=body, status=refusal.status, content_type=self._type, headers=refusal.headers)


def _varint(number: int) -> bytes:
    out = bytearray()
    while number > 0x7F:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    out.append(number)
    return bytes(out)


def _text(tag: bytes, text: str) -> bytes:
    encoded = text.encode(errors="replace")
    return tag + _varint(len(encoded)) + encoded
