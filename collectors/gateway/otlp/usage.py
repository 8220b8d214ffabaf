"""Tokens as they are stored: cached ones are part of the input, reasoning of the output, and no 0 is made up."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

__all__ = ["count"]

_INPUT, _OUTPUT = "gen_ai_usage_input_tokens", "gen_ai_usage_output_tokens"
_READ, _CREATED = "gen_ai_usage_cache_read_input_tokens", "gen_ai_usage_cache_creation_input_tokens"
_REASONING: Final = "gen_ai_usage_reasoning_output_tokens"
_DETAILS: Final = (_READ, _CREATED, _REASONING)
_APART: Final = frozenset(_DETAILS)
_MADE_UP: Final = (_OUTPUT, *_DETAILS)
_USAGE_OBJECT: Final = "metadata.usage_object"
"""LiteLLM's, a dict of Python's as text: the only place where it says them. `SOURCES["litellm"]`."""
_IN_OBJECT: Final = re.compile(
    r"'(cached_tokens|reasoning_tokens|cache_creation_tokens|cache_creation_input_tokens|cache_read_input_tokens)': "
    r"([1-9][0-9]{0,9})\b"
)
_OF_OBJECT: Final = {
    "cached_tokens": _READ,
    "cache_read_input_tokens": _READ,
    "cache_creation_tokens": _CREATED,
    "cache_creation_input_tokens": _CREATED,
    "reasoning_tokens": _REASONING,
}


def count(operation: str, fields: dict[str, Any], attributes: Mapping[str, Any]) -> None:
    """Set the tokens of a call, whichever way its instrumentation counts them."""
    if _USAGE_OBJECT in attributes:
        # Its zeros are no provider's: LiteLLM fills in what it has not been told.
        for name, number in _IN_OBJECT.findall(str(attributes[_USAGE_OBJECT])[:4000]):
            fields.setdefault(_OF_OBJECT[name], int(number))
    if operation == "embeddings":
        for column in _MADE_UP:  # an embedder has none of these; some instrumentations say 0
            if fields.get(column) == 0:
                del fields[column]
    if not _APART.isdisjoint(fields):
        _add(fields)


def _add(fields: dict[str, Any]) -> None:
    """Have input include what was cached, and output what was thought, where a provider counts them apart."""
    given = fields.get(_INPUT)
    cached = sum(number for name in (_READ, _CREATED) if isinstance(number := fields.get(name), int))
    if isinstance(given, int) and given < cached:
        fields[_INPUT] = given + cached
    made, thought = fields.get(_OUTPUT), fields.get(_REASONING)
    if isinstance(made, int) and isinstance(thought, int) and made < thought:
        fields[_OUTPUT] = made + thought
