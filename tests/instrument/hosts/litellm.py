"""LiteLLM, over OpenAI's library and over HTTP of its own."""

from __future__ import annotations

import json
import os
from functools import partial
from importlib.util import find_spec
from types import SimpleNamespace
from typing import Any, Final

from tests.instrument.hosts import openai
from tests.instrument.hosts.openai import CALLED, HI, LOGGED, LOGS, THOUGHT, VECTOR, embedded, said, text
from tests.instrument.playing import Call
from tests.servers.providers import TEXT

__all__ = ["HOST"]

# Its list of prices is not fetched.
os.environ.setdefault("LITELLM_LOCAL_MODEL_COST_MAP", "True")

# Anthropic's provider takes no picture that is none.
MESSAGES: Final[Any] = json.loads(json.dumps(openai.MESSAGES).replace("data:image/png;base64,iVBORw0KGgo=",
                                                                      "https://shop.example/a.png"))  # fmt: skip
ASKED: Final = openai.ASKED.replace('"type":"blob","mime_type":"image/png","modality":"image"',
                                    '"type":"uri","modality":"image","uri":"https://shop.example/a.png"')  # fmt: skip
FORM: Final[Any] = {"type": "object", "properties": {}}
TOOLS: Final[Any] = [
    {"type": "function", "function": {"name": name, "parameters": FORM}} for name in ("where", "weather")
]
USAGE: Final[Any] = {"stream": True, "stream_options": {"include_usage": True}}
STREAM: Final[Any] = {"stream": True}
ONCE: Final[Any] = {"max_retries": 0}
USED: Final = CALLED | {"id": "toolu_1"}


def asked(provider: str, model: str, **more: Any) -> dict[str, Any]:
    """Return the row of a chat that has no answer."""
    return openai.asked(model) | {"gen_ai_provider_name": provider, "gen_ai_input_messages": ASKED} | more


def answered(provider: str, model: str, *parts: Any, whole: bool = True, **more: Any) -> dict[str, Any]:
    """Return the row of a chat. LiteLLM keeps Anthropic's ids and, in streams, all models to itself."""
    reason = more.pop("reason", "stop")
    ended: dict[str, Any] = {"gen_ai_response_finish_reasons": [reason]} if reason else {}
    if whole:
        ended["gen_ai_response_model"] = f"{model}-2024-08-06" if provider == "openai" else f"{model}-20241022"
    if provider == "openai":
        ended["gen_ai_response_id"] = "chatcmpl-1"
    return asked(
        provider, model, gen_ai_output_messages=said(*(parts or (text(TEXT),)), reason=reason), **ended, **more
    )


def used(given: int = 12, made: int = 5, read: int | None = None, written: int | None = None) -> dict[str, Any]:
    found = {
        "input_tokens": given, "output_tokens": made, "cache_read_input_tokens": read,
        "cache_creation_input_tokens": written,
    }  # fmt: skip
    return {f"gen_ai_usage_{name}": value for name, value in found.items() if value is not None}


def chat(model: str, **more: Any) -> Any:
    return lambda client: client.completion(model=model, messages=MESSAGES, tools=TOOLS, **more)


def respond(model: str, **more: Any) -> Any:
    return lambda client: client.responses(model=model, input="hi", instructions="Be kind.", **more)


def embed(given: Any, **more: Any) -> Any:
    return lambda client: client.embedding(model="openai/plain", input=given, **more)


def routed(model: str, **more: Any) -> Any:
    return lambda client: client.router.completion(model=model, messages=MESSAGES, tools=TOOLS, **more)


