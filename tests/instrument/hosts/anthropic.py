"""Anthropic's library."""

from __future__ import annotations

import json
from typing import Any, Final

from tests.instrument.playing import STAINLESS, Call
from tests.servers.providers import ARGUMENTS, TEXT

__all__ = ["HOST"]

MESSAGES: Final[Any] = [
    {"role": "user", "content": [{"type": "text", "text": "And its capital?"},
                                 {"type": "image", "source": {"type": "url", "url": "https://shop.example/a.png"}}]},
    {"role": "assistant", "content": [{"type": "tool_use", "id": "toolu_0", "name": "where", "input": {"a": 1}}]},
    {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "toolu_0", "content": "France"},
                                 {"type": "text", "text": "Well?"}]},
]  # fmt: skip
ASKED: Final = json.dumps(
    [
        {"role": "user", "parts": [{"type": "text", "content": "And its capital?"},
                                   {"type": "uri", "modality": "image", "uri": "https://shop.example/a.png"}]},
        {"role": "assistant",
         "parts": [{"type": "tool_call", "id": "toolu_0", "name": "where", "arguments": {"a": 1}}]},
        {"role": "tool", "parts": [{"type": "tool_call_response", "id": "toolu_0", "response": "France"}]},
        {"role": "user", "parts": [{"type": "text", "content": "Well?"}]},
    ],
    separators=(",", ":"),
)  # fmt: skip
CALLED: Final = {"type": "tool_call", "id": "toolu_1", "name": "weather", "arguments": ARGUMENTS}
THOUGHT: Final = {"type": "reasoning", "content": "Easy."}


def text(words: str) -> dict[str, str]:
    return {"type": "text", "content": words}


def asked(model: str, **more: Any) -> dict[str, Any]:
    """Return the row of a call that has no answer."""
    return {
        "gen_ai_operation_name": "chat", "gen_ai_provider_name": "anthropic", "gen_ai_request_model": model,
        "gen_ai_input_messages": ASKED, "gen_ai_system_instructions": "Be kind.\nBe brief.",
        "gen_ai_request_max_tokens": 100, **more,
    }  # fmt: skip


def answered(model: str, *parts: Any, **more: Any) -> dict[str, Any]:
    """Return the row of a call; `reason` is no column."""
    reason = more.pop("reason", "stop")
    ended = {"finish_reason": reason} if reason else {}
    whole = [{"role": "assistant", "parts": list(parts or (text(TEXT),)), **ended}]
    row = asked(
        model, gen_ai_response_model=f"{model}-20241022", gen_ai_response_id="msg_1",
        gen_ai_output_messages=json.dumps(whole, separators=(",", ":"), ensure_ascii=False), **used(),
    )  # fmt: skip
    if reason:
        row["gen_ai_response_finish_reasons"] = [reason]
    else:
        del row["gen_ai_usage_output_tokens"]
    return row | more


def used(given: int = 12, read: int = 0, written: int = 0) -> dict[str, Any]:
    return {
        "gen_ai_usage_input_tokens": given, "gen_ai_usage_output_tokens": 5,
        "gen_ai_usage_cache_read_input_tokens": read, "gen_ai_usage_cache_creation_input_tokens": written,
    }  # fmt: skip


def call(model: str, *, of: str = "create", within: str = "", **more: Any) -> Any:
    given: Any = {
        "model": model, "messages": MESSAGES, "max_tokens": 100,
        "system": [{"type": "text", "text": "Be kind."}, {"type": "text", "text": "Be brief."}], **more,
    }  # fmt: skip

    def make(client: Any) -> Any:
        messages = getattr(client.messages, within) if within else client.messages
        return getattr(messages, of)(**given)

    return make


ONCE: Final = {"max_retries": 0}
HALF: Final = text("Paris is")
CALLS: Final = (
    Call("plain", call("plain", extra_body={"temperature": 0.5}), answered("plain", gen_ai_request_temperature=0.5)),
    Call("length", call("plain", max_tokens=1), answered("plain", reason="length", gen_ai_request_max_tokens=1)),
    Call("tool", call("tool"), answered("tool", CALLED, reason="tool_call")),
    Call("cached", call("cached"), answered("cached", **used(1200, 1024, 100))),
    Call("reasoning", call("reasoning"), answered("reasoning", THOUGHT, text(TEXT))),
    Call("stream", call("plain", stream=True), answered("plain"), "stream"),
    Call("stream_tool", call("tool", stream=True), answered("tool", CALLED, reason="tool_call"), "stream"),
    Call("stream_cached", call("cached", stream=True), answered("cached", **used(1200, 1024, 100)), "stream"),
    Call("stream_reasoning", call("reasoning", stream=True), answered("reasoning", THOUGHT, text(TEXT)), "stream"),
    Call("stream_zipped", call("zipped", stream=True), answered("zipped"), "stream"),
    Call("stream_slow", call("slow", stream=True), answered("slow"), "stream"),
    Call("helper", call("tool", of="stream"), answered("tool", CALLED, reason="tool_call"), "manager"),
    Call("left", call("slow", stream=True), answered("slow", text("Paris is the"), reason=None), "left"),
    Call("dropped", call("slow", stream=True), answered("slow", text("Paris is the"), reason=None), "dropped"),
    Call("raw", call("plain", within="with_raw_response"), answered("plain"), "raw"),
    Call("body", call("plain", within="with_streaming_response"), answered("plain"), "body"),
    Call("lines", call("plain", within="with_streaming_response", stream=True), answered("plain"), "lines"),
    Call("error_429", call("error-429"), asked("error-429", error_type="429", error_message="Too much."),
         raises="RateLimitError", options=ONCE),
    Call("error_500", call("error-500"), asked("error-500", error_type="500", error_message="Too much."),
         raises="InternalServerError"),
    Call("timeout", call("timeout", timeout=0.2),
         asked("timeout", error_type="timeout"),
         raises="APITimeoutError", options=ONCE),
    Call("retry", call("retry-429"), answered("retry-429")),
    Call("broken", call("broken", stream=True),
         answered("broken", HALF, reason=None, error_type="500", error_message="It broke."), "stream",
         raises="APIStatusError|InternalServerError"),
    Call("cut", call("cut", stream=True), answered("cut", HALF, reason=None, error_type="connection"), "stream",
         raises="APIConnectionError|RemoteProtocolError"),
)  # fmt: skip


class Anthropic:
    """See `Host`."""

    library = "anthropic"
    calls = CALLS
    patched = tuple(
        f"anthropic._base_client:{kind}.{name}"
        for kind in ("SyncAPIClient", "AsyncAPIClient")
        for name in ("request", "_process_response")
    )
    ours = STAINLESS

    def client(self, url: str, *, later: bool, **options: Any) -> Any:
        import anthropic

        make = anthropic.AsyncAnthropic if later else anthropic.Anthropic
        return make(api_key="none", base_url=url, **options)


HOST: Final = Anthropic()
