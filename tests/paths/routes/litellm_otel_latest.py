"""The same by the latest conventions."""

from __future__ import annotations

from dataclasses import replace

from tests.paths.routes import litellm_otel

__all__ = ["ROUTE"]

ROUTE = replace(
    litellm_otel.ROUTE,
    settings={
        **litellm_otel.ROUTE.settings,
        "OTEL_SEMCONV_STABILITY_OPT_IN": "gen_ai_latest_experimental",
        "OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT": "SPAN_ONLY",
    },
)
