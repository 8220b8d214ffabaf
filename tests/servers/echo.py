"""A provider that says back what it is told: OpenAI's chat completions and responses, Anthropic's messages.

Models: "echo" answers with the last text of the request, "tool" calls a tool with it, "error" fails and quotes it, as
providers do with keys. A stream comes in pieces of seven characters, so that nothing in it is in one piece.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Final

__all__ = ["EchoServer"]

Body = dict[str, Any]
_PIECE: Final = 7
_USED: Final = {"prompt_tokens": 12, "completion_tokens": 5, "total_tokens": 17}


def _texts(value: Any) -> Iterator[str]:
    """Yield the texts in the content of messages."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, list):
        for one in value:
            yield from _texts(one)
    elif isinstance(value, dict):
        yield from _texts(value.get("text") or value.get("content") or value.get("output"))


def _pieces(text: str) -> list[str]:
    return [text[at : at + _PIECE] for at in range(0, len(text), _PIECE)]


def _chat(text: str, model: str) -> Body:
    message: Body = {"role": "assistant", "content": text}
    if model == "tool":
        function = {"name": "send", "arguments": json.dumps({"note": text})}
        message |= {"content": None, "tool_calls": [{"id": "call_1", "type": "function", "function": function}]}
    choice = {"index": 0, "message": message, "finish_reason": "tool_calls" if model == "tool" else "stop"}
    return {"id": "chatcmpl-1", "object": "chat.completion", "created": 1, "model": model, "choices": [choice],
            "usage": _USED}  # fmt: skip


def _chat_stream(text: str, model: str) -> Iterator[Body]:
    for piece in _pieces(text):
        choice = {"index": 0, "delta": {"role": "assistant", "content": piece}, "finish_reason": None}
        yield {"id": "chatcmpl-1", "object": "chat.completion.chunk", "created": 1, "model": model, "choices": [choice]}
    yield {"id": "chatcmpl-1", "object": "chat.completion.chunk", "created": 1, "model": model,
           "choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]}  # fmt: skip


def _response(text: str, model: str) -> Body:
    said = {"type": "output_text", "text": text, "annotations": [], "logprobs": []}
    message = {"type": "message", "id": "msg_1", "status": "completed", "role": "assistant", "content": [said]}
    return {"id": "resp_1", "object": "response", "created_at": 1, "status": "completed", "model": model,
            "output": [message], "parallel_tool_calls": True, "tool_choice": "auto", "tools": []}  # fmt: skip


def _message(text: str, model: str) -> Body:
    content: Body = {"type": "text", "text": text}
    if model == "tool":
        content = {"type": "tool_use", "id": "toolu_1", "name": "send", "input": {"note": text}}
    return {"id": "msg_1", "type": "message", "role": "assistant", "model": model, "content": [content],
            "stop_reason": "end_turn", "stop_sequence": None,
            "usage": {"input_tokens": 12, "output_tokens": 5}}  # fmt: skip


def _message_stream(text: str, model: str) -> Iterator[Body]:
    yield {"type": "message_start", "message": {**_message("", model), "content": [], "stop_reason": None}}
    yield {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}}
    for piece in _pieces(text):
        yield {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": piece}}
    yield {"type": "content_block_stop", "index": 0}
    yield {"type": "message_delta", "delta": {"stop_reason": "end_turn", "stop_sequence": None},
           "usage": {"output_tokens": 5}}  # fmt: skip
    yield {"type": "message_stop"}


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        asked = body.get("messages", body.get("input"))
        text, model = next(reversed([*_texts(asked)]), ""), body["model"]
        ours = self.path.endswith("messages")
        if model == "error":
            fault = {"type": "invalid_request_error", "message": text}
            self._say(401, json.dumps({"type": "error", "error": fault} if ours else {"error": fault}))
        elif body.get("stream"):
            events = _message_stream(text, model) if ours else _chat_stream(text, model)
            lines = [(f"event: {one['type']}\n" if ours else "") + f"data: {json.dumps(one)}\n\n" for one in events]
            self._say(200, "".join(lines) + ("" if ours else "data: [DONE]\n\n"), "text/event-stream")
        else:
            whole = _message if ours else _response if self.path.endswith("responses") else _chat
            self._say(200, json.dumps(whole(text, model)))

    def _say(self, status: int, body: str, kind: str = "application/json") -> None:
        data = body.encode()
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *_: object) -> None:
        pass


class EchoServer:
    """One on loopback, in threads."""

    def __init__(self) -> None:
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
        self._server.daemon_threads = True
        threading.Thread(target=self._server.serve_forever, daemon=True, name="echo").start()
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def close(self) -> None:
        """End it."""
        self._server.shutdown()
        self._server.server_close()
