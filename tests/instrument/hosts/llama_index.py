"""LlamaIndex, over OpenAI's library, which is not instrumented here unless a test says so."""

from __future__ import annotations

import json
from functools import cache, partial
from typing import Any, Final

from tests.instrument.hosts.openai import CALLED, FORM, HALF, said, text, used
from tests.instrument.playing import Call
from tests.servers.providers import ARGUMENTS, TEXT

__all__ = ["HOST"]

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
PNG: Final = b"iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="


def messages() -> list[Any]:
    from llama_index.core.llms import ChatMessage, ImageBlock, TextBlock

    called = {"id": "call_0", "type": "function", "function": {"name": "where", "arguments": '{"a": 1}'}}
    return [
        ChatMessage(role="system", content="Be kind."),
        ChatMessage(role="user", blocks=[TextBlock(text="And its capital?"),
                                         ImageBlock(image=PNG, image_mimetype="image/png")]),
        ChatMessage(role="assistant", content=None, additional_kwargs={"tool_calls": [called]}),
        ChatMessage(role="tool", content="France", additional_kwargs={"tool_call_id": "call_0"}),
    ]  # fmt: skip


def asked(model: str, **more: Any) -> dict[str, Any]:
    """Return the row of a chat that has no answer."""
    return {
        "gen_ai_operation_name": "chat", "gen_ai_provider_name": "openai", "gen_ai_request_model": model,
        "gen_ai_request_temperature": 0.5, "gen_ai_input_messages": ASKED, "gen_ai_system_instructions": "Be kind.",
        **more,
    }  # fmt: skip


def answered(model: str, *parts: Any, **more: Any) -> dict[str, Any]:
    """Return the row of a chat; `reason` is no column."""
    reason = more.pop("reason", "stop")
    ended = {"gen_ai_response_finish_reasons": [reason]} if reason else {}
    answer = {"gen_ai_output_messages": said(*(parts or (text(TEXT),)), reason=reason)}
    head = {"gen_ai_response_model": f"{model}-2024-08-06", "gen_ai_response_id": "chatcmpl-1"}
    return asked(model, **head, **ended, **answer, **more)


def completed(model: str, **more: Any) -> dict[str, Any]:
    """Return the row of a completion, which chat models make a chat of."""
    row = answered(model, gen_ai_input_messages=HI, **more)
    del row["gen_ai_system_instructions"]
    return row


def chat(model: str, **more: Any) -> Any:
    return lambda client: client.llm(model).chat(messages(), **more)


def stream(model: str, **more: Any) -> Any:
    return lambda client: client.llm(model).stream_chat(messages(), **more)


USAGE: Final[Any] = {"stream_options": {"include_usage": True}}
ONCE: Final = {"max_retries": 0}
CALLS: Final = (
    Call("plain", chat("plain"), answered("plain", **used())),
    Call("length", chat("plain", max_tokens=1),
         answered("plain", reason="length", gen_ai_request_max_tokens=1, **used())),
    Call("json", chat("plain", response_format=FORM), answered("plain", gen_ai_output_type="json", **used())),
    Call("tool", chat("tool"), answered("tool", CALLED, reason="tool_call", **used())),
    Call("cached", chat("cached"), answered("cached", **used(1200, cached=1024))),
    Call("reasoning", chat("reasoning"), answered("reasoning", **used(made=69, reasoning=64))),
    Call("stream", stream("plain", **USAGE), answered("plain", **used()), "stream"),
    Call("stream_without_usage", stream("plain"), answered("plain"), "stream"),
    Call("stream_tool", stream("tool", **USAGE), answered("tool", CALLED, reason="tool_call", **used()), "stream"),
    Call("stream_cached", stream("cached", **USAGE), answered("cached", **used(1200, cached=1024)), "stream"),
    Call("stream_slow", stream("slow", **USAGE), answered("slow", **used()), "stream"),
    Call("left", stream("slow"), answered("slow", HALF, reason=None), "dropped"),
    Call("complete", lambda client: client.llm("plain").complete("hi"), completed("plain", **used())),
    Call("stream_complete", lambda client: client.llm("plain").stream_complete("hi", **USAGE),
         completed("plain", **used()), "stream"),
    Call("error_429", chat("error-429"), asked("error-429", error_type="429", error_message="Too much."),
         raises="RateLimitError", options=ONCE),
    Call("error_500", chat("error-500"), asked("error-500", error_type="500", error_message="Too much."),
         raises="InternalServerError", options=ONCE),
    Call("error_of_a_stream", stream("error-429"), asked("error-429", error_type="429", error_message="Too much."),
         "stream", raises="RateLimitError", options=ONCE),
    Call("timeout", chat("timeout"), asked("timeout", error_type="timeout", error_message="Request timed out."),
         raises="APITimeoutError", options={"timeout": 0.2, **ONCE}),
    Call("retry", chat("retry-429"), answered("retry-429", **used())),
    Call("broken", stream("broken"),
         answered("broken", HALF, reason=None, error_type="APIError", error_message="It broke."),
         "stream", raises="APIError"),
    Call("cut", stream("cut"), answered("cut", HALF, reason=None, error_type="connection"), "stream",
         raises="APIConnectionError|RemoteProtocolError"),
    Call("stall", stream("stall"), answered("stall", HALF, reason=None, error_type="timeout"), "stream",
         raises="APITimeoutError|ReadTimeout", options={"timeout": 0.4, **ONCE}),
    Call("retrieval", lambda client: client.retriever.retrieve("a city"),
         {"gen_ai_operation_name": "retrieval", "gen_ai_input_messages": "a city",
          "gen_ai_retrieval_documents": ["Paris", "Lyon"]}),
    Call("retrieval_fails", lambda client: client.retriever.retrieve("nothing"),
         {"gen_ai_operation_name": "retrieval", "gen_ai_input_messages": "nothing",
          "error_type": "KeyError", "error_message": "'nothing'"}, raises="KeyError"),
    Call("run_of_a_tool", lambda client: client.tool.call(**ARGUMENTS),
         {"gen_ai_operation_name": "execute_tool", "gen_ai_tool_name": "weather",
          "gen_ai_input_messages": '{"city":"Zürich","days":3}', "gen_ai_output_messages": "Zürich: 3"}),
    Call("tool_fails", lambda client: client.tool.call(city="Zürich", days=0),
         {"gen_ai_operation_name": "execute_tool", "gen_ai_tool_name": "weather",
          "gen_ai_input_messages": '{"city":"Zürich","days":0}', "error_type": "ValueError",
          "error_message": "no days"}, raises="ValueError"),
)  # fmt: skip


