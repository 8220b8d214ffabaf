"""`langchain_core`: chat models, models that complete texts, tools, retrievers; embeddings are left to what is below.

What is replaced are the places where LangChain itself leaves for the provider: behind its callbacks, retries, fallbacks
and batches, so that each attempt is a call. A callback handler would be told of the same, but in asyncio outside of the
call's context, and could not claim what is called below it.

An answer out of LangChain's cache is no call: nothing was asked of a model, and nothing paid.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any, Final

from windvane.collectors.instrument.base import Instrumentation
from windvane.collectors.instrument.calling import whole, whole_later
from windvane.collectors.instrument.importing import when_imported
from windvane.collectors.instrument.langchain import listening, models, working
from windvane.collectors.instrument.stepping import steps, steps_later

__all__ = ["INSTRUMENTATION"]


class LangChain(Instrumentation):
    """See the module."""

    library = "langchain_core"

    def install(self) -> None:
        """Replace them, in each module once the app imports it: all of them take a second."""
        modules = (
            ("language_models.chat_models", self._chat_models),
            ("language_models.llms", self._llms),
            ("tools.base", self._tools),
            ("retrievers", self._retrievers),
            ("callbacks.manager", self._managers),
        )
        for name, replaces in modules:
            when_imported(f"langchain_core.{name}", _in(f"langchain_core.{name}", replaces))

    def _chat_models(self, module: Any) -> None:
        kind, patches = module.BaseChatModel, self.patches
        patches.wrap(kind, "_generate_with_cache", whole(patches, models.chat))
        patches.wrap(kind, "_agenerate_with_cache", whole_later(patches, models.chat))
        patches.wrap(kind, "_convert_cached_generations", listening.cached)
        self._streams(kind)
        if hasattr(kind, "_iter_v2_events"):  # it has the third version of `stream_events`
            patches.wrap(kind, "_iter_v2_events", models.events(patches, steps))
            patches.wrap(kind, "_aiter_v2_events", models.events(patches, steps_later))

    def _llms(self, module: Any) -> None:
        kind, patches = module.BaseLLM, self.patches
        patches.wrap(kind, "_generate_helper", whole(patches, models.completion))
        patches.wrap(kind, "_agenerate_helper", whole_later(patches, models.completion))
        self._streams(kind)

    def _streams(self, kind: Any) -> None:
        self.patches.wrap(kind, "stream", models.stream(self.patches, kind, steps))
        self.patches.wrap(kind, "astream", models.stream(self.patches, kind, steps_later))

    def _tools(self, module: Any) -> None:
        self.patches.wrap(module.BaseTool, "run", whole(self.patches, working.tool))
        self.patches.wrap(module.BaseTool, "arun", whole_later(self.patches, working.tool))

    def _retrievers(self, module: Any) -> None:
        self.patches.wrap(module.BaseRetriever, "invoke", whole(self.patches, working.retrieval))
        self.patches.wrap(module.BaseRetriever, "ainvoke", whole_later(self.patches, working.retrieval))

    def _managers(self, module: Any) -> None:
        manager, later = module.CallbackManagerForLLMRun, module.AsyncCallbackManagerForLLMRun
        for name in (*listening.PIECES, *listening.ENDS):
            if hasattr(manager, name):
                self.patches.wrap(manager, name, listening.hears)
                self.patches.wrap(later, name, listening.hears_later)


def _in(name: str, replaces: Callable[[Any], None]) -> Callable[[], None]:
    return lambda: replaces(sys.modules[name])


INSTRUMENTATION: Final = LangChain()
