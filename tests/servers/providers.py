"""Providers of models on loopback: OpenAI's and Anthropic's documented wire formats, for calls that are scripted.

Which script a request plays is said by its model: "plain", "tool", "cached", "reasoning", "slow", "cut", "broken",
"stall", "error-429", "error-500", "timeout", "retry-429", "long", "zipped". A request for a stream is answered by one.
Each provider is a `Format`: what its scripts answer, whole and in pieces. Another is another format and its routes.

Run by itself it prints its address: python -m tests.servers.providers
"""

from __future__ import annotations

import asyncio
import base64
import json
import struct
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass
from typing import Any, Final

from aiohttp import web

__all__ = ["ProviderServer", "WORDS"]

Body = dict[str, Any]
WORDS: Final = ("Paris", " is", " the", " capital", ".")
TEXT: Final = "".join(WORDS)
ARGUMENTS: Final = {"city": "Zürich", "days": 3}
_PIECES: Final = ('{"city": "Z', 'ürich", ', '"days": 3}')
_SLOW_S: Final = 0.03
_LONG_S: Final = 3.0
_HALF: Final = 5
"""Events of a stream that breaks off."""


@dataclass(frozen=True)
class Format:
    """A provider's way to answer."""

    whole: Callable[[Body], Body]
    pieces: Callable[[Body], Iterator[tuple[str | None, Body]]]
    """The events of a stream: name, data."""
    error: Callable[[int, str], Body]
    stream_error: Callable[[str], tuple[str | None, Body]]
    ends: str | None = None
    """What is said behind the last event."""


def _words(body: Body) -> tuple[str, ...]:
    """Return the words of an answer: five, or 90."""
    return WORDS * 18 if body["model"] == "long" else WORDS


def _chat_usage(body: Body) -> Body:
    used: Body = {"prompt_tokens": 12, "completion_tokens": 5, "total_tokens": 17}
    if body["model"] == "cached":
        used |= {"prompt_tokens": 1200, "prompt_tokens_details": {"cached_tokens": 1024, "audio_tokens": 0}}
    if body["model"] == "reasoning":
        used |= {"completion_tokens": 69, "completion_tokens_details": {"reasoning_tokens": 64}}
    return used


def _logprobs(words: tuple[str, ...]) -> Body:
    likeliest = [{"token": "Lyon", "logprob": -2.5, "bytes": None}]
    return {
        "content": [
            {"token": word, "logprob": -0.25, "bytes": list(word.encode()),
             "top_logprobs": [{"token": word, "logprob": -0.25, "bytes": None}, *likeliest]}
            for word in words
        ],
        "refusal": None,
    }  # fmt: skip


def _head(body: Body, kind: str) -> Body:
    return {"id": "chatcmpl-1", "object": kind, "created": 1_700_000_000, "model": body["model"] + "-2024-08-06"}


def _chat(body: Body) -> Body:
    message: Body = {"role": "assistant", "content": "".join(_words(body)), "refusal": None}
    if body["model"] == "tool":
        function = {"name": "weather", "arguments": json.dumps(ARGUMENTS)}
        message |= {"content": None, "tool_calls": [{"id": "call_1", "type": "function", "function": function}]}
    choice = {"index": 0, "message": message, "logprobs": None, "finish_reason": _finish(body)}
    if body.get("logprobs"):
        choice["logprobs"] = _logprobs(WORDS)
    return {**_head(body, "chat.completion"), "choices": [choice], "usage": _chat_usage(body)}


def _finish(body: Body) -> str:
    most = body.get("max_completion_tokens") or body.get("max_tokens")
    return "tool_calls" if body["model"] == "tool" else "length" if most == 1 else "stop"


