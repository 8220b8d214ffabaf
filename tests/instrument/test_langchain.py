"""LangChain beyond one model called once: what is around models, what they are part of, and what is below them."""

from __future__ import annotations

import asyncio
import doctest
import inspect
import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from typing import Annotated, Any

import pytest

import windvane
from tests.instrument.hosts.langchain import HOST, UNKNOWN_OF_PIECES
from tests.instrument.playing import VARYING, Call, outcome, run
from tests.servers.providers import ARGUMENTS, TEXT, ProviderServer
from windvane.collectors.instrument import failures, guarding
from windvane.collectors.instrument.langchain import answers, running

pytest.importorskip("langchain_core")

from langchain_core.caches import InMemoryCache
from langchain_core.documents import Document
from langchain_core.language_models.fake import FakeListLLM
from langchain_core.language_models.fake_chat_models import FakeListChatModel, FakeMessagesListChatModel
from langchain_core.language_models.llms import LLM
from langchain_core.messages import (
    AIMessage,
    ChatMessage,
    FunctionMessage,
    HumanMessage,
    InvalidToolCall,
    ToolMessage,
)
from langchain_core.outputs import ChatGenerationChunk, GenerationChunk
from langchain_core.prompts import ChatPromptTemplate
from langchain_core.retrievers import BaseRetriever
from langchain_core.runnables import RunnableLambda
from langchain_core.tools import InjectedToolArg, tool

Rows = Callable[[], list[dict[str, Any]]]

HI = '[{"role":"user","parts":[{"type":"text","content":"hi"}]}]'


@pytest.fixture(autouse=True)
def instrumented(rows: Rows) -> Iterator[None]:
    """Tell of LangChain's calls alone; nothing of ours fails."""
    windvane.instrument("langchain_core")
    yield
    assert failures() == {}


def said(words: str, reason: str | None = None) -> str:
    ended = {"finish_reason": reason} if reason else {}
    message = {"role": "assistant", "parts": [{"type": "text", "content": words}], **ended}
    return json.dumps([message], separators=(",", ":"))


def stored(row: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in row.items() if value is not None and name not in VARYING}


def fake(*responses: str, **more: Any) -> FakeListChatModel:
    return FakeListChatModel(responses=list(responses), **more)


class Failing(FakeListChatModel):  # type: ignore[misc]
    """Fails as often as is said, then answers."""

    times: int = 1

    def _call(self, *args: Any, **kwargs: Any) -> str:
        self.times -= 1
        if self.times >= 0:
            raise ConnectionError("gone")
        return str(super()._call(*args, **kwargs))


# --- models that show themselves -------------------------------------------------------------------------------------


