"""LangChain, over OpenAI's library. Instrumented alone, it makes the rows of what it shows itself."""

from __future__ import annotations

from typing import Any, Final
from uuid import UUID

import pytest

from tests.instrument.hosts.openai import CALLED, HALF, LOGGED, ONCE, answered, asked, responded, used
from tests.instrument.playing import Call

__all__ = ["HOST", "UNKNOWN_OF_PIECES", "OpenAiThroughLangChain"]

RUN: Final = {"run_id": UUID(int=7)}
"""LangChain makes ids of answers of it: what is got can be compared."""
UNKNOWN_OF_PIECES: Final = frozenset({"gen_ai_response_id", "gen_ai_response_model"})
"""Columns that LangChain does not show of a streamed chat of OpenAI's: the id, and the model until it ends."""


def messages() -> list[Any]:
    """Return the messages of OpenAI's host."""
    from langchain_core.messages import AIMessage, HumanMessage, SystemMessage, ToolMessage

    image = {"type": "image_url", "image_url": {"url": "data:image/png;base64,iVBORw0KGgo="}}
    return [
        SystemMessage("Be kind."),
        HumanMessage([{"type": "text", "text": "And its capital?"}, image]),
        AIMessage("", tool_calls=[{"id": "call_0", "name": "where", "args": {"a": 1}}]),
        ToolMessage("France", tool_call_id="call_0"),
    ]


class OpenAiThroughLangChain:
    """Chat models of `langchain-openai`, synchronously or `later`."""

    def __init__(self, url: str, *, later: bool, **options: Any) -> None:
        self._url, self._later, self._options = f"{url}/v1", later, options
        self._models: dict[str, Any] = {}

    def model(self, name: str, **more: Any) -> Any:
        """Return a model; the same for the same arguments."""
        from langchain_openai import ChatOpenAI

        key = f"{name} {more}"
        if key not in self._models:
            given: dict[str, Any] = {"api_key": "none", "base_url": self._url, **self._options, **more}
            self._models[key] = ChatOpenAI(model=name, **given)
        return self._models[key]

    def ask(self, name: str, given: Any = None, **more: Any) -> Any:
        """Return the answer of a model, or an awaitable of it."""
        model = self.model(name, **more)
        return (model.ainvoke if self._later else model.invoke)(given or messages(), RUN)

    def stream(self, name: str, given: Any = None, **more: Any) -> Any:
        """Return the stream of an answer."""
        model = self.model(name, **more)
        return (model.astream if self._later else model.stream)(given or messages(), RUN)


def invoke(name: str, **more: Any) -> Any:
    return lambda client: client.ask(name, **more)


def stream(name: str, **more: Any) -> Any:
    return lambda client: client.stream(name, **more)


def respond(name: str, **more: Any) -> Any:
    given = [("system", "Be kind."), ("user", "hi")]
    return lambda client: client.ask(name, given, use_responses_api=True, **more)


def respond_in_pieces(name: str, **more: Any) -> Any:
    given = [("system", "Be kind."), ("user", "hi")]
    return lambda client: client.stream(name, given, use_responses_api=True, **more)


def in_pieces(model: str, *parts: Any, left: bool = False, **more: Any) -> dict[str, Any]:
    """Return the row of a streamed chat."""
    row = answered(model, *parts, **({"reason": None} if left else {}), **more)
    unknown = UNKNOWN_OF_PIECES if left else {"gen_ai_response_id"}
    return {name: value for name, value in row.items() if name not in unknown}


