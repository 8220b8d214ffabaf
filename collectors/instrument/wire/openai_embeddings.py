"""OpenAI's embeddings. Source: OpenAI's API reference, "Create embeddings"."""

from __future__ import annotations

import struct
from base64 import b64decode
from collections.abc import Mapping
from typing import Any, Final

from windvane.collectors.instrument.messages import encode, listed, message, text
from windvane.collectors.instrument.wire.base import Fields, Wire, count, word

__all__ = ["EMBEDDINGS"]


def _request(body: Mapping[str, Any]) -> Fields:
    given = body.get("input")
    texts = [given] if isinstance(given, str) else given if isinstance(given, list | tuple) else ()
    parts = [part for each in texts for part in text(each)]
    return {
        "gen_ai_request_model": word(body.get("model")),
        "gen_ai_input_messages": encode([message("user", parts)] if parts else []),
    }


def _answer(body: Mapping[str, Any]) -> Fields:
    data = list(listed(body.get("data")))
    return {
        "gen_ai_response_model": word(body.get("model")),
        "gen_ai_usage_input_tokens": count((body.get("usage") or {}).get("prompt_tokens")),
        # Of several texts none is *the* query.
        "embedding": _numbers(data[0].get("embedding")) if len(data) == 1 else None,
    }


def _numbers(given: object) -> list[float] | None:
    if isinstance(given, str):  # the library asks for base64 by itself: 32-bit floats, little-endian
        data = b64decode(given)
        return list(struct.unpack(f"<{len(data) // 4}f", data))
    return [float(each) for each in given] if isinstance(given, list) else None


EMBEDDINGS: Final = Wire("embeddings", _request, _answer, name="openai_embeddings.EMBEDDINGS")
