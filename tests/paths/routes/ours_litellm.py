"""windvane's own instrumentation of LiteLLM, which is built on OpenAI's library."""

from __future__ import annotations

from collections.abc import Callable

from tests.paths.clients import by_litellm
from tests.paths.route import Make, Route
from tests.paths.routes.ours_openai import begin_ours, retrieve

__all__ = ["ROUTE"]


def begin(providers: str, gateway: str) -> tuple[Make, Callable[[], object]]:
    end = begin_ours(gateway)
    return by_litellm(providers, retrieve), end


ROUTE = Route(needs=("litellm",), begin=begin, settings={"LITELLM_LOCAL_MODEL_COST_MAP": "True"})
