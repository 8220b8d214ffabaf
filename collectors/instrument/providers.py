"""Who is behind an address: OpenTelemetry's well-known names of providers."""

from __future__ import annotations

from functools import cache
from typing import Final

__all__ = ["provider_of"]

_HOSTS: Final = {
    "api.openai.com": "openai",
    "openai.azure.com": "azure.ai.openai",
    "cognitiveservices.azure.com": "azure.ai.openai",
    "models.ai.azure.com": "azure.ai.inference",
    "services.ai.azure.com": "azure.ai.inference",
    "api.anthropic.com": "anthropic",
    "api.groq.com": "groq",
    "api.deepseek.com": "deepseek",
    "api.mistral.ai": "mistral_ai",
    "api.x.ai": "x_ai",
    "api.perplexity.ai": "perplexity",
    "api.cohere.ai": "cohere",
    "api.cohere.com": "cohere",
    "generativelanguage.googleapis.com": "gcp.gemini",
    "aiplatform.googleapis.com": "gcp.vertex_ai",
    "watsonx.ai": "ibm.watsonx.ai",
    "ml.cloud.ibm.com": "ibm.watsonx.ai",
    # These have no well-known name yet: their own.
    "openrouter.ai": "openrouter",
    "api.together.xyz": "together",
    "api.fireworks.ai": "fireworks",
    "api.cerebras.ai": "cerebras",
}


@cache
def provider_of(host: str, otherwise: str) -> str:
    """Return the provider at a host; `otherwise` where nobody knows it: a proxy, a server of one's own.

    >>> provider_of("shop.openai.azure.com", "openai"), provider_of("127.0.0.1", "openai")
    ('azure.ai.openai', 'openai')
    """
    if host.endswith(".amazonaws.com") and host.startswith("bedrock"):
        return "aws.bedrock"
    if host.endswith("-aiplatform.googleapis.com"):
        return "gcp.vertex_ai"
    labels = host.lower().split(".")
    ends = (".".join(labels[at:]) for at in range(len(labels)))
    return next((_HOSTS[end] for end in ends if end in _HOSTS), otherwise)
