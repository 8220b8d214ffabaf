"""The same by the latest conventions: one event, a log record, holds all of a call beside its span."""

from __future__ import annotations

from dataclasses import replace

from tests.paths.routes import otel_openai

__all__ = ["ROUTE"]

ROUTE = replace(
    otel_openai.ROUTE,
    lacks=otel_openai.COMMON,
    settings={
        "OTEL_SEMCONV_STABILITY_OPT_IN": "gen_ai_latest_experimental",
        "OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT": "event_only",
        "OTEL_INSTRUMENTATION_GENAI_EMIT_EVENT": "true",
    },
)