over_openai: Final = partial(answered, "openai")
over_http: Final = partial(answered, "anthropic")
none: Final = used(read=0, written=0)
begun: Final = {name: value for name, value in none.items() if "output" not in name}
OPENAI: Final = (
    Call("plain", chat("openai/plain", temperature=0.5, max_tokens=100),
         over_openai("plain", gen_ai_request_temperature=0.5, gen_ai_request_max_tokens=100, **used())),
    Call("length", chat("openai/plain", max_tokens=1),
         over_openai("plain", reason="length", gen_ai_request_max_tokens=1, **used())),
    Call("json", chat("openai/plain", response_format=openai.FORM),
         over_openai("plain", gen_ai_output_type="json", **used())),
    Call("tool", chat("openai/tool"), over_openai("tool", CALLED, reason="tool_call", **used())),
    Call("cached", chat("openai/cached"), over_openai("cached", **used(1200, read=1024))),
    Call("reasoning", chat("openai/reasoning"),
         over_openai("reasoning", **used(made=69), gen_ai_usage_reasoning_output_tokens=64)),
    Call("logprobs", chat("openai/plain", **LOGS), over_openai("plain", **used(), **LOGGED)),
    Call("openai_stream", chat("openai/plain", **USAGE), over_openai("plain", whole=False, **used()), "stream"),
    Call("openai_stream_tool", chat("openai/tool", **USAGE),
         over_openai("tool", CALLED, reason="tool_call", whole=False, **used()), "stream"),
    Call("openai_stream_without_usage", chat("openai/plain", **STREAM), over_openai("plain", whole=False), "stream"),
    Call("retry", chat("openai/retry-429", num_retries=2), over_openai("retry-429", **used())),
    Call("positional", lambda client: client.completion("openai/plain", MESSAGES), over_openai("plain", **used())),
    Call("fallback", chat("openai/error-500", fallbacks=["openai/plain"], **ONCE), over_openai("plain", **used())),
    Call("openai_error", chat("openai/error-429", **ONCE), asked("openai", "error-429", error_type="429"),
         raises="RateLimitError"),
    Call("openai_timeout", chat("openai/timeout", timeout=0.2, **ONCE),
         asked("openai", "timeout", error_type="timeout"), raises="Timeout"),
)  # fmt: skip
ANTHROPIC: Final = (
    Call("http", chat("anthropic/plain", max_tokens=100), over_http("plain", gen_ai_request_max_tokens=100, **none)),
    Call("http_tool", chat("anthropic/tool"), over_http("tool", USED, reason="tool_call", **none)),
    Call("http_cached", chat("anthropic/cached"), over_http("cached", **used(1200, read=1024, written=100))),
    Call("http_reasoning", chat("anthropic/reasoning"), over_http("reasoning", THOUGHT, text(TEXT), **none)),
    Call("stream", chat("anthropic/plain", **USAGE), over_http("plain", whole=False, **none), "stream"),
    Call("stream_without_usage", chat("anthropic/plain", **STREAM), over_http("plain", whole=False, **none), "stream"),
    Call("stream_tool", chat("anthropic/tool", **USAGE),
         over_http("tool", USED, reason="tool_call", whole=False, **none), "stream"),
    Call("stream_cached", chat("anthropic/cached", **USAGE),
         over_http("cached", whole=False, **used(1200, read=1024, written=100)), "stream"),
    Call("stream_reasoning", chat("anthropic/reasoning", **USAGE),
         over_http("reasoning", THOUGHT, text(TEXT), whole=False, **none), "stream"),
    Call("left", chat("anthropic/slow", **STREAM),
         over_http("slow", text(TEXT), reason=None, whole=False, **begun), "left", needs="closes"),
    Call("error_429", chat("anthropic/error-429"),
         asked("anthropic", "error-429", error_type="429", error_message="Too much."), raises="RateLimitError"),
    Call("error_500", chat("anthropic/error-500"),
         asked("anthropic", "error-500", error_type="500", error_message="Too much."), raises="InternalServerError"),
    Call("timeout", chat("anthropic/timeout", timeout=0.2),
         asked("anthropic", "timeout", error_type="timeout"), raises="Timeout"),
    Call("http_retry", chat("anthropic/retry-429", num_retries=2), over_http("retry-429", **none),
         needs="retries"),
    Call("http_fallback", chat("anthropic/error-500", fallbacks=["anthropic/plain"]), over_http("plain", **none)),
    Call("broken", chat("anthropic/broken", **STREAM),
         over_http("broken", text("Paris is"), reason=None, whole=False, error_type="500", error_message="It broke.",
                   **begun),
         "stream", raises="InternalServerError|MidStreamFallbackError"),
    Call("cut", chat("anthropic/cut", **STREAM),
         over_http("cut", text("Paris is"), reason=None, whole=False, error_type="connection", **begun),
         "stream", raises="APIConnectionError|MidStreamFallbackError", needs="closes"),
)  # fmt: skip
ROUTED: Final = (
    Call("router", routed("group"), over_openai("plain", **used())),
    Call("router_retry", routed("retried"), over_openai("retry-429", **used())),
    Call("router_fallback", routed("failing"), over_http("plain", **none)),
    Call("router_stream", routed("failing", **USAGE), over_http("plain", whole=False, **none), "stream"),
    Call("router_error", routed("lost"), asked("openai", "error-500", error_type="500"), raises="InternalServerError"),
)  # fmt: skip
OTHERS: Final = (
    Call("response", respond("openai/plain", max_output_tokens=50),
         openai.responded("plain", gen_ai_request_max_tokens=50)),
    Call("response_tool", respond("openai/tool"), openai.responded("tool", CALLED, reason="tool_call")),
    Call("response_reasoning", respond("openai/reasoning"),
         openai.responded("reasoning", THOUGHT, text(TEXT), **openai.used(made=69, cached=0, reasoning=64))),
    Call("response_stream", respond("openai/plain", stream=True), openai.responded("plain"), "stream"),
    Call("response_error", respond("openai/error-429"),
         openai.asked("error-429", gen_ai_input_messages=HI, error_type="429", error_message="Too much."),
         raises="RateLimitError"),
    Call("embedding", embed(["hi"]), embedded(["hi"], **VECTOR)),
    Call("embeddings", embed(["hi", "you"]), embedded(["hi", "you"])),
)  # fmt: skip


