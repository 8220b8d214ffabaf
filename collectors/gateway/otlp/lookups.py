"""What goes into a retriever, an embedder, a tool, and what comes out."""

from __future__ import annotations

from typing import Any, Final

from windvane.collectors.gateway.otlp.flat import Flat, flattened
from windvane.collectors.gateway.otlp.messages import canonical, encoded
from windvane.collectors.gateway.otlp.parts import compact, parsed
from windvane.collectors.gateway.otlp.row import put
from windvane.collectors.instrument.messages import message, text

__all__ = ["tell_other"]

_INPUT, _OUTPUT = "gen_ai_input_messages", "gen_ai_output_messages"
_DOCUMENTS: Final = "gen_ai_retrieval_documents"


def tell_other(operation: str, flat: Flat, fields: dict[str, Any]) -> None:
    """What goes into a retriever or a tool is a text, or JSON; into an embedder, texts."""
    if operation == "embeddings":
        _embedded(flat, fields)
    if "retrieval.documents." in flat or operation == "embeddings":
        fields.pop(_OUTPUT, None)  # the documents, or the vectors, once more
    elif operation == "retrieval":
        _retrieved(fields)
    for column in (_INPUT, _OUTPUT):
        if column in fields:
            fields[column] = compact(fields[column])


def _retrieved(fields: dict[str, Any]) -> None:
    """Take the query and the documents out of the JSON in which OpenLLMetry has them."""
    asked, found = (_value(fields.get(column)) for column in (_INPUT, _OUTPUT))
    if isinstance(asked, dict) and isinstance(asked.get("query"), str):
        fields[_INPUT] = asked["query"]
    if isinstance(found, dict) and isinstance(documents := found.get("documents"), list):
        fields.setdefault(
            _DOCUMENTS, [each.get("page_content", each) if isinstance(each, dict) else each for each in documents]
        )
        del fields[_OUTPUT]


def _value(said: Any) -> Any:
    return parsed(said) if isinstance(said, str) else said


def _embedded(flat: Flat, fields: dict[str, Any]) -> None:
    """Put each text to be embedded into a part of one message, and the vector, where it is one, into its column."""
    several = flattened(flat, ("embedding.embeddings.",))
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
        put(fields, _INPUT, encoded(canonical(texts, "user")[0]))
    else:
        parts = [part for each in texts for part in text(each)]
        put(fields, _INPUT, encoded([message("user", parts)] if parts else []))