def _chat_pieces(body: Body) -> Iterator[tuple[str | None, Body]]:
    head, with_usage = _head(body, "chat.completion.chunk"), (body.get("stream_options") or {}).get("include_usage")

    def piece(delta: Body, finish: str | None = None, logprobs: Body | None = None) -> tuple[None, Body]:
        choice = {"index": 0, "delta": delta, "logprobs": logprobs, "finish_reason": finish}
        return None, {**head, "choices": [choice], **({"usage": None} if with_usage else {})}

    yield piece({"role": "assistant", "content": "" if body["model"] != "tool" else None, "refusal": None})
    if body["model"] == "tool":
        function = {"name": "weather", "arguments": ""}
        yield piece({"tool_calls": [{"index": 0, "id": "call_1", "type": "function", "function": function}]})
        for text in _PIECES:
            yield piece({"tool_calls": [{"index": 0, "function": {"arguments": text}}]})
    else:
        for word in _words(body):
            yield piece({"content": word}, None, _logprobs((word,)) if body.get("logprobs") else None)
    yield piece({}, _finish(body))
    if with_usage:
        yield None, {**head, "choices": [], "usage": _chat_usage(body)}


def _response(body: Body) -> Body:
    text = {"type": "output_text", "text": TEXT, "annotations": [], "logprobs": []}
    message: Body = {"type": "message", "id": "msg_1", "status": "completed", "role": "assistant", "content": [text]}
    call = {"type": "function_call", "id": "fc_1", "call_id": "call_1", "name": "weather", "status": "completed",
            "arguments": json.dumps(ARGUMENTS)}  # fmt: skip
    output: list[Body] = [call if body["model"] == "tool" else message]
    used: Body = {"input_tokens": 12, "input_tokens_details": {"cached_tokens": 0}, "output_tokens": 5,
                  "output_tokens_details": {"reasoning_tokens": 0}, "total_tokens": 17}  # fmt: skip
    if body["model"] == "cached":
        used |= {"input_tokens": 1200, "input_tokens_details": {"cached_tokens": 1024}}
    if body["model"] == "reasoning":
        output.insert(0, {"type": "reasoning", "id": "rs_1", "summary": [{"type": "summary_text", "text": "Easy."}]})
        used |= {"output_tokens": 69, "output_tokens_details": {"reasoning_tokens": 64}}
    return {
        "id": "resp_1", "object": "response", "created_at": 1_700_000_000, "status": "completed", "error": None,
        "incomplete_details": None, "instructions": body.get("instructions"), "model": body["model"] + "-2024-08-06",
        "output": output, "parallel_tool_calls": True, "temperature": 1.0, "tool_choice": "auto", "tools": [],
        "top_p": 1.0, "metadata": {}, "usage": used,
    }  # fmt: skip


def _response_pieces(body: Body) -> Iterator[tuple[str | None, Body]]:
    whole, number = _response(body), iter(range(1000))

    def event(kind: str, **more: Any) -> tuple[str, Body]:
        return kind, {"type": kind, "sequence_number": next(number), **more}

    begun = {**whole, "status": "in_progress", "output": [], "usage": None}
    yield event("response.created", response=begun)
    yield event("response.in_progress", response=begun)
    for place, item in enumerate(whole["output"]):
        empty = {**item, "status": "in_progress", **({"content": []} if "content" in item else {"arguments": ""})}
        at = {"output_index": place, "item_id": item["id"]}
        yield event("response.output_item.added", output_index=place, item=empty)
        if item["type"] == "message":
            part = {"type": "output_text", "text": "", "annotations": [], "logprobs": []}
            yield event("response.content_part.added", content_index=0, part=part, **at)
            for word in WORDS:
                yield event("response.output_text.delta", content_index=0, delta=word, logprobs=[], **at)
            yield event("response.output_text.done", content_index=0, text=TEXT, logprobs=[], **at)
            yield event("response.content_part.done", content_index=0, part=item["content"][0], **at)
        elif item["type"] == "function_call":
            for text in _PIECES:
                yield event("response.function_call_arguments.delta", delta=text, **at)
            yield event("response.function_call_arguments.done", arguments=item["arguments"], name="weather", **at)
        yield event("response.output_item.done", output_index=place, item=item)
    yield event("response.completed", response=whole)


def _embeddings(body: Body) -> Body:
    given = body["input"]
    inputs = [given] if isinstance(given, str) else given
    vector = [0.5, -0.25, 0.125] * (512 if body["model"] == "long" else 1)
    packed = base64.b64encode(struct.pack(f"<{len(vector)}f", *vector)).decode()
    said = packed if body.get("encoding_format") == "base64" else vector
    data = [{"object": "embedding", "index": index, "embedding": said} for index in range(len(inputs))]
    used = {"prompt_tokens": 3 * len(inputs), "total_tokens": 3 * len(inputs)}
    return {"object": "list", "data": data, "model": body["model"] + "-2024-08-06", "usage": used}


