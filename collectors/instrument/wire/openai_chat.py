"""OpenAI's chat completions, which many providers speak, and the older completions.

Source: OpenAI's API reference, "Create chat completion" and "Chat completion chunk".
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import msgspec

from windvane.collectors.instrument.messages import (
    encode,
    joined,
    listed,
    media,
    message,
    plain,
    reason,
    reasoning,
    text,
    tool_call,
    tool_response,
)
from windvane.collectors.instrument.wire.base import Fields, Wire, count, number, word
from windvane.collectors.instrument.wire.openai_stream import ChatStream

__all__ = ["CHAT", "COMPLETIONS", "asked_for", "messages_of", "output_type", "usage"]

_to_json: Final = msgspec.json.Encoder().encode


def _parts(content: object) -> list[dict[str, Any]]:
    if isinstance(content, str):
        return text(content)
    return [made for part in listed(content) for made in _part(part)]


def _part(part: dict[str, Any]) -> list[dict[str, Any]]:
    kind = part.get("type")
    if kind in ("text", "refusal"):
        return text(part.get(kind))
    if kind == "image_url":
        image = part.get("image_url")
        return [media("image", image if isinstance(image, str) else plain(image).get("url"))]
    if kind == "input_audio":
        form = plain(part.get("input_audio")).get("format")
        return [media("audio", None, f"audio/{form}" if form else None)]
    if kind == "file":
        return [media("file", plain(part.get("file")).get("file_data"))]
    return [{"type": str(kind)}] if kind else []


def _words(content: object) -> str | None:
    return joined((part.get("content") for part in _parts(content)), "\n")


def messages_of(given: object) -> tuple[str | None, list[dict[str, Any]]]:
    """Return the system's instructions and the other messages of a request."""
    system, said = [], []
    for one in listed(given):
        role, content = one.get("role"), one.get("content")
        if role == "user":
            said.append(message("user", _parts(content)))
        elif role in ("system", "developer"):
            system.append(content if isinstance(content, str) else _words(content))
        elif role in ("tool", "function"):
            said.append(message("tool", [tool_response(word(one.get("tool_call_id")), _words(content))]))
        else:
            said.append(message(str(role), _of_assistant(one) if role == "assistant" else _parts(content)))
    return joined(system, "\n\n"), said


def _of_assistant(one: Mapping[str, Any]) -> list[dict[str, Any]]:
    parts = reasoning(one.get("reasoning_content") or one.get("reasoning"))
    parts += _parts(one.get("content"))
    if one.get("refusal"):
        parts += text(one["refusal"])
    for call in listed(one.get("tool_calls")):
        function = plain(call.get("function") or call.get("custom"))
        parts.append(tool_call(word(call.get("id")), function.get("name"), _given(function)))
    if one.get("function_call"):
        function = plain(one["function_call"])
        parts.append(tool_call(None, function.get("name"), _given(function)))
    if one.get("audio"):
        parts += [*text(plain(one["audio"]).get("transcript")), media("audio", None)]
    return parts


def _given(function: Mapping[str, Any]) -> object:
    return function.get("arguments") if "arguments" in function else function.get("input")


def output_type(form: object) -> str | None:
    """Return what was asked for, if anything was said of it: text or json."""
    if form is None:
        return None
    kind = plain(form).get("type")
    return {"json_object": "json", "json_schema": "json", "text": "text"}.get(str(kind))


def asked_for(body: Mapping[str, Any]) -> Fields:
    """Return what the requests of OpenAI's forms have in common."""
    return {
        "gen_ai_request_model": word(body.get("model")),
        "gen_ai_request_temperature": number(body.get("temperature")),
    }


def _request(body: Mapping[str, Any]) -> Fields:
    system, said = messages_of(body.get("messages"))
    most = count(body.get("max_completion_tokens"))
    return {
        **asked_for(body),
        "gen_ai_input_messages": encode(said),
        "gen_ai_system_instructions": system,
        "gen_ai_request_max_tokens": count(body.get("max_tokens")) if most is None else most,
        "gen_ai_output_type": output_type(body.get("response_format")),
    }


def usage(body: Mapping[str, Any], given: str, made: str) -> Fields:
    """Return the tokens of an answer; `given` and `made` are what this form calls those of the prompt and answer."""
    used = body.get("usage")
    if not used:
        return {}
    fields = {
        "gen_ai_usage_input_tokens": count(used.get(given)),
        "gen_ai_usage_output_tokens": count(used.get(made)),
    }
    if details := used.get(given + "_details"):
        fields["gen_ai_usage_cache_read_input_tokens"] = count(details.get("cached_tokens"))
    if details := used.get(made + "_details"):
        fields["gen_ai_usage_reasoning_output_tokens"] = count(details.get("reasoning_tokens"))
    return fields


def _answer(body: Mapping[str, Any]) -> Fields:
    choices = body.get("choices") or ()
    said, reasons = [], []
    for choice in choices:
        ended = reason(choice.get("finish_reason"))
        reasons += [ended] if ended else []
        one = choice.get("message")
        parts = _of_assistant(one) if one is not None else text(choice.get("text"))
        said.append(message("assistant", parts, ended))
    return {
        "gen_ai_response_model": word(body.get("model")),
        "gen_ai_response_id": word(body.get("id")),
        "gen_ai_output_messages": encode(said),
        "gen_ai_response_finish_reasons": reasons or None,
        **usage(body, "prompt_tokens", "completion_tokens"),
        **_logs(choices),
    }


def _logs(choices: Any) -> Fields:
    """Return the log-probabilities of the first choice, where they were asked for."""
    tokens = ((choices[0].get("logprobs") or {}).get("content") if choices else None) or ()
    if not tokens:
        return {}
    likeliest = [[float(one["logprob"]) for one in token.get("top_logprobs") or ()] for token in tokens]
    return {
        "logprobs": [float(token["logprob"]) for token in tokens],
        "top_logprobs": _to_json(likeliest).decode() if any(likeliest) else None,
    }


def _completion_request(body: Mapping[str, Any]) -> Fields:
    prompt = body.get("prompt")
    prompts = [prompt] if isinstance(prompt, str) else prompt if isinstance(prompt, list | tuple) else ()
    said = [message("user", parts) for each in prompts if (parts := text(each))]
    return {
        **asked_for(body),
        "gen_ai_input_messages": encode(said),
        "gen_ai_request_max_tokens": count(body.get("max_tokens")),
    }


CHAT: Final = Wire("chat", _request, _answer, ChatStream, "openai_chat.CHAT")
COMPLETIONS: Final = Wire("text_completion", _completion_request, _answer, ChatStream, "openai_chat.COMPLETIONS")