def test_a_model_of_ones_own_is_told_by_its_message(rows: Rows) -> None:
    answer = AIMessage(
        content=[{"type": "thinking", "thinking": "Easy."}, {"type": "text", "text": "Paris."}],
        response_metadata={"stop_reason": "tool_use", "model": "m-1", "id": "msg_1"},
        tool_calls=[{"id": "call_1", "name": "weather", "args": ARGUMENTS}],
        usage_metadata={
            "input_tokens": 1200, "output_tokens": 69, "total_tokens": 1269,
            "input_token_details": {"cache_read": 1024, "cache_creation": 100},
            "output_token_details": {"reasoning": 64},
        },
    )  # fmt: skip
    assert FakeMessagesListChatModel(responses=[answer]).invoke("hi") is answer
    [row] = rows()
    parts = [
        {"type": "reasoning", "content": "Easy."},
        {"type": "text", "content": "Paris."},
        {"type": "tool_call", "id": "call_1", "name": "weather", "arguments": ARGUMENTS},
    ]
    message = {"role": "assistant", "parts": parts, "finish_reason": "tool_call"}
    assert stored(row) == {
        "gen_ai_operation_name": "chat", "gen_ai_provider_name": "fakemessageslistchatmodel",
        "gen_ai_input_messages": HI, "gen_ai_response_model": "m-1", "gen_ai_response_id": "msg_1",
        "gen_ai_output_messages": json.dumps([message], separators=(",", ":"), ensure_ascii=False),
        "gen_ai_response_finish_reasons": ["tool_call"],
        "gen_ai_usage_input_tokens": 1200, "gen_ai_usage_output_tokens": 69,
        "gen_ai_usage_cache_read_input_tokens": 1024, "gen_ai_usage_cache_creation_input_tokens": 100,
        "gen_ai_usage_reasoning_output_tokens": 64,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("metadata", "reason"),
    [
        ({"finish_reason": "STOP"}, "stop"),
        ({"finish_reason": "MAX_TOKENS"}, "length"),
        ({"finish_reason": "SAFETY"}, "content_filter"),
        ({"stopReason": "guardrail_intervened"}, "content_filter"),
        ({"done_reason": "stop"}, "stop"),
        ({"finish_reason": "Something_New"}, "something_new"),
        ({"status": "completed"}, "stop"),
        ({"status": "incomplete", "incomplete_details": {"reason": "max_output_tokens"}}, "length"),
    ],
)
def test_reasons_to_finish_are_opentelemetrys(metadata: dict[str, Any], reason: str, rows: Rows) -> None:
    FakeMessagesListChatModel(responses=[AIMessage("one", response_metadata=metadata)]).invoke("hi")
    [row] = rows()
    assert row["gen_ai_response_finish_reasons"] == [reason] and row["gen_ai_output_messages"] == said("one", reason)


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        (HumanMessage(["hi"]), [("user", {"type": "text", "content": "hi"})]),
        (
            HumanMessage([{"type": "image", "base64": "aGk=", "mime_type": "image/png"}]),
            [("user", {"type": "blob", "mime_type": "image/png", "modality": "image"})],
        ),
        (
            HumanMessage([{"type": "image", "source": {"type": "url", "url": "https://shop.example/a.png"}}]),
            [("user", {"type": "uri", "modality": "image", "uri": "https://shop.example/a.png"})],
        ),
        (
            HumanMessage([{"type": "input_audio", "input_audio": {"data": "aGk=", "format": "wav"}}]),
            [("user", {"type": "blob", "mime_type": "audio/wav", "modality": "audio"})],
        ),
        (
            HumanMessage([{"type": "tool_result", "tool_use_id": "t1", "content": [{"type": "text", "text": "7"}]}]),
            [("tool", {"type": "tool_call_response", "id": "t1", "response": "7"})],
        ),
        (ChatMessage("hi", role="critic"), [("critic", {"type": "text", "content": "hi"})]),
        (FunctionMessage("7", name="add"), [("tool", {"type": "tool_call_response", "response": "7"})]),
        (
            AIMessage("", additional_kwargs={"function_call": {"name": "add", "arguments": '{"a":1}'}}),
            [("assistant", {"type": "tool_call", "name": "add", "arguments": {"a": 1}})],
        ),
        (
            AIMessage("", additional_kwargs={"reasoning_content": "Easy."}),
            [("assistant", {"type": "reasoning", "content": "Easy."})],
        ),
        (
            AIMessage("", invalid_tool_calls=[InvalidToolCall(id="c", name="add", args="{", error=None)]),
            [("assistant", {"type": "tool_call", "id": "c", "name": "add", "arguments": "{"})],
        ),
    ],
)
def test_messages_of_every_kind_become_opentelemetrys(message: Any, expected: Any, rows: Rows) -> None:
    fake("one").invoke([message])
    [row] = rows()
    assert json.loads(row["gen_ai_input_messages"]) == [{"role": role, "parts": [part]} for role, part in expected]


@pytest.mark.parametrize("later", [False, True], ids=["sync", "async"])
def test_models_that_complete_texts_are_told(later: bool, rows: Rows) -> None:
    model = FakeListLLM(responses=["one", "two"])
    texts = run(model.abatch(["a", "b"])) if later else model.batch(["a", "b"])
    assert texts == ["one", "two"]
    [row] = rows()
    assert row["gen_ai_operation_name"] == "text_completion" and row["gen_ai_response_time_to_first_chunk"] is None
    assert json.loads(row["gen_ai_input_messages"])[1]["parts"] == [{"type": "text", "content": "b"}]
    assert json.loads(row["gen_ai_output_messages"])[1]["parts"] == [{"type": "text", "content": "two"}]


