"""What was said in a call, wherever a dialect has put it: attributes, flattened lists, span events, log records."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from windvane.collectors.gateway.otlp.flat import nested
from windvane.collectors.gateway.otlp.messages import canonical, simple, text_of
from windvane.collectors.gateway.otlp.parts import compact, parsed
from windvane.collectors.gateway.otlp.span import SpanEvent
from windvane.collectors.gateway.otlp.words import finish_reasons
from windvane.collectors.instrument.messages import MOST_BYTES, encode, joined, message, text

__all__ = ["CHATS", "MESSAGE_EVENTS", "Flat", "tell"]

Flat = Mapping[str, Sequence[tuple[str, Any]]]
"""Of each flattened list the names behind its own, with their values."""

MESSAGE_EVENTS: Final = {
    "gen_ai.system.message": "system",
    "gen_ai.user.message": "user",
    "gen_ai.assistant.message": "assistant",
    "gen_ai.tool.message": "tool",
    "gen_ai.choice": "",
}
"""Up to 1.36, and whose message it is; of an answer, nobody's: `SOURCES["1.36 events"]`."""
_CONTENT: Final = {"gen_ai.content.prompt": "gen_ai.prompt", "gen_ai.content.completion": "gen_ai.completion"}
"""Up to 1.27, and the attribute that holds it: `SOURCES["1.27"]`."""
CHATS: Final = ("chat", "text_completion")
"""Operations in which messages are exchanged."""
_INPUTS: Final = ("llm.input_messages.", "gen_ai.prompt.", "llm.prompts.")
_OUTPUTS: Final = ("llm.output_messages.", "gen_ai.completion.", "llm.completions.", "llm.choices.")
_INPUT, _OUTPUT, _SYSTEM = "gen_ai_input_messages", "gen_ai_output_messages", "gen_ai_system_instructions"
_DOCUMENTS, _FINISH = "gen_ai_retrieval_documents", "gen_ai_response_finish_reasons"


def tell(
    operation: str, attributes: Mapping[str, Any], flat: Flat, fields: dict[str, Any], events: Sequence[SpanEvent]
) -> None:
    """Put what was said into `fields`: the newest convention that says it counts."""
    if operation in CHATS:
        _chat(attributes, flat, fields, events)
    else:
        _other(operation, flat, fields)
    documents = _flattened(flat, ("retrieval.documents.",)) or fields.get(_DOCUMENTS)
    if documents is not None:
        fields[_DOCUMENTS] = parsed(documents) if isinstance(documents, str) else documents


def _chat(attributes: Mapping[str, Any], flat: Flat, fields: dict[str, Any], events: Sequence[SpanEvent]) -> None:
    asked, answered = _of_events(events) if events else ((), ())
    said = attributes.get("gen_ai.input.messages") or asked or _flattened(flat, _INPUTS) or fields.pop(_INPUT, None)
    instructions = fields.get(_SYSTEM)
    if isinstance(said, str) and (easy := simple(said)):
        fields[_INPUT] = easy[0]
        _set(fields, _SYSTEM, text_of(instructions) or None if instructions else None)
    else:
        messages, system = canonical(said, "user") if said else ([], "")
        _set(fields, _INPUT, _encoded(messages))
        _set(fields, _SYSTEM, joined((text_of(instructions), system), "\n\n"))
    raw = attributes.get("output.value")
    if isinstance(raw, str):
        _of_raw(parsed(raw), fields)
    said = attributes.get("gen_ai.output.messages") or answered or _flattened(flat, _OUTPUTS) or fields.get(_OUTPUT)
    if isinstance(said, str) and (easy := simple(said, fields.get(_FINISH, []))):
        fields[_OUTPUT] = easy[0]
        _set(fields, _FINISH, easy[1] or None)
        return
    messages, _ = canonical(said, "assistant") if said else ([], "")
    _finish(messages, fields)
    _set(fields, _OUTPUT, _encoded(messages))


def _encoded(messages: list[dict[str, Any]]) -> str | None:
    try:
        return encode(messages)
    except (UnicodeEncodeError, RecursionError):
        return compact(messages)[:MOST_BYTES]


