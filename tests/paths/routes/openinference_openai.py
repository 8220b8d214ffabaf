"""OpenInference's instrumentation of OpenAI's library."""

from __future__ import annotations

from collections.abc import Callable

from tests.paths.clients import by_openai
from tests.paths.exporting import telemetry
from tests.paths.route import Make, Route

__all__ = ["ROUTE"]


def begin(providers: str, gateway: str) -> tuple[Make, Callable[[], object]]:
    end = telemetry(gateway)
    from openinference.instrumentation.openai import OpenAIInstrumentor

    OpenAIInstrumentor().instrument()
    return by_openai(providers), end


ROUTE = Route(
    needs=("openai", "openinference-instrumentation-openai", "opentelemetry-exporter-otlp-proto-http"),
    begin=begin,
    cannot={"retrieval": "OpenAI's library has no retriever"},
)