class Later:
    """Calls of the asynchronous functions by the names of the others."""

    def __init__(self, of: Any) -> None:
        self._of = of

    def __getattr__(self, name: str) -> Any:
        return getattr(self._of, f"a{name}")


class Client:
    """LLMs by their models, a retriever and a tool."""

    def __init__(self, url: str, later: bool, options: dict[str, Any]) -> None:
        self._begin = Later if later else lambda one: one
        given = {"api_key": "none", "api_base": f"{url}/v1", "temperature": 0.5, **options}
        self._make = partial(_kinds()["llm"], **given)
        self._made: dict[str, Any] = {}

    def llm(self, model: str) -> Any:
        if model not in self._made:
            self._made[model] = self._make(model=model)
        return self._begin(self._made[model])

    @property
    def retriever(self) -> Any:
        return self._begin(_kinds()["retriever"]())

    @property
    def tool(self) -> Any:
        return self._begin(_kinds()["tool"]())


@cache
def _kinds() -> dict[str, Any]:
    from llama_index.core.base.base_retriever import BaseRetriever
    from llama_index.core.llms import LLMMetadata
    from llama_index.core.schema import NodeWithScore, TextNode
    from llama_index.core.tools import FunctionTool
    from llama_index.llms.openai import OpenAI

    class Scripted(OpenAI):  # type: ignore[misc]
        """OpenAI's, for models whose names nobody knows."""

        @property
        def metadata(self) -> Any:
            return LLMMetadata(model_name=self.model, is_chat_model=True, is_function_calling_model=True)

    class Cities(BaseRetriever):  # type: ignore[misc]
        def _retrieve(self, query_bundle: Any) -> list[Any]:
            if query_bundle.query_str == "nothing":
                raise KeyError("nothing")
            found = (("Paris", 0.9), ("Lyon", 0.5))
            return [NodeWithScore(node=TextNode(text=name, id_=name), score=score) for name, score in found]

    def weather(city: str, days: int) -> str:
        """Tell the weather."""
        if not days:
            raise ValueError("no days")
        return f"{city}: {days}"

    return {"llm": Scripted, "retriever": Cities, "tool": lambda: FunctionTool.from_defaults(weather)}


class LlamaIndex:
    """See `Host`."""

    library = "llama_index.core"
    calls: tuple[Call, ...] = CALLS
    patched: tuple[str, ...] = tuple(
        f"llama_index.{kind}.{a}{name}"
        for kind, names in (
            ("llms.openai.base:OpenAI", ("chat", "complete", "stream_chat", "stream_complete")),
            ("core.base.base_retriever:BaseRetriever", ("retrieve",)),
            ("core.tools.function_tool:FunctionTool", ("call",)),
        )
        for name in names
        for a in ("", "a")
    )
    ours: tuple[str, ...] = (
        "wire.base:count", "wire.base:word", "providers:provider_of", "recording:Recording.__init__",
        "recording:Recording.end", "recording:Recording.first_chunk", "recording:_put", "recording:claimed",
        "messages:encode", "failing:error_of", "llama_index.messages:asked", "llama_index.answers:Answer.feed",
        "llama_index.answers:Answer.fields", "llama_index.calls:Asking.__init__",
    )  # fmt: skip

    def client(self, url: str, *, later: bool, **options: Any) -> Any:
        return Client(url, later, {"max_retries": 2, **options})


HOST: Final = LlamaIndex()