class LiteLlm:
    """See `Host`."""

    library = "litellm"
    calls = (*OPENAI, *ANTHROPIC, *ROUTED, *OTHERS)
    patched = tuple(
        f"litellm.litellm_core_utils.streaming_handler:CustomStreamWrapper.{name}" for name in ("__next__", "__anext__")
    )
    ours = (
        "wire.base:count", "litellm.reading:provider_of", "litellm.reading:answered", "litellm.reading:dumped",
        "recording:Recording.__init__", "recording:Recording.end", "recording:Recording.first_chunk", "recording:_put",
        "recording:claimed", "messages:encode", "litellm.failing:failure", "litellm.watching:Watch.__init__",
    )  # fmt: skip

    def client(self, url: str, *, later: bool, **options: Any) -> Any:
        import litellm

        litellm.suppress_debug_info = True
        places = {
            name: {"api_base": base, "api_key": "none"} for name, base in (("openai", f"{url}/v1"), ("anthropic", url))
        }
        known = {"litellm_provider": "openai", "mode": "chat", "supports_native_streaming": True}
        litellm.register_model({f"openai/{name}": known for name in ("plain", "slow")})

        def model(name: str, provider: str, script: str) -> dict[str, Any]:
            given = {"model": f"{provider}/{script}", "max_retries": 0, **places[provider]}
            return {"model_name": name, "litellm_params": given}

        router = litellm.Router(
            [model("group", "openai", "plain"), model("retried", "openai", "retry-429"),
             model("failing", "openai", "error-500"), model("other", "anthropic", "plain"),
             model("lost", "openai", "error-500")],
            num_retries=1, retry_after=0, disable_cooldowns=True, fallbacks=[{"failing": ["other"]}],
        )  # fmt: skip

        def called(name: str, *args: Any, **kwargs: Any) -> Any:
            given = kwargs.get("model") or args[0]
            place = places[given.partition("/")[0]]
            return getattr(litellm, "a" * later + name)(*args, **place, **options, **kwargs)

        closes = True if hasattr(litellm.CustomStreamWrapper, "aclose" if later else "close") else None
        return SimpleNamespace(
            closes=closes,
            retries=find_spec("tenacity"),
            **{name: partial(called, name) for name in ("completion", "embedding", "responses")},
            router=SimpleNamespace(completion=router.acompletion if later else router.completion),
        )


HOST: Final = LiteLlm()
