"""OpenTelemetry's own instrumentation of OpenAI's library, as it is by default: messages are log records."""

from __future__ import annotations

import json
from collections.abc import Callable

from tests.paths.calls import DOCUMENTS, QUERY
from tests.paths.clients import by_openai
from tests.paths.exporting import telemetry
from tests.paths.route import Lacks, Make, Route

__all__ = ["ROUTE", "begin"]


def begin(providers: str, gateway: str) -> tuple[Make, Callable[[], object]]:
    end = telemetry(gateway)
    from opentelemetry.instrumentation.openai_v2 import OpenAIInstrumentor

    OpenAIInstrumentor().instrument()
    return by_openai(providers, retrieve), end


def retrieve() -> None:
    """Tell of a retrieval by hand, by the conventions: OpenAI's library has no retriever."""
    from opentelemetry import trace

    documents = [{"id": str(number), "content": text} for number, text in enumerate(DOCUMENTS)]
    told = {
        "gen_ai.operation.name": "retrieval",
        "gen_ai.retrieval.query.text": QUERY,
        "gen_ai.retrieval.documents": json.dumps(documents),
    }
    with trace.get_tracer("shop").start_as_current_span("retrieval", attributes=told):
        pass


COMMON = (
    Lacks("gen_ai_response_time_to_first_chunk", "a metric by these conventions' instrumentation, and not in the span"),
    Lacks(
        "gen_ai_usage_cache_read_input_tokens",
        "of a chat's usage it takes prompt_tokens and completion_tokens alone (openai_v2/utils.py, patch.py)",
    ),
    Lacks("gen_ai_usage_reasoning_output_tokens", "as above"),
    Lacks("embedding", "the conventions have no attribute for a vector"),
    Lacks("gen_ai_input_messages", "it does not take what is embedded, whatever is to be captured", ("embedding",)),
)
"""Of each of its modes."""

ROUTE = Route(
    needs=(
        "openai",
        "opentelemetry-instrumentation-openai-v2",
        "opentelemetry-util-genai<1",
        "opentelemetry-exporter-otlp-proto-http",
    ),
    begin=begin,
    lacks=(
        *COMMON,
        Lacks(
            "gen_ai_input_messages",
            "of a message that calls tools the record has the calls, and not its text",
            ("tool call", "streamed tool call"),
            lambda right: right.replace('{"type":"text","content":"I look."},', ""),
        ),
    ),
    settings={"OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT": "true"},
)
