"""windvane's own instrumentation of LangChain, which is built on OpenAI's library."""

from __future__ import annotations

from collections.abc import Callable

from tests.paths.clients import by_langchain
from tests.paths.route import Make, Route
from tests.paths.routes.ours_openai import begin_ours

__all__ = ["ROUTE"]


def begin(providers: str, gateway: str) -> tuple[Make, Callable[[], object]]:
    end = begin_ours(gateway)
    return by_langchain(providers), end


ROUTE = Route(needs=("langchain-openai",), begin=begin)