def test_a_streamed_text_is_told(rows: Rows) -> None:
    class Streams(LLM):  # type: ignore[misc]
        _llm_type = property(lambda _: "streams")

        def _call(self, *_: Any, **__: Any) -> str:
            return "ab"

        def _stream(self, *_: Any, **__: Any) -> Iterator[GenerationChunk]:
            yield GenerationChunk(text="a")
            yield GenerationChunk(text="b", generation_info={"finish_reason": "stop"})

    assert list(Streams().stream("hi")) == ["a", "b"]
    [row] = rows()
    assert row["gen_ai_output_messages"] == said("ab", "stop") and row["gen_ai_input_messages"] == HI
    assert row["gen_ai_response_time_to_first_chunk"] is not None


def test_a_model_that_does_not_stream_is_told_as_called_whole(rows: Rows) -> None:
    model = FakeMessagesListChatModel(responses=[AIMessage("one")])
    assert [piece.content for piece in model.stream("hi")] == ["one"]
    [row] = rows()
    assert row["gen_ai_output_messages"] == said("one") and row["gen_ai_response_time_to_first_chunk"] is None


def test_an_invalid_input_is_the_apps_own_mistake(rows: Rows) -> None:
    with pytest.raises(ValueError, match="Invalid input type"):
        list(fake("one").stream(7))
    assert [row["error_type"] for row in rows()] == ["ValueError"]


def test_examples_in_docstrings_are_true() -> None:
    assert doctest.testmod(answers).failed == 0


# --- parts of something ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("later", [False, True], ids=["sync", "async"])
def test_a_model_in_a_chain_is_a_call_whatever_way_it_is_run(later: bool, rows: Rows) -> None:
    chain = ChatPromptTemplate.from_messages([("system", "Be {how}."), ("user", "hi")]) | fake("one") | str

    async def runs() -> None:
        await chain.ainvoke({"how": "kind"})
        await chain.abatch([{"how": "kind"}] * 3)
        assert [piece async for piece in chain.astream({"how": "kind"})]
        assert [event async for event in chain.astream_events({"how": "kind"}, version="v2")]

    if later:
        run(runs())
    else:
        chain.invoke({"how": "kind"})
        chain.batch([{"how": "kind"}] * 3)
        assert list(chain.stream({"how": "kind"}))
    found = rows()
    assert len(found) == (6 if later else 5)
    for row in found:
        assert (row["gen_ai_system_instructions"], row["gen_ai_input_messages"]) == ("Be kind.", HI)
        assert row["gen_ai_output_messages"] == said("one")


def test_each_attempt_of_a_retry_is_a_call(rows: Rows) -> None:
    model = Failing(responses=["one"], times=2).with_retry(stop_after_attempt=3, wait_exponential_jitter=False)
    assert model.invoke("hi").content == "one"
    found = rows()
    assert [row["error_type"] for row in found] == ["connection", "connection", None]
    assert [row["error_message"] for row in found] == ["gone", "gone", None]
    assert found[2]["gen_ai_output_messages"] == said("one")


def test_a_fallback_is_a_call_beside_that_which_failed(rows: Rows) -> None:
    model = Failing(responses=["one"]).with_fallbacks([fake("two")])
    assert model.invoke("hi").content == "two"
    assert [row["error_type"] for row in rows()] == ["connection", None]


def test_an_answer_out_of_the_cache_is_no_call(rows: Rows) -> None:
    chats, texts = fake("one", cache=InMemoryCache()), FakeListLLM(responses=["one"], cache=InMemoryCache())
    for _ in range(3):
        assert chats.invoke("hi").content == "one" and texts.invoke("hi") == "one"
        assert run(chats.ainvoke("hi")).content == "one"
    assert sorted(row["gen_ai_operation_name"] for row in rows()) == ["chat", "text_completion"]


