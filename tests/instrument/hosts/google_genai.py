"""Google's library."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any, Final

from tests.instrument.playing import Call
from tests.servers.providers import ARGUMENTS, TEXT

__all__ = ["HOST"]

MESSAGES: Final[Any] = [
    {"role": "user", "parts": [{"text": "And its capital?"},
                               {"file_data": {"file_uri": "gs://shop/a.pdf", "mime_type": "application/pdf"}}]},
    {"role": "model", "parts": [{"function_call": {"name": "where", "args": {"a": 1}}}]},
    {"role": "user", "parts": [{"function_response": {"name": "where", "response": {"result": "France"}}},
                               {"text": "Well?"}]},
]  # fmt: skip
ASKED: Final = json.dumps(
    [
        {"role": "user",
         "parts": [{"type": "text", "content": "And its capital?"},
                   {"type": "uri", "mime_type": "application/pdf", "modality": "file", "uri": "gs://shop/a.pdf"}]},
        {"role": "assistant", "parts": [{"type": "tool_call", "name": "where", "arguments": {"a": 1}}]},
        {"role": "tool", "parts": [{"type": "tool_call_response", "response": {"result": "France"}}]},
        {"role": "user", "parts": [{"type": "text", "content": "Well?"}]},
    ],
    separators=(",", ":"),
)  # fmt: skip
IMAGE: Final[Any] = [
    {"role": "user", "parts": [{"text": "hi"}, {"inline_data": {"data": b"\x89PNG", "mime_type": "image/png"}}]}
]
SEEN: Final = (
    '[{"role":"user","parts":[{"type":"text","content":"hi"},'
    '{"type":"blob","mime_type":"image/png","modality":"image"}]}]'
)
HI: Final = '[{"role":"user","parts":[{"type":"text","content":"hi"}]}]'
CALLED: Final = {"type": "tool_call", "name": "weather", "arguments": ARGUMENTS}
THOUGHT: Final = {"type": "reasoning", "content": "Easy."}


def text(words: str) -> dict[str, str]:
    return {"type": "text", "content": words}


def asked(model: str, **more: Any) -> dict[str, Any]:
    """Return the row of a call that has no answer."""
    return {
        "gen_ai_operation_name": "chat", "gen_ai_provider_name": "gcp.gemini", "gen_ai_request_model": model,
        "gen_ai_input_messages": ASKED, "gen_ai_system_instructions": "Be kind.\nBe brief.", **more,
    }  # fmt: skip


def answered(model: str, *parts: Any, **more: Any) -> dict[str, Any]:
    """Return the row of a call; `reason` and `made` are no columns."""
    reason, made = more.pop("reason", "stop"), more.pop("made", 5)
    ended = {"finish_reason": reason} if reason else {}
    whole = [{"role": "assistant", "parts": list(parts), **ended}]
    row = asked(
        model, gen_ai_response_model=f"{model}-001", gen_ai_response_id="resp-1", gen_ai_usage_input_tokens=12,
        gen_ai_output_messages=json.dumps(whole, separators=(",", ":"), ensure_ascii=False),
    )  # fmt: skip
    if reason:
        row |= {"gen_ai_response_finish_reasons": [reason]}
    if reason and made:
        row |= {"gen_ai_usage_output_tokens": made}
    return {name: value for name, value in (row | more).items() if value is not None}


def words(model: str, **more: Any) -> dict[str, Any]:
    return answered(model, text(TEXT), **more)


def given(model: str, contents: Any = MESSAGES, **config: Any) -> dict[str, Any]:
    system = {"system_instruction": ["Be kind.", "Be brief."]} if contents is MESSAGES else {}
    return {"model": model, "contents": contents, "config": {**system, **config}}


def call(model: str, contents: Any = MESSAGES, **config: Any) -> Any:
    return lambda client: client.models.generate_content(**given(model, contents, **config))


def stream(model: str, **config: Any) -> Any:
    return lambda client: client.models.generate_content_stream(**given(model, **config))


def chat(of: str) -> Any:
    return lambda client: getattr(client.chats.create(model="plain"), of)("hi")


def embed(contents: Any, model: str = "plain") -> Any:
    return lambda client: client.models.embed_content(model=model, contents=contents)


def embedded(parts: list[str], **more: Any) -> dict[str, Any]:
    messages = [{"role": "user", "parts": [text(each) for each in parts]}]
    return {
        "gen_ai_operation_name": "embeddings", "gen_ai_provider_name": "gcp.gemini", "gen_ai_request_model": "plain",
        "gen_ai_input_messages": json.dumps(messages, separators=(",", ":")), **more,
    }  # fmt: skip


CACHED: Final[Any] = {"gen_ai_usage_input_tokens": 1200, "gen_ai_usage_cache_read_input_tokens": 1024}
THOUGHTS: Final[Any] = {"made": 69, "gen_ai_usage_reasoning_output_tokens": 64}
LOGS: Final[Any] = {"response_logprobs": True, "logprobs": 2}
LOGGED: Final[Any] = {"logprobs": [-0.25] * 5, "top_logprobs": json.dumps([[-0.25, -2.5]] * 5, separators=(",", ":"))}
FORM: Final[Any] = {"response_mime_type": "application/json", "response_schema": {"type": "OBJECT"}}
VECTOR: Final[Any] = {"embedding": [0.5, -0.25, 0.125]}
BARE: Final[Any] = {"gen_ai_input_messages": HI, "gen_ai_system_instructions": None}
VERTEX: Final[Any] = {"gen_ai_provider_name": "gcp.vertex_ai"}
FAILED: Final[Any] = {"error_type": "429", "error_message": "Too much."}
ONCE: Final = {"attempts": 1}
LATELY: Final = {**ONCE, "httpx": True}
"""Old versions do not have aiohttp keep the time."""
LOST: Final = "RemoteProtocolError|ClientPayloadError"
LATE: Final = "ReadTimeout|TimeoutError"


def quick(seconds: float) -> dict[str, Any]:
    return {"http_options": {"timeout": int(seconds * 1000)}}


CHAT: Final = (
    Call("plain", call("plain", temperature=0.5, max_output_tokens=100),
         words("plain", gen_ai_request_temperature=0.5, gen_ai_request_max_tokens=100)),
    Call("hi", call("plain", "hi"), words("plain", **BARE)),
    Call("image", call("plain", IMAGE), words("plain", **BARE | {"gen_ai_input_messages": SEEN})),
    Call("half", call("plain", "\ud83dhi"),
         words("plain", **BARE | {"gen_ai_input_messages": HI.replace("hi", "\ufffdhi")})),
    Call("extra", call("plain", http_options={"extra_body": {"generationConfig": {"temperature": 0.25}}}),
         words("plain", gen_ai_request_temperature=0.25)),
    Call("length", call("plain", max_output_tokens=1),
         words("plain", reason="length", gen_ai_request_max_tokens=1)),
    Call("json", call("plain", **FORM), words("plain", gen_ai_output_type="json")),
    Call("tool", call("tool"), answered("tool", CALLED)),
    Call("cached", call("cached"), words("cached", **CACHED)),
    Call("reasoning", call("reasoning"), answered("reasoning", THOUGHT, text(TEXT), **THOUGHTS)),
    Call("logprobs", call("plain", **LOGS), words("plain", **LOGGED)),
    Call("blocked", call("blocked"), answered("blocked", reason="content_filter", made=None)),
    Call("filtered", call("filtered"), answered("filtered", reason="content_filter")),
    Call("stream", stream("plain"), words("plain"), "stream"),
    Call("stream_tool", stream("tool"), answered("tool", CALLED), "stream"),
    Call("stream_cached", stream("cached"), words("cached", **CACHED), "stream"),
    Call("stream_reasoning", stream("reasoning"), answered("reasoning", THOUGHT, text(TEXT), **THOUGHTS), "stream"),
    Call("stream_logprobs", stream("plain", **LOGS), words("plain", **LOGGED), "stream"),
    Call("stream_zipped", stream("zipped"), words("zipped"), "stream"),
    Call("stream_slow", stream("slow"), words("slow"), "stream"),
    Call("left", stream("slow"), words("slow", reason=None), "left"),
    Call("let_go", stream("slow"), words("slow", reason=None), "dropped"),
    Call("chat", chat("send_message"), words("plain", **BARE)),
    Call("chat_stream", chat("send_message_stream"), words("plain", **BARE), "stream"),
    Call("error_429", call("error-429"), asked("error-429", **FAILED), raises="ClientError", options=ONCE),
    Call("error_500", call("error-500"), asked("error-500", **FAILED | {"error_type": "500"}), raises="ServerError"),
    Call("error_of_a_stream", stream("error-429"), asked("error-429", **FAILED), "stream", raises="ClientError",
         options=ONCE),
    Call("timeout", call("timeout", **quick(0.2)), asked("timeout", error_type="timeout"), raises=LATE, options=LATELY),
    Call("retry", call("retry-429"), words("retry-429")),
    Call("stream_retry", stream("retry-429"), words("retry-429"), "stream"),
    Call("broken", stream("broken"), words("broken", reason=None, error_type="500", error_message="It broke."),
         "stream", raises="ServerError"),
    Call("cut", stream("cut"), words("cut", reason=None, error_type="connection"), "stream", raises=LOST),
    Call("stall", stream("stall", **quick(0.4)), words("stall", reason=None, error_type="timeout"), "stream",
         raises=LATE, options=LATELY),
)  # fmt: skip
EMBEDDINGS: Final = (
    Call("embedding", embed("hi"), embedded(["hi"], **VECTOR)),
    Call("embeddings", embed(["hi", "you"]), embedded(["hi", "you"])),
)
ON_VERTEX: Final = (
    *(replace(each, name=f"vertex_{each.name}", row=each.row | VERTEX) for each in CHAT
      if each.name in ("plain", "tool", "stream")),
    Call("vertex_embedding", embed("hi"), embedded(["hi"], **VERTEX, **VECTOR, gen_ai_usage_input_tokens=3)),
    Call("vertex_embeddings", embed(["hi", "you"]), embedded(["hi", "you"], **VERTEX, gen_ai_usage_input_tokens=6)),
    Call("vertex_gemini_embedding", embed("hi", "gemini-embedding-2"),
         embedded(["hi"], **VERTEX, **VECTOR, gen_ai_usage_input_tokens=3,
                  gen_ai_request_model="gemini-embedding-2")),
)  # fmt: skip


class GoogleGenAi:
    """See `Host`."""

    library = "google.genai"
    calls = (
        *CHAT,
        *EMBEDDINGS,
        *(replace(each, options={**each.options, "vertexai": True}) for each in ON_VERTEX),
        # Without aiohttp: as it is where that is not installed.
        *(replace(each, name=f"httpx_{each.name}", options={**each.options, "httpx": True}) for each in CHAT
          if each.name in ("plain", "stream", "left", "error_429", "broken", "cut")),
    )  # fmt: skip
    patched = (
        *(f"google.genai._api_client:BaseApiClient.{name}"
          for name in ("request", "async_request", "request_streamed", "async_request_streamed")),
        "google.genai.models:Models.generate_content_stream",
        "google.genai.models:AsyncModels.generate_content_stream",
        "google.genai.chats:Chat.send_message_stream",
        "google.genai.chats:AsyncChat.send_message_stream",
    )  # fmt: skip
    ours = (
        "wire.base:count", "wire.base:word", "recording:Recording.__init__", "recording:Recording.end_unread",
        "recording:Recording.first_chunk", "recording:_to_msgpack", "recording:claimed", "messages:encode",
        "failing:error_of", "google_call:_encode", "google_call:_decode", "unread:_json",
    )  # fmt: skip

    def client(self, url: str, *, later: bool, **options: Any) -> Any:
        from google import genai

        retry = {"attempts": options.get("attempts", 3), "initial_delay": 0.001, "max_delay": 0.001, "jitter": 0.0}
        reached: Any = {"base_url": url, "retry_options": retry}
        if options.get("httpx"):
            from google.genai import _api_client as its

            # A transport of one's own has it not use aiohttp.
            httpx: Any = its.httpx or its.httpx2
            reached["async_client_args"] = {"transport": httpx.AsyncHTTPTransport()}
        client = genai.Client(api_key="none", vertexai=options.get("vertexai"), http_options=reached)
        return client.aio if later else client


HOST: Final = GoogleGenAi()
