"""OpenAI's library."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any, Final

from tests.instrument.playing import STAINLESS, Call
from tests.servers.providers import ARGUMENTS, TEXT

__all__ = ["HOST"]

MESSAGES: Final[Any] = [
    {"role": "system", "content": "Be kind."},
    {"role": "user", "content": [{"type": "text", "text": "And its capital?"},
                                 {"type": "image_url", "image_url": {"url": "data:image/png;base64,iVBORw0KGgo="}}]},
    {"role": "assistant", "content": None,
     "tool_calls": [{"id": "call_0", "type": "function", "function": {"name": "where", "arguments": '{"a": 1}'}}]},
    {"role": "tool", "tool_call_id": "call_0", "content": "France"},
]  # fmt: skip
ASKED: Final = json.dumps(
    [
        {"role": "user", "parts": [{"type": "text", "content": "And its capital?"},
                                   {"type": "blob", "mime_type": "image/png", "modality": "image"}]},
        {"role": "assistant", "parts": [{"type": "tool_call", "id": "call_0", "name": "where", "arguments": {"a": 1}}]},
        {"role": "tool", "parts": [{"type": "tool_call_response", "id": "call_0", "response": "France"}]},
    ],
    separators=(",", ":"),
)  # fmt: skip
HI: Final = '[{"role":"user","parts":[{"type":"text","content":"hi"}]}]'
CALLED: Final = {"type": "tool_call", "id": "call_1", "name": "weather", "arguments": ARGUMENTS}
FORM: Final[Any] = {"type": "json_schema", "json_schema": {"name": "x", "schema": {"type": "object"}}}


def said(*parts: Any, reason: str | None = "stop") -> str:
    """Return an answer as it is stored."""
    ended = {"finish_reason": reason} if reason else {}
    whole = [{"role": "assistant", "parts": list(parts), **ended}]
    return json.dumps(whole, separators=(",", ":"), ensure_ascii=False)


def text(words: str) -> dict[str, str]:
    return {"type": "text", "content": words}


def asked(model: str, **more: Any) -> dict[str, Any]:
    """Return the row of a chat that has no answer."""
    return {
        "gen_ai_operation_name": "chat", "gen_ai_provider_name": "openai", "gen_ai_request_model": model,
        "gen_ai_input_messages": ASKED, "gen_ai_system_instructions": "Be kind.",
        **more,
    }  # fmt: skip


def answered(model: str, *parts: Any, **more: Any) -> dict[str, Any]:
    """Return the row of a chat; `reason` and `id` are no columns."""
    reason, id = more.pop("reason", "stop"), more.pop("id", "chatcmpl-1")
    ended = {"gen_ai_response_finish_reasons": [reason]} if reason else {}
    answer = {"gen_ai_output_messages": said(*(parts or (text(TEXT),)), reason=reason)}
    return asked(model, gen_ai_response_model=f"{model}-2024-08-06", gen_ai_response_id=id, **ended, **answer, **more)


def used(given: int = 12, made: int = 5, cached: int | None = None, reasoning: int | None = None) -> dict[str, Any]:
    found = {
        "input_tokens": given, "output_tokens": made,
        "cache_read_input_tokens": cached, "reasoning_output_tokens": reasoning,
    }  # fmt: skip
    return {f"gen_ai_usage_{name}": value for name, value in found.items() if value is not None}


def responded(model: str, *parts: Any, **more: Any) -> dict[str, Any]:
    """Return the row of a response."""
    whole = answered(model, *parts, reason=more.pop("reason", "stop"), id="resp_1", gen_ai_input_messages=HI)
    return {**whole, **(used(cached=0, reasoning=0) | more)}


def chat(model: str, **more: Any) -> Any:
    return lambda client: client.chat.completions.create(model=model, messages=MESSAGES, **more)


def respond(model: str, **more: Any) -> Any:
    return lambda client: client.responses.create(model=model, input="hi", instructions="Be kind.", **more)


def embed(given: Any, **more: Any) -> Any:
    return lambda client: client.embeddings.create(model="plain", input=given, **more)


def embedded(parts: list[str], **more: Any) -> dict[str, Any]:
    messages = [{"role": "user", "parts": [text(words) for words in parts]}]
    return {
        "gen_ai_operation_name": "embeddings", "gen_ai_provider_name": "openai", "gen_ai_request_model": "plain",
        "gen_ai_response_model": "plain-2024-08-06", "gen_ai_usage_input_tokens": 3 * len(parts),
        "gen_ai_input_messages": json.dumps(messages, separators=(",", ":")), **more,
    }  # fmt: skip


USAGE: Final[Any] = {"stream": True, "stream_options": {"include_usage": True}}
LOGS: Final[Any] = {"logprobs": True, "top_logprobs": 2}
LOGGED: Final[Any] = {"logprobs": [-0.25] * 5, "top_logprobs": json.dumps([[-0.25, -2.5]] * 5, separators=(",", ":"))}
VECTOR: Final[Any] = {"embedding": [0.5, -0.25, 0.125]}
ONCE: Final = {"max_retries": 0}
HALF: Final = text("Paris is the capital")
CHAT: Final = (
    Call("plain", chat("plain", temperature=0.5, max_tokens=100),
         answered("plain", gen_ai_request_temperature=0.5, gen_ai_request_max_tokens=100, **used())),
    Call("length", chat("plain", max_tokens=1),
         answered("plain", reason="length", gen_ai_request_max_tokens=1, **used())),
    Call("json", chat("plain", response_format=FORM), answered("plain", gen_ai_output_type="json", **used())),
    Call("tool", chat("tool"), answered("tool", CALLED, reason="tool_call", **used())),
    Call("cached", chat("cached"), answered("cached", **used(1200, cached=1024))),
    Call("reasoning", chat("reasoning"), answered("reasoning", **used(made=69, reasoning=64))),
    Call("logprobs", chat("plain", **LOGS), answered("plain", **used(), **LOGGED)),
    Call("stream", chat("plain", **USAGE), answered("plain", **used()), "stream"),
    Call("stream_without_usage", chat("plain", stream=True), answered("plain"), "stream"),
    Call("stream_tool", chat("tool", **USAGE), answered("tool", CALLED, reason="tool_call", **used()), "stream"),
    Call("stream_cached", chat("cached", **USAGE), answered("cached", **used(1200, cached=1024)), "stream"),
    Call("stream_logprobs", chat("plain", stream=True, **LOGS), answered("plain", **LOGGED), "stream"),
    Call("stream_zipped", chat("zipped", **USAGE), answered("zipped", **used()), "stream"),
    Call("stream_slow", chat("slow", **USAGE), answered("slow", **used()), "stream"),
    Call("left", chat("slow", stream=True), answered("slow", HALF, reason=None), "left"),
    Call("dropped", chat("slow", stream=True), answered("slow", HALF, reason=None), "dropped"),
    Call("raw", lambda client: client.chat.completions.with_raw_response.create(model="plain", messages=MESSAGES),
         answered("plain", **used()), "raw", needs="chat.completions.with_raw_response"),
    Call("body",
         lambda client: client.chat.completions.with_streaming_response.create(model="plain", messages=MESSAGES),
         answered("plain", **used()), "body"),
    Call("lines",
         lambda client: client.chat.completions.with_streaming_response.create(
             model="plain", messages=MESSAGES, **USAGE),
         answered("plain", **used()), "lines"),
    Call("parse", lambda client: client.chat.completions.parse(model="plain", messages=MESSAGES),
         answered("plain", **used()), needs="chat.completions.parse"),
    Call("helper",
         lambda client: client.chat.completions.stream(model="tool", messages=MESSAGES,
                                                       stream_options={"include_usage": True}),
         answered("tool", CALLED, reason="tool_call", **used()), "manager", needs="chat.completions.stream"),
    Call("error_429", chat("error-429"), asked("error-429", error_type="429", error_message="Too much."),
         raises="RateLimitError", options=ONCE),
    Call("error_500", chat("error-500"), asked("error-500", error_type="500", error_message="Too much."),
         raises="InternalServerError"),
    Call("error_of_a_stream", chat("error-429", stream=True),
         asked("error-429", error_type="429", error_message="Too much."), raises="RateLimitError", options=ONCE),
    Call("timeout", chat("timeout", timeout=0.2),
         asked("timeout", error_type="timeout", error_message="Request timed out."),
         raises="APITimeoutError", options=ONCE),
    Call("retry", chat("retry-429"), answered("retry-429", **used())),
    Call("broken", chat("broken", stream=True),
         answered("broken", HALF, reason=None, error_type="APIError", error_message="It broke."),
         "stream", raises="APIError"),
    Call("cut", chat("cut", stream=True), answered("cut", HALF, reason=None, error_type="connection"), "stream",
         raises="APIConnectionError|RemoteProtocolError"),
    Call("stall", chat("stall", stream=True, timeout=0.4), answered("stall", HALF, reason=None, error_type="timeout"),
         "stream", raises="APITimeoutError|ReadTimeout"),
)  # fmt: skip
THOUGHT: Final = {"type": "reasoning", "content": "Easy."}
RESPONSES: Final = (
    Call("response", respond("plain", max_output_tokens=50),
         responded("plain", gen_ai_request_max_tokens=50)),
    Call("response_tool", respond("tool"), responded("tool", CALLED, reason="tool_call")),
    Call("response_cached", respond("cached"), responded("cached", **used(1200, cached=1024, reasoning=0))),
    Call("response_reasoning", respond("reasoning"),
         responded("reasoning", THOUGHT, text(TEXT), **used(made=69, cached=0, reasoning=64))),
    Call("response_stream", respond("plain", stream=True), responded("plain"), "stream"),
    Call("response_stream_tool", respond("tool", stream=True), responded("tool", CALLED, reason="tool_call"), "stream"),
    Call("response_helper",
         lambda client: client.responses.stream(model="plain", input="hi", instructions="Be kind."),
         responded("plain"), "manager", needs="responses.stream"),
    Call("response_parse",
         lambda client: client.responses.parse(model="plain", input="hi", instructions="Be kind."),
         responded("plain"), needs="responses.parse"),
    Call("response_left", respond("slow", stream=True),
         answered("slow", text("Paris"), reason=None, id="resp_1", gen_ai_input_messages=HI), "left"),
    Call("response_cut", respond("cut", stream=True),
         answered("cut", text("Paris"), reason=None, id="resp_1", gen_ai_input_messages=HI, error_type="connection"),
         "stream", raises="APIConnectionError|RemoteProtocolError"),
    Call("response_error", respond("error-429"),
         asked("error-429", gen_ai_input_messages=HI, error_type="429", error_message="Too much."),
         raises="RateLimitError", options=ONCE),
)  # fmt: skip
EMBEDDINGS: Final = (
    Call("embedding", embed("hi"), embedded(["hi"], **VECTOR)),
    Call("embedding_of_floats", embed("hi", encoding_format="float"), embedded(["hi"], **VECTOR)),
    Call("embeddings", embed(["hi", "you"]), embedded(["hi", "you"])),
)


class OpenAi:
    """See `Host`."""

    library = "openai"
    calls = (*CHAT, *(replace(call, needs=call.needs or "responses") for call in RESPONSES), *EMBEDDINGS)
    patched = tuple(
        f"openai._base_client:{kind}.{name}"
        for kind in ("SyncAPIClient", "AsyncAPIClient")
        for name in ("request", "_process_response")
    )
    ours = STAINLESS

    def client(self, url: str, *, later: bool, **options: Any) -> Any:
        import openai

        make = openai.AsyncOpenAI if later else openai.OpenAI
        return make(api_key="none", base_url=f"{url}/v1", **options)


HOST: Final = OpenAi()
