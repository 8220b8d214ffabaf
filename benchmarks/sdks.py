"""One observed model call, as each SDK takes it. An SDK is imported when it is measured, if it is installed."""

from __future__ import annotations

import importlib.util
import itertools
import json
import threading
import time
from collections import deque
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final, Protocol

__all__ = ["SDKS", "Sdk", "installed", "text"]

MODEL, PROVIDER, USER, SESSION = "gpt-4o-mini", "openai", "user-4711", "session-0815"
TAGS: Final = ["checkout", "prod", "eu"]
TOKENS_IN, TOKENS_OUT = 312, 187
_WORDS: Final = (
    "the refund for your order was sent to account and will arrive within five working days please check".split()
)
_TEXTS: Final = [" ".join(_WORDS[(at * 7 + n * (1 + at % 5)) % len(_WORDS)] for n in range(120)) for at in range(64)]


def text(number: int, words: int) -> str:
    """Return a text of about `words` words that no other number has."""
    return f"{number:08} {_TEXTS[number % 64][: words * 6]}"


class Sdk(Protocol):
    """`call` is all that an app does for one model call that has ended."""

    def setup(self, url: str, folder: Path) -> None: ...
    def call(self, number: int, prompt: str, response: str) -> object: ...
    def flush(self) -> object: ...


class Deque:
    """The floor: a tuple of the same fields, appended to a deque. Nothing is sent."""

    def setup(self, url: str, folder: Path) -> None:
        self.calls: deque[tuple[Any, ...]] = deque(maxlen=100_000)
        self.numbers = itertools.count()

    def call(self, number: int, prompt: str, response: str) -> object:
        name = "3f2a9c1e5b7d8a60-" + str(next(self.numbers))
        fields = (name, time.time_ns(), PROVIDER, MODEL, prompt, response, TOKENS_IN, TOKENS_OUT, USER, SESSION, TAGS)
        self.calls.append(fields)
        return None

    def flush(self) -> object:
        return None


class Windvane:
    """windvane, tags as a list."""

    tags: Any = TAGS

    def setup(self, url: str, folder: Path) -> None:
        import windvane

        self.windvane = windvane
        windvane.init(url, "bench", spool_dir=folder)

    def call(self, number: int, prompt: str, response: str) -> object:
        return self.windvane.emit(
            model=MODEL, provider=PROVIDER, operation="chat", prompt=prompt, response=response, user=USER,
            input_tokens=TOKENS_IN, output_tokens=TOKENS_OUT, latency=1.2, session=SESSION, tags=self.tags,
        )  # fmt: skip

    def flush(self) -> object:
        return self.windvane.flush(60)


class WindvaneMap(Windvane):
    """windvane, tags as a dict."""

    tags: Any = {"flow": "checkout", "stage": "prod", "region": "eu"}


class Otel:
    """OpenTelemetry's SDK as it is documented: a batch processor, OTLP over HTTP."""

    def setup(self, url: str, folder: Path) -> None:
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
        from opentelemetry.sdk.trace import TracerProvider
        from opentelemetry.sdk.trace.export import BatchSpanProcessor

        self.provider = TracerProvider()
        self.provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter(endpoint=f"{url}/v1/traces")))
        self.tracer = self.provider.get_tracer("bench")

    def call(self, number: int, prompt: str, response: str) -> object:
        with self.tracer.start_as_current_span(f"chat {MODEL}") as span:
            span.set_attributes(
                {
                    "gen_ai.operation.name": "chat",
                    "gen_ai.provider.name": PROVIDER,
                    "gen_ai.request.model": MODEL,
                    "gen_ai.input.messages": json.dumps([{"role": "user", "content": prompt}]),
                    "gen_ai.output.messages": json.dumps([{"role": "assistant", "content": response}]),
                    "gen_ai.usage.input_tokens": TOKENS_IN,
                    "gen_ai.usage.output_tokens": TOKENS_OUT,
                    "user.id": USER,
                    "gen_ai.conversation.id": SESSION,
                    "tags": TAGS,
                }
            )
        return None

    def flush(self) -> object:
        return self.provider.force_flush()


class Langfuse:
    """Langfuse's SDK as it is documented: one generation."""

    def setup(self, url: str, folder: Path) -> None:
        import langfuse

        self.attributes = langfuse.propagate_attributes
        self.client = langfuse.Langfuse(public_key="pk-lf-none", secret_key="sk-lf-none", base_url=url)

    def call(self, number: int, prompt: str, response: str) -> object:
        messages = [{"role": "user", "content": prompt}]
        with (
            self.attributes(user_id=USER, session_id=SESSION, tags=TAGS),
            self.client.start_as_current_observation(
                name="chat", as_type="generation", model=MODEL, input=messages
            ) as generation,
        ):
            generation.update(output=response, usage_details={"input": TOKENS_IN, "output": TOKENS_OUT})
        return None

    def flush(self) -> object:
        # It has no limit of its own, and with nobody there it would wait for long.
        waiting = threading.Thread(target=self.client.flush, daemon=True)
        waiting.start()
        waiting.join(20)
        return None


SDKS: Final[dict[str, Callable[[], Sdk]]] = {
    "deque": Deque, "windvane": Windvane, "windvane_map": WindvaneMap, "otel": Otel, "langfuse": Langfuse,
}  # fmt: skip
_NEEDS: Final = {"otel": "opentelemetry.exporter.otlp.proto.http", "langfuse": "langfuse"}


def installed() -> list[str]:
    """Return the peers that this interpreter can import."""
    found = []
    for name, module in _NEEDS.items():
        try:
            if importlib.util.find_spec(module) is not None:
                found.append(name)
        except ModuleNotFoundError:
            continue
    return found