def test_what_a_cache_embeds_is_a_call_of_its_own(rows: Rows, providers: ProviderServer) -> None:
    client = pytest.importorskip("openai").OpenAI(api_key="none", base_url=f"{providers.url}/v1")
    windvane.instrument("openai")

    class Semantic(InMemoryCache):  # type: ignore[misc]
        def lookup(self, prompt: str, llm_string: str) -> Any:
            client.embeddings.create(model="plain", input="hi")
            return super().lookup(prompt, llm_string)

    model = fake("one", cache=Semantic())
    assert [model.invoke("hi").content for _ in range(2)] == ["one", "one"]
    assert sorted(row["gen_ai_operation_name"] for row in rows()) == ["chat", "embeddings", "embeddings"]


def test_what_the_reader_of_a_stream_calls_is_no_part_of_it(rows: Rows) -> None:
    inner = fake("two")
    for _ in fake("one").stream("outer"):
        inner.invoke("hi")

    async def runs() -> None:
        async for _ in fake("one").astream("outer"):
            await inner.ainvoke("hi")

    run(runs())
    found = [json.loads(row["gen_ai_input_messages"])[0]["parts"][0]["content"] for row in rows()]
    assert found == (["hi"] * 3 + ["outer"]) * 2


def test_a_stream_that_nobody_reads_is_no_call(rows: Rows) -> None:
    del_me = fake("one").stream("hi")
    del del_me
    assert rows() == []


def test_a_stream_is_of_what_was_asked_when_it_began(rows: Rows) -> None:
    asked = [("user", "hi")]
    for piece in fake("one").stream(asked):
        asked.append(("assistant", str(piece.content)))
    assert [row["gen_ai_input_messages"] for row in rows()] == [HI]


def test_what_is_thrown_into_a_stream_is_the_models_to_handle(rows: Rows) -> None:
    stream: Any = fake("one").stream("hi")
    next(stream)
    with pytest.raises(KeyError, match="thrown"):
        stream.throw(KeyError("thrown"))
    [row] = rows()
    assert (row["error_type"], row["gen_ai_output_messages"]) == ("KeyError", said("o"))


def test_a_cancelled_stream_was_left(rows: Rows) -> None:
    async def reads() -> None:
        async for _ in fake("one", sleep=0.2).astream("hi"):
            pass

    async def runs() -> None:
        task = asyncio.create_task(reads())
        await asyncio.sleep(0.3)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    run(runs())
    [row] = rows()
    assert (row["error_type"], row["gen_ai_output_messages"]) == (None, said("o"))


def test_functions_keep_their_kind(rows: Rows) -> None:
    model = fake("one")
    assert inspect.isgeneratorfunction(model.stream) and inspect.isasyncgenfunction(model.astream)
    assert inspect.isgenerator(model.stream("hi")) and inspect.isasyncgen(model.astream("hi"))
    assert run(RunnableLambda(model.astream).ainvoke("hi")).content == "one"  # LangChain asks for the kind
    assert len(rows()) == 1


def test_an_answer_that_is_streamed_below_has_a_first_chunk(rows: Rows) -> None:
    class Streams(FakeListChatModel):  # type: ignore[misc]
        streaming: bool = False

    assert Streams(responses=["one"], streaming=True).invoke("hi").content == "one"
    [row] = rows()
    assert row["gen_ai_response_time_to_first_chunk"] is not None and row["gen_ai_output_messages"] == said("one")


def test_a_model_that_asks_another_is_one_call(rows: Rows) -> None:
    class Router(FakeListChatModel):  # type: ignore[misc]
        def _stream(self, messages: Any, *_: Any, **__: Any) -> Iterator[ChatGenerationChunk]:
            for piece in fake("two").stream(messages):
                yield ChatGenerationChunk(message=piece)

    assert "".join(str(piece.content) for piece in Router(responses=["one"]).stream("hi")) == "two"
    [row] = rows()
    assert row["gen_ai_output_messages"] == said("two")


# --- tools and retrievers --------------------------------------------------------------------------------------------


class Found(BaseRetriever):  # type: ignore[misc]
    """Asks a model, then finds two documents."""

    def _get_relevant_documents(self, query: str, *, run_manager: Any) -> list[Document]:
        fake("which?").invoke(query)
        return [Document(page_content="Paris is big.", id="1"), Document(page_content="Lyon is not.")]


