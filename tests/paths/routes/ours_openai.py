"""windvane's own instrumentation of OpenAI's library."""

from __future__ import annotations

from collections.abc import Callable

from tests.paths.calls import DOCUMENTS, QUERY
from tests.paths.clients import by_openai
from tests.paths.route import Make, Route

__all__ = ["ROUTE", "begin_ours", "retrieve"]


def begin_ours(gateway: str) -> Callable[[], object]:
    """Instrument all that is known; return what sends what is told."""
    import windvane

    windvane.init(gateway, "shop")
    windvane.instrument()

    def end() -> None:
        assert windvane.flush(20)

    return end


def retrieve() -> None:
    """Tell of a retrieval by hand: the library has no retriever."""
    import windvane

    with windvane.retrieval(QUERY) as call:
        call.set(context=list(DOCUMENTS))


def begin(providers: str, gateway: str) -> tuple[Make, Callable[[], object]]:
    end = begin_ours(gateway)
    return by_openai(providers, retrieve), end


ROUTE = Route(needs=("openai",), begin=begin)
