"""OpenLLMetry's instrumentation of LangChain."""

from __future__ import annotations

from collections.abc import Callable

from tests.paths.calls import STREAMS
from tests.paths.clients import by_langchain
from tests.paths.exporting import telemetry
from tests.paths.route import Lacks, Make, Route

__all__ = ["ROUTE"]


def begin(providers: str, gateway: str) -> tuple[Make, Callable[[], object]]:
    end = telemetry(gateway)
    from opentelemetry.instrumentation.langchain import LangchainInstrumentor

    LangchainInstrumentor().instrument()
    return by_langchain(providers), end


ROUTE = Route(
    needs=("langchain-openai", "opentelemetry-instrumentation-langchain", "opentelemetry-exporter-otlp-proto-http"),
    begin=begin,
    lacks=(
        Lacks("gen_ai_response_time_to_first_chunk", "it listens to no new token"),
        Lacks("gen_ai_response_id", "LangChain has ids of its own in the place of the provider's in a stream", STREAMS),
        Lacks(
            "gen_ai_response_model",
            "it takes it from llm_output, which LangChain has not of a stream",
            STREAMS,
            lambda right: right.removesuffix("-2024-08-06"),
        ),
        Lacks(
            "gen_ai_usage_reasoning_output_tokens",
            "of usage_metadata it takes cached tokens, and not those of reasoning (span_utils.py)",
        ),
    ),
    cannot={"embedding": "LangChain has no callbacks for embedders, and it listens to nothing else"},
)