@pytest.mark.parametrize("later", [False, True], ids=["sync", "async"])
def test_a_retrieval_is_a_row_above_what_is_called_in_it(later: bool, rows: Rows) -> None:
    found = run(Found().ainvoke("hi")) if later else Found().invoke("hi")
    assert [one.page_content for one in found] == ["Paris is big.", "Lyon is not."]
    below, above = rows()
    assert stored(above) == {
        "gen_ai_operation_name": "retrieval", "gen_ai_input_messages": "hi",
        "gen_ai_retrieval_documents": ["Paris is big.", "Lyon is not."],
    }  # fmt: skip
    assert (below["trace_id"], below["parent_span_id"]) == (above["trace_id"], above["span_id"])
    assert below["gen_ai_output_messages"] == said("which?")


@tool  # type: ignore[untyped-decorator]
def weather(city: str, days: int = 1) -> str:
    """Say how the weather is."""
    if city == "Atlantis":
        raise ValueError("no such city")
    return f"{fake('sunny').invoke('hi').content} in {city} for {days} days"


@pytest.mark.parametrize("later", [False, True], ids=["sync", "async"])
def test_a_tool_is_a_row_above_what_is_called_in_it(later: bool, rows: Rows) -> None:
    asked = {"type": "tool_call", "id": "call_1", "name": "weather", "args": ARGUMENTS}
    answer = run(weather.ainvoke(asked)) if later else weather.invoke(asked)
    assert isinstance(answer, ToolMessage)
    below, above = rows()
    assert stored(above) == {
        "gen_ai_operation_name": "execute_tool", "gen_ai_tool_name": "weather",
        "gen_ai_input_messages": '{"city":"Zürich","days":3}', "gen_ai_output_messages": "sunny in Zürich for 3 days",
    }  # fmt: skip
    assert (below["trace_id"], below["parent_span_id"]) == (above["trace_id"], above["span_id"])


def test_a_tool_that_fails_is_a_row_with_its_error(rows: Rows) -> None:
    with pytest.raises(ValueError, match="no such city"):
        weather.invoke({"city": "Atlantis"})
    [row] = rows()
    assert (row["error_type"], row["error_message"]) == ("ValueError", "no such city")
    assert row["gen_ai_output_messages"] is None


def test_a_tool_that_tells_the_model_of_its_failure_has_failed(rows: Rows) -> None:
    kind = type(weather)
    mild = kind(**{**{name: getattr(weather, name) for name in ("name", "description", "func", "args_schema")},
                   "handle_validation_error": "Say the city."})  # fmt: skip
    answer = mild.invoke({"type": "tool_call", "id": "call_1", "name": "weather", "args": {}})
    assert answer.status == "error"
    [row] = rows()
    assert (row["error_type"], row["error_message"]) == ("ToolException", "Say the city.")


def test_what_is_injected_into_a_tool_is_no_argument_of_it(rows: Rows) -> None:
    @tool  # type: ignore[untyped-decorator]
    def buy(what: str, state: Annotated[Any, InjectedToolArg]) -> str:
        """Buy something."""
        return f"{what} of {state['user']}"

    assert buy.invoke({"what": "tea", "state": {"user": "ann"}}) == "tea of ann"
    assert [row["gen_ai_input_messages"] for row in rows()] == ['{"what":"tea"}']


def test_a_tool_that_waits_for_somebody_has_not_failed(rows: Rows) -> None:
    class GraphBubbleUp(Exception):
        """As LangGraph's."""

    @tool  # type: ignore[untyped-decorator]
    def ask(what: str) -> str:
        """Ask somebody."""
        raise GraphBubbleUp(what)

    with pytest.raises(GraphBubbleUp):
        ask.invoke({"what": "May I?"})
    assert [row["error_type"] for row in rows()] == [None]


def test_an_agent_is_its_models_and_its_tools(rows: Rows) -> None:
    agents = pytest.importorskip("langchain.agents")

    class Planned(FakeMessagesListChatModel):  # type: ignore[misc]
        def bind_tools(self, *_: Any, **__: Any) -> Any:
            return self

    call = {"id": "call_1", "name": "weather", "args": {"city": "Bern"}}
    model = Planned(responses=[AIMessage("", tool_calls=[call]), AIMessage("Sunny.")])
    done = agents.create_agent(model, [weather]).invoke({"messages": [HumanMessage("hi")]})
    assert done["messages"][-1].content == "Sunny."
    operations = [row["gen_ai_operation_name"] for row in rows()]
    assert operations == ["chat", "chat", "execute_tool", "chat"]


