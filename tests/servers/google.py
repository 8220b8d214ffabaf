"""Google's documented wire formats, for the scripts of `tests.servers.providers`: generateContent and embeddings.

Scripts of its own are "blocked" and "filtered". Who answers the call of the tool "weather" gets words.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from tests.servers.providers import ARGUMENTS, TEXT, WORDS, Body, Format

__all__ = ["ROUTES"]

_LIKELIEST: Final = {"token": "Lyon", "tokenId": 2, "logProbability": -2.5}


def _used(body: Body) -> Body:
    if body["model"] == "cached":
        return {"promptTokenCount": 1200, "cachedContentTokenCount": 1024, "candidatesTokenCount": 5}
    thought = {"thoughtsTokenCount": 64} if body["model"] == "reasoning" else {}
    return {"promptTokenCount": 12, "candidatesTokenCount": 5, **thought}


def _head(body: Body, used: Body) -> Body:
    total = sum(count for name, count in used.items() if name != "cachedContentTokenCount")
    return {
        "usageMetadata": {**used, "totalTokenCount": total},
        "modelVersion": body["model"] + "-001",
        "responseId": "resp-1",
    }


def _logprobs(words: tuple[str, ...]) -> Body:
    chosen = [{"token": word, "tokenId": 1, "logProbability": -0.25} for word in words]
    return {
        "topCandidates": [{"candidates": [one, _LIKELIEST]} for one in chosen],
        "chosenCandidates": chosen,
        "logProbabilitySum": -1.25,
    }


def _answers_tool(body: Body) -> bool:
    parts = body["contents"][-1]["parts"]
    return any((part.get("functionResponse") or {}).get("name") == "weather" for part in parts)


def _parts(body: Body) -> list[list[Body]]:
    """Return the parts of the answer, as they come in pieces."""
    if body["model"] == "tool" and not _answers_tool(body):
        return [[{"functionCall": {"name": "weather", "args": ARGUMENTS}, "thoughtSignature": "c2ln"}]]
    thought = [[{"text": "Easy.", "thought": True}]] if body["model"] == "reasoning" else []
    return [*thought, *([{"text": word}] for word in WORDS)]


def _whole(body: Body) -> Body:
    if body["model"] == "blocked":
        return {"promptFeedback": {"blockReason": "SAFETY"}, **_head(body, {"promptTokenCount": 12})}
    head = _head(body, _used(body))
    if body["model"] == "filtered":
        return {"candidates": [{"finishReason": "SAFETY", "index": 0}], **head}
    pieces = [part for parts in _parts(body) for part in parts]
    if len(pieces) > 1:
        pieces = [*(part for part in pieces if part.get("thought")), {"text": TEXT}]
    config = body.get("generationConfig") or {}
    reason = "MAX_TOKENS" if config.get("maxOutputTokens") == 1 else "STOP"
    candidate = {"content": {"parts": pieces, "role": "model"}, "finishReason": reason, "index": 0}
    if config.get("responseLogprobs"):
        candidate |= {"avgLogprobs": -0.25, "logprobsResult": _logprobs(WORDS)}
    return {"candidates": [candidate], **head}


def _pieces(body: Body) -> Iterator[tuple[str | None, Body]]:
    so_far = _head(body, {"promptTokenCount": 12})
    with_logs = (body.get("generationConfig") or {}).get("responseLogprobs")
    pieces = _parts(body)
    ends_with = pieces.pop() if len(pieces) == 1 else [{"text": ""}]
    for parts in pieces:
        candidate: Body = {"content": {"parts": parts, "role": "model"}, "index": 0}
        if with_logs:
            candidate["logprobsResult"] = _logprobs((parts[0]["text"],))
        yield None, {"candidates": [candidate], **so_far}
    last = {"content": {"parts": ends_with, "role": "model"}, "finishReason": "STOP", "index": 0}
    yield None, {"candidates": [last], **_head(body, _used(body))}


def _error(status: int, words: str) -> Body:
    said = {429: "RESOURCE_EXHAUSTED", 500: "INTERNAL"}
    return {"error": {"code": status, "message": words, "status": said.get(status, "UNKNOWN")}}


def _vector(body: Body) -> Body:
    return {"values": [0.5, -0.25, 0.125]}


def _batch(body: Body) -> Body:
    return {"embeddings": [_vector(body) for _ in body["requests"]]}


def _embedding(body: Body) -> Body:
    return {"embedding": _vector(body), "usageMetadata": {"promptTokenCount": 3, "totalTokenCount": 3}}


def _predicted(body: Body) -> Body:
    one = {"embeddings": {**_vector(body), "statistics": {"truncated": False, "token_count": 3}}}
    return {"predictions": [one for _ in body["instances"]], "metadata": {"billableCharacterCount": 2}}


_GENERATE: Final = Format(_whole, _pieces, _error, lambda words: (None, _error(500, words)))
_VERBS: Final = {
    "generateContent": _GENERATE,
    "streamGenerateContent": _GENERATE,
    "batchEmbedContents": Format(_batch, _pieces, _error, lambda words: (None, _error(500, words))),
    "embedContent": Format(_embedding, _pieces, _error, lambda words: (None, _error(500, words))),
    "predict": Format(_predicted, _pieces, _error, lambda words: (None, _error(500, words))),
}
ROUTES: Final = {"/{base:.+}/models/{model}:{verb:" + verb + "}": form for verb, form in _VERBS.items()}