def _message_usage(body: Body) -> Body:
    used: Body = {"input_tokens": 12, "cache_creation_input_tokens": 0, "cache_read_input_tokens": 0,
                  "output_tokens": 5, "service_tier": "standard"}  # fmt: skip
    if body["model"] == "cached":
        used |= {"input_tokens": 76, "cache_creation_input_tokens": 100, "cache_read_input_tokens": 1024}
    return used


def _message(body: Body) -> Body:
    content: list[Body] = [{"type": "text", "text": TEXT}]
    if body["model"] == "tool":
        content = [{"type": "tool_use", "id": "toolu_1", "name": "weather", "input": ARGUMENTS}]
    if body["model"] == "reasoning":
        content.insert(0, {"type": "thinking", "thinking": "Easy.", "signature": "c2ln"})
    reason = "tool_use" if body["model"] == "tool" else "max_tokens" if body["max_tokens"] == 1 else "end_turn"
    return {
        "id": "msg_1", "type": "message", "role": "assistant", "model": body["model"] + "-20241022",
        "content": content, "stop_reason": reason, "stop_sequence": None, "usage": _message_usage(body),
    }  # fmt: skip


def _message_pieces(body: Body) -> Iterator[tuple[str | None, Body]]:
    whole = _message(body)

    def event(kind: str, **more: Any) -> tuple[str, Body]:
        return kind, {"type": kind, **more}

    begun = {**whole, "content": [], "stop_reason": None, "usage": {**whole["usage"], "output_tokens": 1}}
    yield event("message_start", message=begun)
    for index, block in enumerate(whole["content"]):
        kind = block["type"]
        empty: dict[str, Body] = {"text": {"text": ""}, "tool_use": {"input": {}}, "thinking": {"thinking": ""}}
        yield event("content_block_start", index=index, content_block={**block, **empty[kind]})
        yield event("ping")
        if kind == "text":
            for word in WORDS:
                yield event("content_block_delta", index=index, delta={"type": "text_delta", "text": word})
        elif kind == "tool_use":
            for text in ("", *_PIECES):
                delta = {"type": "input_json_delta", "partial_json": text}
                yield event("content_block_delta", index=index, delta=delta)
        else:
            yield event("content_block_delta", index=index, delta={"type": "thinking_delta", "thinking": "Easy."})
            yield event("content_block_delta", index=index, delta={"type": "signature_delta", "signature": "c2ln"})
        yield event("content_block_stop", index=index)
    ended = {"stop_reason": whole["stop_reason"], "stop_sequence": None}
    yield event("message_delta", delta=ended, usage={"output_tokens": 5})
    yield event("message_stop")


def _openai_error(status: int, words: str) -> Body:
    return {"error": {"message": words, "type": "server_error" if status >= 500 else "requests", "param": None,
                      "code": "rate_limit_exceeded" if status == 429 else None}}  # fmt: skip


def _anthropic_error(status: int, words: str) -> Body:
    return {"type": "error", "error": {"type": "rate_limit_error" if status == 429 else "api_error", "message": words}}


_CHAT: Final = Format(_chat, _chat_pieces, _openai_error, lambda words: (None, _openai_error(500, words)), "[DONE]")
_RESPONSES: Final = Format(
    _response, _response_pieces, _openai_error,
    lambda words: ("error", {"type": "error", "code": "server_error", "message": words, "param": None}),
)  # fmt: skip
_EMBEDDINGS: Final = Format(_embeddings, _chat_pieces, _openai_error, lambda words: (None, _openai_error(500, words)))
_MESSAGES: Final = Format(
    _message, _message_pieces, _anthropic_error, lambda words: ("error", _anthropic_error(500, words))
)
_ROUTES: Final = {
    "/v1/chat/completions": _CHAT,
    "/v1/responses": _RESPONSES,
    "/v1/embeddings": _EMBEDDINGS,
    "/v1/messages": _MESSAGES,
    "/openai/deployments/{name}/chat/completions": _CHAT,
}


