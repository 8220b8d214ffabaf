"""`google.genai`: content, chats and embeddings, of Gemini's API and of Vertex AI.

Four functions of its HTTP client are below all calls, whatever carries the bytes: httpx, aiohttp or requests. A request
is a call, retries and all: a chat that calls the app's functions by itself makes several. What is read is the
provider's JSON.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable
from typing import Any, Final

from windvane.collectors.instrument.asking import asks, asks_later
from windvane.collectors.instrument.base import Instrumentation
from windvane.collectors.instrument.calling import Make, whole, whole_later
from windvane.collectors.instrument.google_call import Chunks, begin
from windvane.collectors.instrument.patching import Patches
from windvane.collectors.instrument.stepping import steps

__all__ = ["INSTRUMENTATION"]


class GoogleGenAi(Instrumentation):
    """See `Instrumentation`."""

    library = "google.genai"

    def install(self) -> None:
        """Replace the functions of the HTTP client, and those that return a stream before it has begun."""
        client, models, chats = (
            importlib.import_module(f"google.genai.{name}") for name in ("_api_client", "models", "chats")
        )
        patches = self.patches
        patches.wrap(client.BaseApiClient, "request", whole(patches, begin))
        patches.wrap(client.BaseApiClient, "async_request", whole_later(patches, begin))
        patches.wrap(client.BaseApiClient, "request_streamed", _streamed(patches))
        patches.wrap(client.BaseApiClient, "async_request_streamed", _streamed_later(patches))
        patches.wrap(models.Models, "generate_content_stream", asks(patches))
        patches.wrap(models.AsyncModels, "generate_content_stream", asks_later(patches))
        patches.wrap(chats.Chat, "send_message_stream", asks(patches))
        patches.wrap(chats.AsyncChat, "send_message_stream", asks_later(patches))


def _streamed(patches: Patches) -> Make:
    def make(original: Callable[..., Any]) -> Callable[..., Any]:
        def request_streamed(client: Any, *args: Any, **kwargs: Any) -> Any:
            found = original(client, *args, **kwargs)
            call = begin(client, *args, **kwargs) if patches.on else None
            return found if call is None else steps(found, lambda: call)

        return request_streamed

    return make


def _streamed_later(patches: Patches) -> Make:
    def make(original: Callable[..., Any]) -> Callable[..., Any]:
        async def request_streamed(client: Any, *args: Any, **kwargs: Any) -> Any:
            call = begin(client, *args, **kwargs) if patches.on else None
            if call is None:
                return await original(client, *args, **kwargs)
            try:
                chunks = await original(client, *args, **kwargs)
            except BaseException as error:
                call.failed(error)
                raise
            return Chunks(chunks, call)

        return request_streamed

    return make


INSTRUMENTATION: Final = GoogleGenAi()
