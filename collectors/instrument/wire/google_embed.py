"""Google's embeddings: embedContent and batchEmbedContents, and Vertex AI's predict.

Source: Google's reference of the Gemini API, "models.embedContent"; of Vertex AI, "Text embeddings API".
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from windvane.collectors.instrument.messages import encode, listed, message, plain, text
from windvane.collectors.instrument.wire.base import Fields, Wire, count, number
from windvane.collectors.instrument.wire.google_generate import parts_of

__all__ = ["EMBED", "is_embedding"]


def is_embedding(body: Mapping[str, Any]) -> bool:
    """Return whether a request to `predict` is one for embeddings: images and others are asked for there too."""
    return any("content" in one for one in listed(body.get("instances")))


def _request(body: Mapping[str, Any]) -> Fields:
    several: list[Mapping[str, Any]] = [*listed(body.get("requests")), *listed(body.get("instances"))]
    parts = []
    for one in several or [body]:
        content = one.get("content")
        parts += text(content) if isinstance(content, str) else parts_of(content)
    return {"gen_ai_input_messages": encode([message("user", parts)] if parts else [])}


def _answer(body: Mapping[str, Any]) -> Fields:
    found = [plain(one.get("embeddings")) for one in listed(body.get("predictions"))]
    found += [*listed(body.get("embeddings")), *([body["embedding"]] if body.get("embedding") else [])]
    tokens = plain(body.get("usageMetadata")).get("promptTokenCount")
    if tokens is None:
        counts = [number(plain(one.get("statistics")).get("token_count")) for one in found]
        known = [each for each in counts if each is not None]
        tokens = int(sum(known)) if known and len(known) == len(counts) else None
    return {
        "gen_ai_usage_input_tokens": count(tokens),
        # Of several texts none is *the* query.
        "embedding": [float(each) for each in found[0].get("values") or ()] or None if len(found) == 1 else None,
    }


EMBED: Final = Wire("embeddings", _request, _answer, name="google_embed.EMBED")
