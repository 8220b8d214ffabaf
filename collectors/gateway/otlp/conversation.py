"""What was said in a call, wherever a dialect has put it: attributes, flattened lists, span events, log records."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from windvane.collectors.gateway.otlp.flat import Flat, content, flattened
from windvane.collectors.gateway.otlp.lookups import tell_other
from windvane.collectors.gateway.otlp.messages import canonical, encoded, simple, text_of
from windvane.collectors.gateway.otlp.parts import parsed
from windvane.collectors.gateway.otlp.raw import of_raw
from windvane.collectors.gateway.otlp.row import put
from windvane.collectors.gateway.otlp.span import SpanEvent
from windvane.collectors.instrument.messages import joined, message

__all__ = ["CHATS", "MESSAGE_EVENTS", "tell"]

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
_ENDED: Final = "finish_reason"
_DOCUMENTS, _FINISH = "gen_ai_retrieval_documents", "gen_ai_response_finish_reasons"


def tell(
    operation: str, attributes: Mapping[str, Any], flat: Flat, fields: dict[str, Any], events: Sequence[SpanEvent]
) -> None:
    """Put what was said into `fields`: the newest convention that says it counts."""
    if operation in CHATS:
        _chat(attributes, flat, fields, events)
    else:
        tell_other(operation, flat, fields)
    documents = flattened(flat, ("retrieval.documents.",)) or fields.get(_DOCUMENTS)
    if documents is not None:
        fields[_DOCUMENTS] = parsed(documents) if isinstance(documents, str) else documents


def _chat(attributes: Mapping[str, Any], flat: Flat, fields: dict[str, Any], events: Sequence[SpanEvent]) -> None:
    asked, answered = _of_events(events) if events else ((), ())
    said = attributes.get("gen_ai.input.messages") or asked or flattened(flat, _INPUTS) or fields.pop(_INPUT, None)
    instructions = fields.get(_SYSTEM)
    if isinstance(said, str) and (easy := simple(said)):
        fields[_INPUT] = easy[0]
        put(fields, _SYSTEM, text_of(instructions) or None if instructions else None)
    else:
        messages, system = canonical(said, "user") if said else ([], "")
        put(fields, _INPUT, encoded(messages))
        put(fields, _SYSTEM, joined((text_of(instructions), system), "\n\n"))
    raw = attributes.get("output.value")
    if isinstance(raw, str):
        of_raw(parsed(raw), fields)
    said = attributes.get("gen_ai.output.messages") or answered or flattened(flat, _OUTPUTS) or fields.get(_OUTPUT)
    if isinstance(said, str) and (easy := simple(said, fields.get(_FINISH, []))):
        fields[_OUTPUT] = easy[0]
        put(fields, _FINISH, easy[1] or None)
        return
    messages, _ = canonical(said, "assistant") if said else ([], "")
    if messages and not any(each["parts"] for each in messages):
        messages = _beside(messages, flat)
    _finish(messages, fields)
    put(fields, _OUTPUT, encoded(messages))


def _beside(messages: list[dict[str, Any]], flat: Flat) -> list[dict[str, Any]]:
    """Return answers for those that have no parts: LiteLLM writes calls of tools beside them, each as a message.

    Others write an empty one where nothing was answered.
    """
    called = canonical(flattened(flat, ("gen_ai.completion.",)), "assistant")[0]
    parts = [part for each in called for part in each["parts"]]
    if parts and len(messages) == 1:
        return [message("assistant", parts, messages[0].get(_ENDED))]
    return [each for each in messages if _ENDED in each]


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
            said = {name: _held(name, value) for name, value in body.items()}
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


def _held(name: str, value: Any) -> Any:
    """Return what a body holds: a text that was said is no JSON, though it may look so."""
    if not isinstance(value, str):
        return value
    return content(f".{name}", value) if name == "content" else parsed(value)


def _finish(messages: list[dict[str, Any]], fields: dict[str, Any]) -> None:
    """Have the reasons to finish stand in the messages and in their own column, wherever they were said."""
    reasons = fields.get(_FINISH) or [message["finish_reason"] for message in messages if "finish_reason" in message]
    if reasons:
        fields[_FINISH] = reasons
    if len(reasons) == len(messages):
        for message, reason in zip(messages, reasons, strict=True):
            message.setdefault("finish_reason", reason)