def _of_events(events: Sequence[SpanEvent]) -> tuple[Any, Any]:
    """Return the messages that span events or log records hold, in their order: asked, answered."""
    asked: list[Any] = []
    answered: list[Any] = []
    for event in events:
        role = MESSAGE_EVENTS.get(event.name)
        if role is not None:
            body = event.attributes
            if isinstance(content := body.get("gen_ai.event.content"), str) and isinstance(parsed(content), dict):
                body = parsed(content)  # as Azure's libraries write it
            said = {name: parsed(value) if isinstance(value, str) else value for name, value in body.items()}
            if role:
                asked.append({"role": role} | said)
            else:
                answered.append(said)
        elif event.name in _CONTENT:
            content = event.attributes.get(_CONTENT[event.name])
            found = parsed(str(content or "")) or []
            into = asked if event.name == "gen_ai.content.prompt" else answered
            into.extend(found if isinstance(found, list) else [found])
    return asked, answered


def _of_raw(answer: Any, fields: dict[str, Any]) -> None:
    """Take from a provider's own answer what OpenInference has no attribute for: its id, why it ended."""
    if not isinstance(answer, dict):
        return
    if isinstance(answer.get("id"), str):
        fields.setdefault("gen_ai_response_id", answer["id"])
    choices = answer.get("choices")
    reasons = (
        [choice.get("finish_reason") for choice in choices if isinstance(choice, dict)]
        if isinstance(choices, list)
        else [answer.get("stop_reason")]
    )
    if found := finish_reasons(reasons):
        fields.setdefault(_FINISH, found)


def _finish(messages: list[dict[str, Any]], fields: dict[str, Any]) -> None:
    """Have the reasons to finish stand in the messages and in their own column, wherever they were said."""
    reasons = fields.get(_FINISH) or [message["finish_reason"] for message in messages if "finish_reason" in message]
    if reasons:
        fields[_FINISH] = reasons
    if len(reasons) == len(messages):
        for message, reason in zip(messages, reasons, strict=True):
            message.setdefault("finish_reason", reason)


def _other(operation: str, flat: Flat, fields: dict[str, Any]) -> None:
    """What goes into a retriever or a tool is a text, or JSON; into an embedder, texts."""
    if operation == "embeddings":
        _embedded(flat, fields)
    if "retrieval.documents." in flat or operation == "embeddings":
        fields.pop(_OUTPUT, None)  # the documents, or the vectors, once more
    for column in (_INPUT, _OUTPUT):
        if column in fields:
            fields[column] = compact(fields[column])


def _embedded(flat: Flat, fields: dict[str, Any]) -> None:
    """Put each text to be embedded into a part of one message, and the vector, where it is one, into its column."""
    several = _flattened(flat, ("embedding.embeddings.",))
    given = fields.pop(_INPUT, None)
    texts = [given]
    if isinstance(several, list):
        held = [item for item in several if isinstance(item, dict)]
        texts = [item.get("text") for item in held]
        if len(held) == 1 and "vector" in held[0]:
            fields["embedding"] = held[0]["vector"]
    elif isinstance(given, str):
        value = parsed(given)
        inner = value.get("input") if isinstance(value, dict) else value
        texts = inner if isinstance(inner, list) else [inner]
    if isinstance(texts[0] if texts else None, dict):  # messages already
        _set(fields, _INPUT, _encoded(canonical(texts, "user")[0]))
    else:
        parts = [part for each in texts for part in text(each)]
        _set(fields, _INPUT, _encoded([message("user", parts)] if parts else []))


def _flattened(flat: Flat, names: Sequence[str]) -> Any:
    for name in names:
        if name in flat:
            return nested((behind, _content(behind, value)) for behind, value in flat[name])
    return None


def _content(name: str, value: Any) -> Any:
    """Return the parts of a content that OpenLLMetry has written as JSON, any other value as it is."""
    if name.endswith(".content") and isinstance(value, str) and value.startswith('[{"type"'):
        found = parsed(value)
        if isinstance(found, list) and all(isinstance(part, dict) and "type" in part for part in found):
            return found
    return value


def _set(fields: dict[str, Any], column: str, value: Any) -> None:
    if value is None:
        fields.pop(column, None)
    else:
        fields[column] = value
