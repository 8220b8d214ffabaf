"""LiteLLM's own callback for OpenTelemetry."""

from __future__ import annotations

from collections.abc import Callable

from tests.paths.calls import STREAMS
from tests.paths.clients import by_litellm
from tests.paths.exporting import telemetry
from tests.paths.route import Lacks, Make, Route

__all__ = ["ROUTE"]


def begin(providers: str, gateway: str) -> tuple[Make, Callable[[], object]]:
    end = telemetry(gateway, spans=10)
    import litellm

    litellm.callbacks = ["otel"]
    return by_litellm(providers), end


ROUTE = Route(
    needs=("litellm", "opentelemetry-exporter-otlp-proto-http"),
    begin=begin,
    settings={"LITELLM_LOCAL_MODEL_COST_MAP": "True"},
    lacks=(
        Lacks("gen_ai_response_time_to_first_chunk", "a metric of LiteLLM's, and not in the span"),
        Lacks(
            "gen_ai_response_model",
            "LiteLLM puts the model that was asked for into the chunks of a stream",
            STREAMS,
            lambda right: right.removesuffix("-2024-08-06"),
        ),
        Lacks(
            "gen_ai_output_messages",
            "of the call of a tool it tells name and arguments, and not its id",
            ("tool call", "streamed tool call"),
            lambda right: right.replace('"id":"call_1",', ""),
        ),
        Lacks("embedding", "it has no attribute for a vector"),
    ),
    cannot={"retrieval": "LiteLLM has no retriever"},
)