def test_nothing_is_imported_that_the_app_does_not_import() -> None:
    code = "import sys, windvane; windvane.instrument(); import langchain_core; "
    code += "print('langchain_core.tools' in sys.modules); import langchain_core.retrievers as r; "
    code += "print(r.BaseRetriever.invoke.__globals__['__name__'])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout == "False\nwindvane.collectors.instrument.calling\n"


def test_a_model_that_asks_one_that_needs_no_call_is_told_of_itself(rows: Rows) -> None:
    inner = fake("two", cache=InMemoryCache())
    inner.invoke("hi")

    class Asks(FakeListChatModel):  # type: ignore[misc]
        def _call(self, messages: Any, *_: Any, **__: Any) -> str:
            return str(inner.invoke(messages).content) + "!"

    assert Asks(responses=[]).invoke("hi").content == "two!"
    first, second = rows()
    assert [row["gen_ai_provider_name"] for row in (first, second)] == ["fakelistchatmodel", "asks"]
    assert second["gen_ai_output_messages"] == said("two!")


# --- over OpenAI's library -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("later", [False, True], ids=["sync", "async"])
@pytest.mark.parametrize("call", [pytest.param(call, id=call.name) for call in HOST.calls])
def test_a_row_is_the_same_where_the_library_below_tells_of_it(
    call: Call, later: bool, providers: ProviderServer, rows: Rows
) -> None:
    """All columns that LangChain knows; those that it does not show of a stream come from below."""
    windvane.instrument("openai")
    providers.requests.clear()
    outcome(HOST, providers.url, call, later=later)
    [row] = rows()
    found, expected = stored(row), dict(call.row)
    if "error_message" not in expected:  # of a lost connection: each library has words of its own
        found.pop("error_message", None)
    assert found.items() >= expected.items()
    assert found.keys() - expected.keys() <= UNKNOWN_OF_PIECES
    assert (row["gen_ai_response_time_to_first_chunk"] is None) == (call.read == "whole" or "error" in call.name)


def test_where_ours_fails_the_library_below_tells(
    providers: ProviderServer, rows: Rows, monkeypatch: pytest.MonkeyPatch
) -> None:
    windvane.instrument("openai")
    monkeypatch.setattr(running, "Recording", lambda *_: 1 / 0)
    assert HOST.client(providers.url, later=False).ask("plain").content == TEXT
    assert [row["gen_ai_response_id"] for row in rows()] == ["chatcmpl-1"]
    assert list(failures()) == [f"{running.__name__}._recorded"]
    guarding._counts.clear()


def test_a_structured_answer_is_json(providers: ProviderServer, rows: Rows) -> None:
    client = HOST.client(providers.url, later=False)
    schema = {"title": "City", "type": "object", "properties": {"name": {"type": "string"}}}
    with pytest.raises(Exception, match=r"(?i)json|expect"):  # the provider's script says no JSON
        client.model("plain").with_structured_output(schema, method="json_mode").invoke("hi")
    [row] = rows()
    assert row["gen_ai_output_type"] == "json" and row["gen_ai_output_messages"] == said(TEXT, "stop")


@pytest.mark.filterwarnings("ignore:.*is in beta")
def test_the_newer_streams_are_told(providers: ProviderServer, rows: Rows) -> None:
    model = HOST.client(providers.url, later=False).model("plain")
    if not hasattr(type(model), "_iter_v2_events"):
        pytest.skip("this version of langchain_core has no such streams")
    stream = model.stream_events("hi", version="v3")
    assert stream.output.text == TEXT

    async def runs() -> None:
        assert (await (await model.astream_events("hi", version="v3")).output).text == TEXT

    run(runs())
    found = rows()
    assert [row["gen_ai_output_messages"] for row in found] == [said(TEXT, "stop")] * 2
    assert all(row["gen_ai_response_time_to_first_chunk"] for row in found)
