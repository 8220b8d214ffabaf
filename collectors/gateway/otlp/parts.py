"""The parts of messages, of any dialect, in OpenTelemetry's form: texts, calls of tools and their results, media.

Source: https://github.com/open-telemetry/semantic-conventions-genai/blob/main/docs/gen-ai/gen-ai-input-messages.json
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any, Final

import msgspec

from windvane.collectors.instrument.messages import arguments, joined, media, reasoning, text, tool_response

__all__ = ["ALONE", "RESULTS", "Part", "call_of", "compact", "kind_of", "parsed", "part_of", "parts_of", "words_of"]

_decode: Final = msgspec.json.Decoder().decode
_encode: Final = msgspec.json.Encoder(enc_hook=str).encode
_TEXTS: Final = frozenset(("text", "input_text", "output_text", "refusal"))
_CALLS: Final = frozenset(("tool_call", "tool_use", "server_tool_use", "function", "function_call"))
RESULTS: Final = frozenset(("tool_call_response", "tool_result", "function_call_output"))
_THOUGHTS: Final = frozenset(("reasoning", "thinking"))
ALONE: Final = _CALLS | RESULTS | _THOUGHTS
_MEDIA: Final = {
    **dict.fromkeys(("image_url", "input_image", "image"), "image"),
    **dict.fromkeys(("input_audio", "audio"), "audio"),
    **dict.fromkeys(("file", "document"), "file"),
    "video": "video",
}
_TOO_DEEP: Final = "…[too deep]"
Part = dict[str, Any]


def parsed(said: str) -> Any:
    """Return the value of a JSON object or list; any other text as it is."""
    if said[:1] not in ("{", "["):
        return said
    try:
        return _decode(said)
    except (ValueError, RecursionError):
        return said


def compact(value: Any) -> str:
    """Return compact JSON; a text as it is.

    >>> compact({"a": ["ü", 1]}), compact("as it is")
    ('{"a":["ü",1]}', 'as it is')
    """
    if isinstance(value, str):
        return value
    try:
        return _encode(value).decode()
    except UnicodeEncodeError:  # half of a surrogate pair
        return json.dumps(value, default=str, ensure_ascii=False, separators=(",", ":"))
    except RecursionError:
        return _TOO_DEEP


def kind_of(item: dict[str, Any]) -> str | None:
    """Return what a part or a message says it is."""
    said = item.get("type")
    return said if isinstance(said, str) else None


def parts_of(content: Any) -> list[Part]:
    """Return the parts of a content: of a text, of parts, of one part."""
    if isinstance(content, str):
        return text(content)
    if isinstance(content, list):
        return [part for item in content for part in part_of(item)]
    return [] if content is None else part_of(content)


def part_of(item: Any) -> list[Part]:
    """Return a part in its form; nothing where there is nothing in it."""
    if not isinstance(item, dict):
        return [] if item is None else text(compact(item))
    kind = kind_of(item)
    if kind in _TEXTS or (kind is None and isinstance(item.get("text"), str)):
        said = item.get("content", item.get("text", item.get("refusal")))
        return [] if said is None else text(compact(said))
    if kind in _CALLS:
        return call_of(item)
    if kind in RESULTS:
        answers = item.get("id") or item.get("tool_use_id") or item.get("tool_call_id") or item.get("call_id")
        return [tool_response(answers, words_of(next((item[name] for name in _ANSWERS if name in item), None)))]
    if kind in _THOUGHTS:
        return reasoning(item.get("content", item.get("thinking")))
    if kind in _MEDIA:
        return [_media(_MEDIA[kind], item)]
    # The bytes of an image or of sound are no text: that there were some is said.
    return [{"type": str(kind or "generic")} | {
        name: value for name, value in item.items() if value is not None and (name != "content" or kind != "blob")
    }]  # fmt: skip


_HELD: Final = ("image_url", "image", "source", "input_audio", "file", "url")
_ANSWERS: Final = ("response", "result", "content", "output")


def _media(modality: str, item: dict[str, Any]) -> Part:
    held = next((item[name] for name in _HELD if name in item), None)
    if isinstance(held, dict):
        return media(modality, held.get("url") or held.get("file_data"), held.get("media_type"))
    return media(modality, held)


def call_of(item: Any) -> list[Part]:
    """Return the part of a call of a tool, its arguments as values."""
    if not isinstance(item, dict):
        return text(compact(item))
    inner = item.get("function")
    held = inner if isinstance(inner, dict) else item
    given = next((held[name] for name in ("arguments", "args", "input") if name in held), None)
    made = {"type": "tool_call", "id": item.get("id") or item.get("call_id"), "name": held.get("name")}
    return [{name: value for name, value in (made | {"arguments": _arguments(given)}).items() if value is not None}]


def _arguments(given: Any) -> Any:
    try:
        return arguments(given)
    except (ValueError, RecursionError):
        return given


def words_of(response: Any) -> Any:
    """Return what a tool has said: a text where its parts are texts."""
    if isinstance(response, Iterable) and not isinstance(response, str | dict):
        parts = parts_of(list(response))
        if parts and all(part["type"] == "text" for part in parts):
            return joined((part["content"] for part in parts), "\n")
    return response
