"""`openai`: chat completions, responses, embeddings and the older completions, of OpenAI and all who speak like it."""

from __future__ import annotations

from typing import Final

from windvane.collectors.instrument.stainless import Stainless
from windvane.collectors.instrument.wire.openai_chat import CHAT, COMPLETIONS
from windvane.collectors.instrument.wire.openai_embeddings import EMBEDDINGS
from windvane.collectors.instrument.wire.openai_responses import RESPONSES

__all__ = ["INSTRUMENTATION"]

INSTRUMENTATION: Final = Stainless(
    "openai",
    {"/chat/completions": CHAT, "/responses": RESPONSES, "/embeddings": EMBEDDINGS, "/completions": COMPLETIONS},
    "openai",
)
