"""OpenInference's instrumentation of LangChain."""

from __future__ import annotations

from collections.abc import Callable

from tests.paths.calls import STREAMS
from tests.paths.clients import by_langchain
from tests.paths.exporting import telemetry
from tests.paths.route import Lacks, Make, Route

__all__ = ["ROUTE"]


def begin(providers: str, gateway: str) -> tuple[Make, Callable[[], object]]:
    end = telemetry(gateway)
    from openinference.instrumentation.langchain import LangChainInstrumentor

    LangChainInstrumentor().instrument()
    return by_langchain(providers), end


ROUTE = Route(
    needs=("langchain-openai", "openinference-instrumentation-langchain", "opentelemetry-exporter-otlp-proto-http"),
    begin=begin,
    lacks=(
        Lacks("gen_ai_response_time_to_first_chunk", "it listens to no new token"),
        Lacks("gen_ai_response_id", "LangChain has ids of its own in the place of the provider's in a stream", STREAMS),
    ),
    cannot={"embedding": "LangChain has no callbacks for embedders, and it listens to nothing else"},
)