class ProviderServer:
    """All of them on one port of loopback, in a thread."""

    def __init__(self) -> None:
        self.requests: list[Body] = []
        """The bodies of all requests, in order."""
        self._loop = asyncio.new_event_loop()
        ready: list[int] = []
        begun = threading.Event()
        self._thread = threading.Thread(target=self._run, args=(ready, begun), daemon=True, name="providers")
        self._thread.start()
        if not begun.wait(30):
            raise RuntimeError("the providers do not start")
        self.url = f"http://127.0.0.1:{ready[0]}"

    def close(self) -> None:
        """End it."""
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)

    def _run(self, ready: list[int], begun: threading.Event) -> None:
        asyncio.set_event_loop(self._loop)
        from tests.servers import google  # it is made of what is here

        app = web.Application(client_max_size=64 << 20)
        app.on_response_prepare.append(_date)
        for path, form in {**_ROUTES, **google.ROUTES}.items():
            app.router.add_post(path, self._handler(form))
        runner = web.AppRunner(app, access_log=None)
        self._loop.run_until_complete(runner.setup())
        site = web.TCPSite(runner, "127.0.0.1", 0, backlog=2048)
        self._loop.run_until_complete(site.start())
        ready.append(runner.addresses[0][1])
        begun.set()
        self._loop.run_forever()
        self._loop.run_until_complete(runner.cleanup())
        self._loop.close()

    def _handler(self, form: Format) -> Callable[[web.Request], Any]:
        async def handle(request: web.Request) -> web.StreamResponse:
            body = json.loads(await request.read())
            if "verb" in request.match_info:  # Google says in the path what others say in the body
                stream = request.match_info["verb"].startswith("stream")
                body |= {"model": request.match_info["model"], "stream": stream}
            self.requests.append(body)
            model = body["model"]
            again = "x-stainless-retry-count" in request.headers and request.headers["x-stainless-retry-count"] != "0"
            if model.startswith("error-") or (model.startswith("retry-") and not again and not self._retried(body)):
                status = int(model.partition("-")[2])
                headers = {"retry-after-ms": "1", "x-request-id": "req_1"}
                return web.json_response(form.error(status, "Too much."), status=status, headers=headers)
            if model == "timeout":
                await asyncio.sleep(_LONG_S)
            if not body.get("stream"):
                return web.json_response(form.whole(body), headers={"x-request-id": "req_1"})
            return await _streamed(request, form, body)

        return handle

    def _retried(self, body: Body) -> bool:
        """Return whether the same was asked before: old libraries do not count their retries."""
        return sum(one == body for one in self.requests) > 1


async def _date(_request: web.Request, response: web.StreamResponse) -> None:
    """Have it be always the same time: some libraries hand the headers on, and answers are compared."""
    response.headers["date"] = "Wed, 01 Jan 2025 00:00:00 GMT"


async def _streamed(request: web.Request, form: Format, body: Body) -> web.StreamResponse:
    response = web.StreamResponse(headers={"content-type": "text/event-stream; charset=utf-8"})
    if body["model"] == "zipped":
        response.enable_compression(web.ContentCoding.gzip)
    await response.prepare(request)
    try:
        async for data in _events(form, body):
            await response.write(data)
    except ConnectionError:  # the reader has left
        return response
    if body["model"] == "cut":
        assert request.transport is not None
        request.transport.abort()
    return response


async def _events(form: Format, body: Body) -> AsyncIterator[bytes]:
    slow = body["model"] in ("slow", "cut", "broken", "stall")
    for number, (name, data) in enumerate(form.pieces(body)):
        if number == _HALF and body["model"] in ("cut", "broken", "stall"):
            break
        yield _event(name, json.dumps(data, ensure_ascii=False))
        if slow:  # each piece comes by itself
            await asyncio.sleep(_SLOW_S)
    if body["model"] == "stall":
        await asyncio.sleep(_LONG_S)
    if body["model"] == "broken":
        name, data = form.stream_error("It broke.")
        yield _event(name, json.dumps(data))
    elif body["model"] != "cut" and form.ends is not None:
        yield _event(None, form.ends)


def _event(name: str | None, data: str) -> bytes:
    return ((f"event: {name}\n" if name else "") + f"data: {data}\n\n").encode()


if __name__ == "__main__":
    print(ProviderServer().url, flush=True)
    threading.Event().wait()
