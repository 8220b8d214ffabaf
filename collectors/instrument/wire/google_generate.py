"""Google's generateContent, of Gemini's API and of Vertex AI.

Source: Google's reference of the Gemini API, "models.generateContent" and "models.streamGenerateContent".
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

import msgspec

from windvane.collectors.instrument.messages import (
    encode,
    joined,
    listed,
    media,
    message,
    plain,
    reasoning,
    text,
    tool_call,
    tool_response,
)
from windvane.collectors.instrument.wire.base import Fields, Wire, count, number, word
from windvane.collectors.instrument.wire.google_stream import GenerateStream

__all__ = ["GENERATE", "REASONS", "parts_of"]

_to_json: Final = msgspec.json.Encoder().encode
_ROLES: Final = {"model": "assistant", "function": "tool"}
REASONS: Final = {
    "stop": "stop",
    "max_tokens": "length",
    "continuation": "length",
    **dict.fromkeys(
        ("safety", "recitation", "language", "blocklist", "prohibited_content", "spii", "model_armor", "jailbreak")
        + ("escalation", "image_safety", "image_prohibited_content", "image_recitation"),
        "content_filter",
    ),
    **dict.fromkeys(
        ("malformed_function_call", "malformed_response", "unexpected_tool_call", "too_many_tool_calls")
        + ("missing_thought_signature", "no_image", "pup_limited_disabled"),
        "error",
    ),
}
"""Google's reasons to finish, in small letters, in OpenTelemetry's words; "other" has none."""
_TYPES: Final = {"application/json": "json", "text/plain": "text"}


def _flat(value: object) -> dict[str, Any]:
    """Return a dict with names that can be compared: Google takes `inlineData` and `inline_data`."""
    return {name.replace("_", "").lower(): each for name, each in plain(value).items()}


def parts_of(content: object) -> list[dict[str, Any]]:
    """Return the parts of a content."""
    return [made for part in listed(plain(content).get("parts")) for made in _part(part)]


def _part(part: dict[str, Any]) -> list[dict[str, Any]]:
    said = part.get("text")
    if isinstance(said, str):
        return reasoning(said) if part.get("thought") else text(said)
    flat = _flat(part)
    if call := plain(flat.get("functioncall")):
        return [tool_call(word(call.get("id")), call.get("name"), call.get("args"))]
    if found := plain(flat.get("functionresponse")):
        return [tool_response(word(found.get("id")), found.get("response"))]
    if held := _flat(flat.get("inlinedata") or flat.get("filedata")):
        mime_type = word(held.get("mimetype"))
        modality = (mime_type or "").partition("/")[0]
        known = modality in ("image", "audio", "video")
        return [media(modality if known else "file", held.get("fileuri"), mime_type)]
    kind = next((name for name in part if name[:7] != "thought"), None)
    return [{"type": kind}] if kind else []


def _request(body: Mapping[str, Any]) -> Fields:
    said = list[dict[str, Any]]()
    for one in listed(body.get("contents")):
        parts, role = parts_of(one), str(one.get("role") or "user")
        results = [part for part in parts if part["type"] == "tool_call_response"]
        said += [message("tool", [result]) for result in results]
        if len(results) < len(parts) or not parts:
            said.append(message(_ROLES.get(role, role), [part for part in parts if part not in results]))
    config = plain(body.get("generationConfig"))
    return {
        "gen_ai_request_temperature": number(config.get("temperature")),
        "gen_ai_request_max_tokens": count(config.get("maxOutputTokens")),
        "gen_ai_input_messages": encode(said),
        "gen_ai_system_instructions": joined(
            (part.get("content") for part in parts_of(body.get("systemInstruction"))), "\n"
        ),
        "gen_ai_output_type": _TYPES.get(str(config.get("responseMimeType"))),
    }


def _reason(said: object) -> str | None:
    return REASONS.get(said.lower(), said.lower()) if isinstance(said, str) and said else None


def _answer(body: Mapping[str, Any]) -> Fields:
    candidates = list(listed(body.get("candidates")))
    said, reasons = [], []
    for one in candidates:
        ended, parts = _reason(one.get("finishReason")), parts_of(one.get("content"))
        reasons += [ended] if ended else []
        if parts or ended:
            said.append(message("assistant", parts, ended))
    if not candidates and plain(body.get("promptFeedback")).get("blockReason"):
        reasons.append("content_filter")
        said.append(message("assistant", [], "content_filter"))
    return {
        "gen_ai_response_model": word(body.get("modelVersion")),
        "gen_ai_response_id": word(body.get("responseId")),
        "gen_ai_output_messages": encode(said),
        "gen_ai_response_finish_reasons": reasons or None,
        **_usage(plain(body.get("usageMetadata"))),
        **_logs(candidates),
    }


def _sum(counts: Iterable[object]) -> int | None:
    known = [each for each in map(count, counts) if each is not None]
    return sum(known) if known else None


def _usage(used: Mapping[str, Any]) -> Fields:
    """Return the tokens: this provider counts thoughts, and what its own tools have read, apart."""
    return {
        "gen_ai_usage_input_tokens": _sum((used.get("promptTokenCount"), used.get("toolUsePromptTokenCount"))),
        "gen_ai_usage_output_tokens": _sum((used.get("candidatesTokenCount"), used.get("thoughtsTokenCount"))),
        "gen_ai_usage_cache_read_input_tokens": count(used.get("cachedContentTokenCount")),
        "gen_ai_usage_reasoning_output_tokens": count(used.get("thoughtsTokenCount")),
    }


def _logs(candidates: list[dict[str, Any]]) -> Fields:
    """Return the log-probabilities of the first candidate, where they were asked for."""
    found = plain(candidates[0].get("logprobsResult")) if candidates else {}
    chosen = [number(one.get("logProbability")) for one in listed(found.get("chosenCandidates"))]
    if not chosen or None in chosen:
        return {}
    likeliest = [
        [number(one.get("logProbability")) for one in listed(step.get("candidates"))]
        for step in listed(found.get("topCandidates"))
    ]
    whole = any(likeliest) and not any(None in step for step in likeliest)
    return {"logprobs": chosen, "top_logprobs": _to_json(likeliest).decode() if whole else None}


GENERATE: Final = Wire("chat", _request, _answer, GenerateStream, "google_generate.GENERATE")
