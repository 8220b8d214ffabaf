"""LangChain's messages in the words of a row.

They are read by their attributes, not by their classes: nothing is imported for it. Blocks that a provider's package
has left in the provider's own form are read too.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from windvane.collectors.instrument.guarding import guarded
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
from windvane.collectors.instrument.wire.base import Fields, count, number, word
from windvane.collectors.instrument.wire.openai_chat import output_type

__all__ = ["asked", "of_assistant", "prompted", "said", "words"]

_PROVIDERS: Final = {
    "azure": "azure.ai.openai",
    "azure_ai": "azure.ai.inference",
    "amazon_bedrock": "aws.bedrock",
    "bedrock": "aws.bedrock",
    "google_genai": "gcp.gemini",
    "google_vertexai": "gcp.vertex_ai",
    "ibm": "ibm.watsonx.ai",
    "mistral": "mistral_ai",
    "mistralai": "mistral_ai",
    "xai": "x_ai",
}
"""What LangChain's packages call themselves, where OpenTelemetry has another name."""
_OF_TOOLS: Final = frozenset({"tool_use", "tool_call", "tool_call_chunk", "invalid_tool_call", "function_call",
                              "custom_tool_call", "input_json_delta"})  # fmt: skip
"""Blocks that stand in `tool_calls` too."""
_MEDIA: Final = {"image": "image", "audio": "audio", "video": "video", "file": "file", "document": "file",
                 "media": "file", "text-plain": "file"}  # fmt: skip


def _parts(content: object) -> list[dict[str, Any]]:
    if not isinstance(content, list | tuple):
        return text(content)
    return [made for block in content for made in (text(block) if isinstance(block, str) else _part(plain(block)))]


def _part(block: dict[str, Any]) -> list[dict[str, Any]]:
    kind = str(block.get("type") or ("text" if "text" in block else ""))
    if kind in ("text", "input_text", "output_text", "refusal"):
        return text(block.get("refusal" if kind == "refusal" else "text"))
    if kind in ("reasoning", "thinking", "redacted_thinking", "reasoning_content"):
        thoughts = joined((one.get("text") for one in listed(block.get("summary"))), "\n")
        inner = plain(block.get("reasoning_content")).get("text")
        return reasoning(block.get("reasoning") or block.get("thinking") or inner or thoughts)
    if kind == "tool_result":
        return [tool_response(word(block.get("tool_use_id")), words(block.get("content")))]
    return [_medium(kind, block)] if kind and kind not in _OF_TOOLS else []


def _medium(kind: str, block: dict[str, Any]) -> dict[str, Any]:
    if kind == "image_url":
        image = block.get("image_url")
        return media("image", image if isinstance(image, str) else plain(image).get("url"))
    if kind == "input_audio":
        form = plain(block.get("input_audio")).get("format")
        return media("audio", None, f"audio/{form}" if form else None)
    if kind not in _MEDIA:
        return {"type": kind}
    source = plain(block.get("source"))  # Anthropic's form
    where = block.get("url") or source.get("url") or plain(block.get("file")).get("file_data")
    return media(_MEDIA[kind], where, word(block.get("mime_type")) or word(source.get("media_type")))


def words(content: object) -> str | None:
    """Return the text of a message's content."""
    return joined((part.get("content") for part in _parts(content)), "\n")


def of_assistant(one: Any) -> list[dict[str, Any]]:
    """Return the parts of what a model has said: thoughts, text, calls of tools."""
    more = one.additional_kwargs
    parts = reasoning(more.get("reasoning_content")) + _parts(one.content) + text(more.get("refusal"))
    calls = (*getattr(one, "tool_calls", ()), *getattr(one, "invalid_tool_calls", ()))
    parts += [tool_call(word(call.get("id")), call.get("name"), call.get("args")) for call in calls]
    if not calls and (function := plain(more.get("function_call"))):
        parts.append(tool_call(None, function.get("name"), function.get("arguments")))
    if audio := plain(more.get("audio")):
        parts += [*text(audio.get("transcript")), media("audio", None)]
    return parts


@guarded
def said(messages: Iterable[Any]) -> Fields:
    """Return the system's instructions and the other messages of a request."""
    system, others = [], list[dict[str, Any]]()
    for one in messages:
        kind = one.type.removesuffix("MessageChunk").lower()
        role = {"human": "user", "function": "tool"}.get(kind, kind) if kind != "chat" else one.role
        if role in ("system", "developer"):
            system.append(words(one.content))
        elif role == "tool":
            id = word(getattr(one, "tool_call_id", None))
            others.append(message("tool", [tool_response(id, words(one.content))]))
        elif role == "ai":
            others.append(message("assistant", of_assistant(one)))
        else:
            parts = _parts(one.content)
            results = [part for part in parts if part["type"] == "tool_call_response"]
            others += [message("tool", [result]) for result in results]
            if len(results) < len(parts) or not parts:
                others.append(message(role, [part for part in parts if part not in results]))
    return {"gen_ai_input_messages": encode(others), "gen_ai_system_instructions": joined(system, "\n\n")}


@guarded
def prompted(prompts: Sequence[str]) -> Fields:
    """Return the prompts of a model that completes texts."""
    return {"gen_ai_input_messages": encode([message("user", parts) for each in prompts if (parts := text(each))])}


@guarded
def asked(about: Mapping[str, Any], form: Any) -> Fields:
    """Return whom a call asks, and for what: by LangChain's words for it, and the form that the answer shall have."""
    provider = word(about.get("ls_provider"))
    return {
        "gen_ai_provider_name": _PROVIDERS.get(provider or "", provider),
        "gen_ai_request_model": word(about.get("ls_model_name")),
        "gen_ai_request_temperature": number(about.get("ls_temperature")),
        "gen_ai_request_max_tokens": count(about.get("ls_max_tokens")),
        # A schema that is given as a class asks for JSON too.
        "gen_ai_output_type": "json" if isinstance(form, type) else output_type(form),
    }
