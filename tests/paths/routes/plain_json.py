"""Nobody's instrumentation: an app in any language asks over HTTP, and posts what it knows as plain JSON."""

from __future__ import annotations

import http.client
import json
import time
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import urlsplit

from tests.paths.calls import DOCUMENTS, QUERY, Scripted
from tests.paths.route import Lacks, Make, Route

__all__ = ["ROUTE"]


def post(url: str, body: Any) -> http.client.HTTPResponse:
    to = urlsplit(url)
    connection = http.client.HTTPConnection(to.netloc, timeout=30)
    connection.request("POST", to.path, json.dumps(body).encode(), {"Content-Type": "application/json"})
    return connection.getresponse()


def begin(providers: str, gateway: str) -> tuple[Make, Callable[[], object]]:
    def make(call: Scripted) -> None:
        begun = time.perf_counter()
        event: dict[str, Any] = {"service": "shop", "operation": call.kind}
        failed = None
        if call.kind == "retrieval":
            event |= {"prompt": QUERY, "context": DOCUMENTS}
        else:
            event |= {"provider": "openai", "model": call.request["model"]}
            where = "embeddings" if call.kind == "embeddings" else "chat/completions"
            response = post(f"{providers}/v1/{where}", call.request)
            if call.kind == "embeddings":
                event |= embedded(json.load(response))
            else:
                event |= asked(call.request)
                if response.status >= 400:
                    failed = json.load(response)["error"]["message"]
                    event |= {"error": str(response.status), "error.message": failed}
                elif call.streamed:
                    event |= answered(together(response, event, begun))
                else:
                    event |= answered(json.load(response))
        event |= {"latency": time.perf_counter() - begun, "time": time.time()}
        assert json.load(post(f"{gateway}/v1/events", event)) == {"accepted": 1, "refused": []}
        if failed:
            raise RuntimeError(f"{event['error']}: {failed}")

    return make, lambda: None


def asked(request: dict[str, Any]) -> dict[str, Any]:
    """Return what goes into a call: the system prompt apart, and messages in OpenTelemetry's form."""
    system, *others = request["messages"]
    limits: dict[str, Any] = {name: request[name] for name in ("temperature", "max_tokens") if name in request}
    return {"system": system["content"], "prompt": [message(each) for each in others], **limits}


def message(said: dict[str, Any], **more: str) -> dict[str, Any]:
    if said["role"] == "tool":
        answer = {"type": "tool_call_response", "id": said["tool_call_id"], "response": said["content"]}
        return {"role": "tool", "parts": [answer]}
    parts: list[dict[str, Any]] = [{"type": "text", "content": said["content"]}] if said.get("content") else []
    for call in said.get("tool_calls") or ():
        given = {"name": call["function"]["name"], "arguments": json.loads(call["function"]["arguments"])}
        parts.append({"type": "tool_call", "id": call["id"], **given})
    return {"role": said["role"], "parts": parts, **more}


def answered(answer: dict[str, Any]) -> dict[str, Any]:
    """Return what comes out of a call."""
    [choice], usage = answer["choices"], answer["usage"]
    reason = {"tool_calls": "tool_call"}.get(choice["finish_reason"], choice["finish_reason"])
    event = {
        "response_model": answer["model"],
        "response_id": answer["id"],
        "finish_reason": reason,
        "response": [message(choice["message"], finish_reason=reason)],
        "input_tokens": usage["prompt_tokens"],
        "output_tokens": usage["completion_tokens"],
        "cached_tokens": usage.get("prompt_tokens_details", {}).get("cached_tokens"),
        "reasoning_tokens": usage.get("completion_tokens_details", {}).get("reasoning_tokens"),
    }
    return {name: value for name, value in event.items() if value is not None}


def together(response: http.client.HTTPResponse, event: dict[str, Any], begun: float) -> dict[str, Any]:
    """Return a streamed answer as if it had come whole."""
    said: dict[str, Any] = {"role": "assistant", "content": "", "tool_calls": []}
    whole: dict[str, Any] = {}
    choice: dict[str, Any] = {"message": said}
    for chunk in chunks(response):
        whole |= {name: value for name, value in chunk.items() if value is not None}
        for piece in chunk["choices"]:
            choice["finish_reason"] = piece["finish_reason"]
            delta = piece["delta"]
            if delta.get("content") or delta.get("tool_calls"):
                event.setdefault("ttft", time.perf_counter() - begun)
            said["content"] += delta.get("content") or ""
            for call in delta.get("tool_calls") or ():
                if "id" in call:
                    said["tool_calls"].append(call)
                else:
                    said["tool_calls"][-1]["function"]["arguments"] += call["function"]["arguments"]
    return {**whole, "choices": [choice]}


def chunks(response: http.client.HTTPResponse) -> Iterator[dict[str, Any]]:
    for line in response:
        if line.startswith(b"data: {"):
            yield json.loads(line[6:])


def embedded(answer: dict[str, Any]) -> dict[str, Any]:
    return {
        "prompt": [{"role": "user", "parts": [{"type": "text", "content": QUERY}]}],
        "response_model": answer["model"],
        "input_tokens": answer["usage"]["prompt_tokens"],
        "embedding": answer["data"][0]["embedding"],
    }


ROUTE = Route(
    needs=(),
    begin=begin,
    lacks=(Lacks("trace_id", "an app that is not traced has none"), Lacks("span_id", "as above")),
)
