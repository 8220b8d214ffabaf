"""Messages of any dialect in OpenTelemetry's form, as `collectors/instrument/messages.py` makes them.

Source: https://github.com/open-telemetry/semantic-conventions-genai/blob/main/docs/gen-ai/gen-ai-input-messages.json
"""

from __future__ import annotations

from typing import Annotated, Any, Final, Literal

import msgspec

from windvane.collectors.gateway.otlp.parts import (
    ALONE,
    RESULTS,
    call_of,
    compact,
    kind_of,
    parsed,
    part_of,
    parts_of,
    words_of,
)
from windvane.collectors.gateway.otlp.words import finish_reason
from windvane.collectors.instrument.messages import MOST_BYTES, encode, joined, message, reasoning, tool_response
from windvane.collectors.redaction.cutting import cut

__all__ = ["canonical", "encoded", "simple", "text_of"]

_encode: Final = msgspec.json.Encoder(enc_hook=str).encode
_ROLES: Final = {"human": "user", "ai": "assistant", "model": "assistant", "developer": "system", "function": "tool"}
_SAID: Final = {role: role for role in ("user", "assistant", "system", "tool")} | _ROLES


class _Text(msgspec.Struct, tag_field="type", tag="text", forbid_unknown_fields=True, gc=False):
    content: Annotated[str, msgspec.Meta(min_length=1)]


class _Spoken(msgspec.Struct, forbid_unknown_fields=True, omit_defaults=True, gc=False):
    role: Literal["user", "assistant"]
    parts: Annotated[list[_Text], msgspec.Meta(min_length=1)]
    finish_reason: str | None = None


_spoken: Final = msgspec.json.Decoder(list[_Spoken]).decode


def simple(said: str, reasons: list[str] | None = None) -> tuple[str, list[str]] | None:
    """Return messages of plain text in their form, and why they ended; None where they are anything else.

    The newest instrumentations write most messages so, and this reads them at the speed of C. `reasons` are put where
    the messages do not say any.

    >>> simple('[{"role": "assistant", "parts": [{"type": "text", "content": "hi"}]}]', ["stop"])
    ('[{"role":"assistant","parts":[{"type":"text","content":"hi"}],"finish_reason":"stop"}]', ['stop'])
    """
    try:
        messages = _spoken(said)
    except (ValueError, RecursionError):
        return None
    if reasons is not None:
        own = []
        for each in messages:
            if each.finish_reason:
                each.finish_reason = finish_reason(each.finish_reason)
                own.append(each.finish_reason)
        reasons = reasons or own
        if len(own) < len(messages) == len(reasons):
            for each, reason in zip(messages, reasons, strict=True):
                each.finish_reason = each.finish_reason or reason
    data = _encode(messages)
    return (data.decode(), reasons or []) if 2 < len(data) <= MOST_BYTES else None


def canonical(value: Any, role: str) -> tuple[list[dict[str, Any]], str]:
    """Return messages in OpenTelemetry's form, and the system prompt, which is none of them.

    `value` is a text, a message, a list of them, or a request or an answer that holds them, of OpenTelemetry, OpenAI,
    Anthropic or Google. `role` is whose they are where they do not say.

    >>> canonical([{"role": "system", "content": "Be brief."}, {"role": "user", "content": "hi"}], "user")
    ([{'role': 'user', 'parts': [{'type': 'text', 'content': 'hi'}]}], 'Be brief.')
    """
    if isinstance(value, str):
        value = parsed(value)
    systems: list[Any] = []
    if isinstance(value, dict):
        for name in ("messages", "choices", "contents"):
            if isinstance(value.get(name), list):
                systems.append(text_of(value.get("system")))
                value = value[name]
                break
    if not isinstance(value, list):
        value = [value]
    elif value and all(isinstance(item, list) for item in value):  # batches of them, as LangChain writes
        value = [item for batch in value for item in batch]
    messages = []
    for item in value:
        if item is None or item == "":
            continue
        made = _message(item, role)
        if made["role"] == "system":
            systems.append(joined((part.get("content") for part in made["parts"]), "\n"))
        else:
            messages.append(made)
    return messages, joined(systems, "\n\n") or ""


def encoded(messages: list[dict[str, Any]]) -> str | None:
    """Return messages as they are stored; None where there are none."""
    try:
        return encode(messages)
    except (UnicodeEncodeError, RecursionError):
        return cut(compact(messages), MOST_BYTES)


def text_of(value: Any) -> str:
    """Return the plain text of a system prompt: of a text, of parts, of messages.

    >>> text_of('[{"type": "text", "content": "Be brief."}, {"type": "text", "content": "Be kind."}]')
    'Be brief.\\nBe kind.'
    """
    if isinstance(value, str):
        value = parsed(value)
    if value is None or isinstance(value, str):
        return value or ""
    several = value if isinstance(value, list) else [value]
    parts = [part for item in several for part in (_message(item, "")["parts"] if _is_message(item) else part_of(item))]
    return joined((part.get("content") for part in parts if part["type"] == "text"), "\n") or ""


def _is_message(item: Any) -> bool:
    return isinstance(item, dict) and ("parts" in item or "role" in item)


def _message(item: Any, role: str, depth: int = 0) -> dict[str, Any]:
    if not isinstance(item, dict):
        return message(role, parts_of(item))
    finish = item.get("finish_reason") or item.get("stop_reason")
    ended = finish_reason(finish) if finish else None
    if (inner := item.get("message")) is not None and depth < 2:  # a choice
        made = _message(parsed(inner) if isinstance(inner, str) else inner, "assistant", depth + 1)
        return message(made["role"], made["parts"], ended or made.get("finish_reason"))
    kind = kind_of(item)
    if "role" not in item and kind in ALONE:  # an item that is a part itself
        return message("tool" if kind in RESULTS else "assistant", part_of(item))
    said = _SAID.get(str(item.get("role") or kind or role).lower(), role)
    given = item.get("parts")
    answers = item.get("tool_call_id") or item.get("id") or item.get("call_id")
    if said == "tool" and (given is None or (answers and _are_texts(given))):
        return message(said, [tool_response(answers, words_of(item.get("content") if given is None else given))])
    if given is None:
        given = next((item[name] for name in ("content", "contents", "text") if name in item), None)
    parts = reasoning(item.get("reasoning_content")) + parts_of(given)
    calls = item.get("tool_calls")
    calls = parsed(calls) if isinstance(calls, str) else calls
    for call in calls if isinstance(calls, list) else ():
        parts += call_of(call)
    if isinstance(item.get("function_call"), dict):
        parts += call_of(item["function_call"])
    if len(parts) > 1 and parts[-1]["type"] == "text" and {part["type"] for part in parts[:-1]} == {"tool_call"}:
        # OpenAI's messages hold both without an order: what is said stands before what is called.
        parts = [parts[-1], *parts[:-1]]
    return message(said, parts, ended)


def _are_texts(parts: Any) -> bool:
    return isinstance(parts, list) and all(isinstance(part, dict) and kind_of(part) == "text" for part in parts)
