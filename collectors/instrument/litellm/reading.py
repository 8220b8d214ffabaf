"""What LiteLLM's own objects say of a call: they have OpenAI's shapes, and its own names of providers."""

from __future__ import annotations

import re
import sys
from base64 import b64decode
from collections.abc import Iterable, Mapping
from contextlib import suppress
from typing import Any, Final

from windvane.collectors.instrument.messages import plain
from windvane.collectors.instrument.recording import Recording
from windvane.collectors.instrument.wire.base import Fields, Wire, count, word

__all__ = ["answered", "asked", "dumped", "heard", "provider_of", "requested", "usage_of"]

_PROVIDERS: Final = {
    "anthropic_text": "anthropic",
    "azure": "azure.ai.openai",
    "azure_ai": "azure.ai.inference",
    "azure_text": "azure.ai.openai",
    "bedrock": "aws.bedrock",
    "bedrock_converse": "aws.bedrock",
    "codestral": "mistral_ai",
    "cohere_chat": "cohere",
    "custom_openai": "openai",
    "fireworks_ai": "fireworks",
    "gemini": "gcp.gemini",
    "mistral": "mistral_ai",
    "text-completion-codestral": "mistral_ai",
    "text-completion-openai": "openai",
    "together_ai": "together",
    "vertex_ai": "gcp.vertex_ai",
    "vertex_ai_beta": "gcp.vertex_ai",
    "watsonx": "ibm.watsonx.ai",
    "watsonx_text": "ibm.watsonx.ai",
    "xai": "x_ai",
}
_OWN_ID: Final = re.compile(r"(?:chatcmpl-|resp_)?[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}").fullmatch


def provider_of(said: object) -> str | None:
    """Return who LiteLLM's name of a provider stands for, in OpenTelemetry's words.

    >>> provider_of("gemini"), provider_of("vertex_ai-anthropic_models"), provider_of("groq"), provider_of(None)
    ('gcp.gemini', 'gcp.vertex_ai', 'groq', None)
    """
    name = getattr(said, "value", said)
    if not isinstance(name, str) or not name:
        return None
    return _PROVIDERS.get(name) or _PROVIDERS.get(name.partition("-")[0], name)


def asked(wire: Wire, body: Mapping[str, Any]) -> Fields:
    """Return who is asked for what, by the arguments of a call."""
    provider, model = _whose(body.get("model"), body.get("custom_llm_provider"))
    return {
        "gen_ai_operation_name": wire.operation,
        "gen_ai_provider_name": provider_of(provider),
        "gen_ai_request_model": model,
    }


def requested(recording: Recording) -> Fields:
    """Return what the arguments of a call say, `recording.response`, if no library below has told of them."""
    claim, wire, body = recording.claim, recording.wire, recording.response
    recording.response = None
    if wire is None or body is None or (claim is not None and (claim.below or {}).get("gen_ai_input_messages")):
        return {}
    if isinstance(body.get("response_format"), type):  # a class of pydantic
        body = {**body, "response_format": {"type": "json_schema"}}
    return {name: value for name, value in wire.request(body).items() if name != "gen_ai_request_model"}


def _whose(model: object, given: object) -> tuple[object, str | None]:
    """Return LiteLLM's name of the provider, where it is said or well known, and the model without it."""
    if not isinstance(model, str):
        return given, None
    library = sys.modules["litellm"]
    prefix, _, rest = model.partition("/")
    if rest and (prefix == given if given else prefix in library.provider_list):
        return prefix, rest
    return given or plain(library.model_cost.get(model)).get("litellm_provider"), model


def heard(recording: Recording, *, good: bool) -> bool:
    """Return whether a library below has told of the answer. `good` is whether LiteLLM has got one.

    `recording.request` is the provider that the app has asked for, if that is known.
    """
    claim, provider = recording.claim, recording.request
    if claim is None or claim.below is None:
        return False
    if good and claim.below.get("error_type"):  # it was made good by a provider whose library tells nothing
        claim.below = None
        return False
    if provider is not None and claim.below.get("gen_ai_provider_name") == "openai":  # a guess, at unknown hosts
        claim.below["gen_ai_provider_name"] = provider
    return claim.below.get("gen_ai_output_messages") is not None


def dumped(value: Any) -> dict[str, Any]:
    """Return an object of LiteLLM's as the JSON that it stands for, in values."""
    if isinstance(value, dict):
        return value
    return value.model_dump(mode="json", warnings=False)  # type: ignore[no-any-return]


def usage_of(chunks: Iterable[Any]) -> dict[str, Any] | None:
    """Return the tokens that a stream has kept to itself: of each count the last that says something."""
    found: dict[str, Any] = {}
    for chunk in chunks:
        if used := getattr(chunk, "usage", None):
            _add(found, dumped(used))
    return found or None


def _add(found: dict[str, Any], more: Mapping[str, Any]) -> None:
    for name, value in more.items():
        if isinstance(value, dict):
            inner = found[name] = found.get(name) or {}
            _add(inner, value)
        elif value or name not in found:
            found[name] = value


def answered(recording: Recording, body: Mapping[str, Any], hidden: object) -> Fields:
    """Return what an answer says; `hidden` is what LiteLLM keeps beside it."""
    wire = recording.wire
    assert wire is not None
    fields = wire.answer(body)
    fields["gen_ai_response_id"] = _id(body.get("id"))
    behind = hidden if isinstance(hidden, Mapping) else {}
    if recording.request is None and (provider := provider_of(behind.get("custom_llm_provider"))):
        fields["gen_ai_provider_name"] = provider
    used = body.get("usage") or {}
    if used.get("cache_creation_input_tokens") is not None:  # Anthropic's: its thoughts are counted by LiteLLM itself
        fields["gen_ai_usage_cache_creation_input_tokens"] = count(used["cache_creation_input_tokens"])
        fields["gen_ai_usage_reasoning_output_tokens"] = None
    # LiteLLM's zeros say nothing, and an answer out of its own cache has used nothing.
    if behind.get("cache_hit") or not (used.get("total_tokens") or used.get("prompt_tokens")):
        return {name: value for name, value in fields.items() if "_usage_" not in name}
    return fields


def _id(said: object) -> str | None:
    """Return the provider's id of an answer: not LiteLLM's own, and not what LiteLLM wraps it in."""
    if isinstance(said, str) and said[:5] == "resp_":
        with suppress(ValueError):
            said = b64decode(said[5:] + "==").decode().partition("response_id:")[2] or said
    return None if isinstance(said, str) and _OWN_ID(said) else word(said)