USAGE: Final[Any] = {"stream_usage": True}
CALLS: Final[tuple[Call, ...]] = (
    Call("plain", invoke("plain", temperature=0.5, max_tokens=100),
         answered("plain", gen_ai_request_temperature=0.5, gen_ai_request_max_tokens=100, **used())),
    Call("length", invoke("plain", max_tokens=1),
         answered("plain", reason="length", gen_ai_request_max_tokens=1, **used())),
    Call("tool", invoke("tool"), answered("tool", CALLED, reason="tool_call", **used())),
    Call("cached", invoke("cached"), answered("cached", **used(1200, cached=1024))),
    Call("reasoning", invoke("reasoning"), answered("reasoning", **used(made=69, reasoning=64))),
    Call("logprobs", invoke("plain", logprobs=True, top_logprobs=2), answered("plain", **used(), **LOGGED)),
    Call("stream", respond_in_pieces("plain"), responded("plain"), "stream"),
    Call("stream_chat", stream("plain", **USAGE), in_pieces("plain", **used()), "stream"),
    Call("stream_without_usage", stream("plain"), in_pieces("plain"), "stream"),
    Call("stream_tool", stream("tool", **USAGE), in_pieces("tool", CALLED, reason="tool_call", **used()), "stream"),
    Call("stream_cached", stream("cached", **USAGE), in_pieces("cached", **used(1200, cached=1024)), "stream"),
    Call("stream_slow", stream("slow", **USAGE), in_pieces("slow", **used()), "stream"),
    Call("left", stream("slow"), in_pieces("slow", HALF, left=True), "left"),
    Call("left_to_itself", stream("slow"), in_pieces("slow", HALF, left=True), "dropped"),
    Call("response", respond("plain"), responded("plain")),
    Call("response_tool", respond("tool"), responded("tool", CALLED, reason="tool_call")),
    Call("response_cached", respond("cached"), responded("cached", **used(1200, cached=1024, reasoning=0))),
    Call("error_429", invoke("error-429"), asked("error-429", error_type="429", error_message="Too much."),
         raises="RateLimitError|OpenAIRateLimitError", options=ONCE),
    Call("error_500", invoke("error-500"), asked("error-500", error_type="500", error_message="Too much."),
         raises="InternalServerError|OpenAIAPIError"),
    Call("error_of_a_stream", stream("error-429"), asked("error-429", error_type="429", error_message="Too much."),
         "stream", raises="RateLimitError|OpenAIRateLimitError", options=ONCE),
    Call("timeout", invoke("timeout", timeout=0.2),
         asked("timeout", error_type="timeout", error_message="Request timed out."),
         raises="APITimeoutError|OpenAITimeoutError", options=ONCE),
    Call("retry", invoke("retry-429"), answered("retry-429", **used())),
    Call("broken", stream("broken"),
         in_pieces("broken", HALF, left=True, error_type="APIError", error_message="It broke."),
         "stream", raises="APIError|OpenAIAPIError"),
    Call("cut", stream("cut"), in_pieces("cut", HALF, left=True, error_type="connection"), "stream",
         raises="APIConnectionError|RemoteProtocolError|OpenAIConnectionError"),
    Call("stall", stream("stall", timeout=0.4), in_pieces("stall", HALF, left=True, error_type="timeout"), "stream",
         raises="APITimeoutError|ReadTimeout|OpenAITimeoutError"),
)  # fmt: skip


class LangChain:
    """See `Host`."""

    library = "langchain_core"
    calls = CALLS
    patched = tuple(
        f"langchain_core.{place}"
        for place in (
            "language_models.chat_models:BaseChatModel._generate_with_cache",
            "language_models.chat_models:BaseChatModel._agenerate_with_cache",
            "language_models.chat_models:BaseChatModel._convert_cached_generations",
            "language_models.chat_models:BaseChatModel.stream",
            "language_models.chat_models:BaseChatModel.astream",
            "language_models.llms:BaseLLM._generate_helper",
            "language_models.llms:BaseLLM._agenerate_helper",
            "language_models.llms:BaseLLM.stream",
            "language_models.llms:BaseLLM.astream",
            "callbacks.manager:CallbackManagerForLLMRun.on_llm_new_token",
            "callbacks.manager:AsyncCallbackManagerForLLMRun.on_llm_new_token",
            "callbacks.manager:CallbackManagerForLLMRun.on_llm_end",
            "callbacks.manager:AsyncCallbackManagerForLLMRun.on_llm_end",
            "callbacks.manager:CallbackManagerForLLMRun.on_llm_error",
            "callbacks.manager:AsyncCallbackManagerForLLMRun.on_llm_error",
            "retrievers:BaseRetriever.invoke",
            "retrievers:BaseRetriever.ainvoke",
            "tools.base:BaseTool.run",
            "tools.base:BaseTool.arun",
        )
    )
    ours: tuple[str, ...] = (
        "recording:Recording.__init__", "recording:Recording.end", "recording:Recording.first_chunk", "recording:_put",
        "recording:claimed", "failing:error_of", "langchain.answers:carries", "langchain.running:error_of",
        "langchain.running:carries", "langchain.models:copy_context", "langchain.models:partial",
    )  # fmt: skip

    def client(self, url: str, *, later: bool, **options: Any) -> OpenAiThroughLangChain:
        pytest.importorskip("langchain_openai")
        return OpenAiThroughLangChain(url, later=later, **options)


HOST: Final = LangChain()
