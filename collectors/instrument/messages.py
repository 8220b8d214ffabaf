"""Messages as every path stores them: OpenTelemetry's form, whatever the provider's own.

Pure functions over plain values (dicts, lists, text); objects of pydantic are read as the dicts they stand for. What
media hold is never copied: a part says what there was, not its bytes.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import Any, Final

import msgspec

from windvane.collectors.redaction.cutting import cut

__all__ = ["MOST_BYTES", "arguments", "encode", "joined", "listed", "media", "message", "plain", "reasoning", "reason"]
__all__ += ["text", "tool_call", "tool_response"]

Part = dict[str, Any]
Message = dict[str, Any]

MOST_BYTES: Final = 140_000
"""Of one text of messages as JSON; the rest is cut: input, output and log-probabilities must fit into one event."""

_to_json: Final = msgspec.json.Encoder(enc_hook=lambda value: plain(value) or str(value)).encode
_from_json: Final = msgspec.json.Decoder().decode

_REASONS: Final = {
    "end_turn": "stop",
    "stop_sequence": "stop",
    "max_tokens": "length",
    "max_output_tokens": "length",
    "model_context_window_exceeded": "length",
    "tool_use": "tool_call",
    "tool_calls": "tool_call",
    "function_call": "tool_call",
    "refusal": "content_filter",
}


def reason(said: object) -> str | None:
    """Return why an answer ended, in OpenTelemetry's words: stop, length, content_filter, tool_call, error.

    >>> reason("end_turn"), reason("tool_calls"), reason("something_new"), reason(None)
    ('stop', 'tool_call', 'something_new', None)
    """
    return _REASONS.get(said, said) if isinstance(said, str) and said else None


def plain(value: Any) -> dict[str, Any]:
    """Return the dict that a value is or stands for; an empty one if it is something else."""
    if isinstance(value, dict):
        return value
    if value is None:
        return {}
    dump = getattr(value, "model_dump", None) or getattr(value, "dict", None)  # pydantic 2 and 1
    found = dump() if callable(dump) and not isinstance(value, type) else None
    return found if isinstance(found, dict) else {}


def listed(value: Any) -> Iterator[dict[str, Any]]:
    """Yield the dicts of a list. Whatever can be read only once is the library's to read, and is left alone."""
    if isinstance(value, list | tuple):
        for one in value:
            yield one if isinstance(one, dict) else plain(one)


def joined(texts: Iterable[Any], between: str) -> str | None:
    """Return the texts among these as one; None where there is none."""
    return between.join(text for text in texts if isinstance(text, str) and text) or None


def text(content: object) -> list[Part]:
    """Return the part that holds a text, or none where there is no text."""
    return [{"type": "text", "content": content}] if isinstance(content, str) and content else []


def reasoning(content: object) -> list[Part]:
    """Return the part that holds what a model thought."""
    return [{"type": "reasoning", "content": content}] if isinstance(content, str) and content else []


def tool_call(id: object, name: object, given: object) -> Part:
    """Return the part of a call of a tool; `given` are its arguments, as JSON or as values."""
    return _said({"type": "tool_call", "id": id, "name": name, "arguments": arguments(given)})


def tool_response(id: object, response: object) -> Part:
    """Return the part of what a tool has returned."""
    return _said({"type": "tool_call_response", "id": id, "response": response})


def media(modality: str, source: object, mime_type: object = None) -> Part:
    """Return the part of an image, a sound, a film or a file: by its address, or as a blob without the bytes.

    >>> media("image", "https://shop.example/a.png"), media("image", "data:image/png;base64,iVBORw0KGgo=")
    ({'type': 'uri', 'modality': 'image', 'uri': 'https://shop.example/a.png'}, \
{'type': 'blob', 'mime_type': 'image/png', 'modality': 'image'})
    """
    if isinstance(source, str) and source[:5] != "data:" and "://" in source[:16]:
        return _said({"type": "uri", "mime_type": mime_type, "modality": modality, "uri": source})
    if mime_type is None and isinstance(source, str) and source[:5] == "data:":
        mime_type = source[5:105].partition(",")[0].partition(";")[0] or None
    return _said({"type": "blob", "mime_type": mime_type, "modality": modality})


def message(role: str, parts: list[Part], finish_reason: str | None = None) -> Message:
    """Return one message; answers carry their finish reason."""
    made: Message = {"role": role, "parts": parts}
    if finish_reason is not None:
        made["finish_reason"] = finish_reason
    return made


def arguments(given: object) -> object:
    """Return a tool's arguments as values; text that is no JSON stays text."""
    if not isinstance(given, str):
        return given
    try:
        return _from_json(given)
    except msgspec.DecodeError:
        return given or None


def encode(messages: list[Message]) -> str | None:
    """Return messages as compact JSON, keys in their order; None where there are none. Cut at `MOST_BYTES`."""
    if not messages:
        return None
    try:
        data = _to_json(messages)
    except UnicodeEncodeError:  # half of a surrogate pair becomes U+FFFD, as in `normalize`
        said = json.dumps(messages, ensure_ascii=False, separators=(",", ":"), default=str)
        data = said.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace").encode()
    whole = data.decode()
    return whole if len(data) <= MOST_BYTES else cut(whole, len(data[:MOST_BYTES].decode(errors="ignore")))


def _said(part: Part) -> Part:
    return {name: value for name, value in part.items() if value is not None}
