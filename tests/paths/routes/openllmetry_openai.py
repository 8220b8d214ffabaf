"""OpenLLMetry's instrumentation of OpenAI's library."""

from __future__ import annotations

from collections.abc import Callable

from tests.paths.clients import by_openai
from tests.paths.exporting import telemetry
from tests.paths.route import Lacks, Make, Route

__all__ = ["ROUTE"]


def begin(providers: str, gateway: str) -> tuple[Make, Callable[[], object]]:
    end = telemetry(gateway)
    from opentelemetry.instrumentation.openai import OpenAIInstrumentor

    OpenAIInstrumentor().instrument()
    return by_openai(providers), end


ROUTE = Route(
    needs=("openai", "opentelemetry-instrumentation-openai", "opentelemetry-exporter-otlp-proto-http"),
    begin=begin,
    lacks=(
        Lacks(
            "gen_ai_usage_reasoning_output_tokens",
            "of streams it sets all of the usage but this (shared/chat_wrappers.py: only _handle_response does)",
            ("streamed reasoning model",),
        ),
        Lacks("embedding", "it has no attribute for a vector"),
    ),
    cannot={"retrieval": "OpenAI's library has no retriever"},
)
