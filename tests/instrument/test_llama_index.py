"""LlamaIndex: what its own layers must not do to the rows."""

from __future__ import annotations

import gc
import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest

import windvane
from tests.instrument.hosts.llama_index import HOST, answered, messages
from tests.instrument.hosts.openai import CALLED, used
from tests.instrument.playing import VARYING, Call, client_of, outcome, run
from tests.servers.providers import TEXT, ProviderServer
from windvane.collectors.context import around
from windvane.collectors.instrument import failures
from windvane.collectors.instrument.claiming import claimed
from windvane.collectors.instrument.guarding import guarded

pytest.importorskip(HOST.library)

Rows = Callable[[], list[dict[str, Any]]]
BOTH = pytest.mark.parametrize("later", [False, True], ids=["sync", "async"])
PLAIN = HOST.calls[0]


def stored(row: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in row.items() if value is not None and name not in VARYING}


def parts(words: str) -> str:
    return json.dumps([{"role": "user", "parts": [{"type": "text", "content": words}]}], separators=(",", ":"))


@BOTH
@pytest.mark.parametrize("call", HOST.calls, ids=[call.name for call in HOST.calls])
def test_over_an_instrumented_library_a_call_is_the_same_row(
    call: Call, later: bool, providers: ProviderServer, rows: Rows
) -> None:
    gc.collect()  # streams that other tests have left
    windvane.instrument(HOST.library, "openai")
    outcome(HOST, providers.url, call, later=later)
    [row] = rows()
    expected = dict(call.row)
    if "error_type" in expected and "error_message" not in expected and row["error_message"]:
        expected["error_message"] = row["error_message"]
    assert stored(row) == expected and failures() == {}


def echo() -> Any:
    from llama_index.core.llms import MockLLM

    return MockLLM()


@BOTH
def test_an_llm_of_no_known_provider_is_told_by_what_it_shows(later: bool, rows: Rows) -> None:
    from llama_index.core.llms import ChatMessage

    windvane.instrument(HOST.library, "openai")
    llm, asked = echo(), [ChatMessage(role="system", content="Be kind."), ChatMessage(content="hi")]

    async def ask_later() -> None:
        await llm.achat(asked)
        [piece async for piece in await llm.astream_chat(asked)]
        await llm.acomplete("hi")
        [piece async for piece in await llm.astream_complete("hi")]

    if later:
        run(ask_later())
    else:
        llm.chat(asked)
        list(llm.stream_chat(asked))
        llm.complete("hi")
        list(llm.stream_complete("hi"))
    found = rows()
    assert [row["gen_ai_operation_name"] for row in found] == ["chat"] * 2 + ["text_completion"] * 2
    assert [row["gen_ai_response_time_to_first_chunk"] is not None for row in found] == [False, True] * 2
    assert all(row["gen_ai_input_messages"] == parts("hi") for row in found)
    assert [row["gen_ai_system_instructions"] for row in found] == ["Be kind."] * 2 + [None] * 2
    said = '[{"role":"assistant","parts":[{"type":"text","content":"hi"}]}]'
    assert [row["gen_ai_output_messages"] for row in found[2:]] == [said] * 2
    assert all("user: hi" in row["gen_ai_output_messages"] for row in found[:2])
    assert not any(row["gen_ai_provider_name"] or row["gen_ai_request_model"] for row in found)


ANTHROPIC = {
    "id": "msg_1", "type": "message", "model": "claude-1", "content": [{"type": "text", "text": "hello"}],
    "stop_reason": "end_turn", "usage": {"input_tokens": 2, "cache_read_input_tokens": 7, "output_tokens": 3},
}  # fmt: skip
GOOGLE = {"usage_metadata": {"prompt_token_count": 9, "candidates_token_count": 1, "thoughts_token_count": 2}}
OLLAMA = {"model": "llama-1", "prompt_eval_count": 9, "eval_count": 3, "done_reason": "stop"}


@pytest.mark.parametrize(
    "raw", [ANTHROPIC, GOOGLE, OLLAMA, object(), ["what"]], ids=["anthropic", "google", "ollama", "object", "list"]
)
def test_tokens_are_read_from_what_a_provider_has_answered(raw: Any, rows: Rows) -> None:
    from llama_index.core.llms import ChatMessage, ChatResponse, MockLLM

    class Scripted(MockLLM):  # type: ignore[misc]
        def chat(self, messages: Any, **kwargs: Any) -> Any:
            return ChatResponse(message=ChatMessage(role="assistant", content="hello"), raw=raw)

    windvane.instrument(HOST.library, "openai")
    Scripted().chat([ChatMessage(content="hi")])
    [row] = rows()
    counted = (9, 3) if isinstance(raw, dict) else (None, None)
    assert (row["gen_ai_usage_input_tokens"], row["gen_ai_usage_output_tokens"]) == counted
    [said] = json.loads(row["gen_ai_output_messages"])
    assert said["parts"] == [{"type": "text", "content": "hello"}] and failures() == {}
    assert said.get("finish_reason") == ("stop" if raw in (ANTHROPIC, OLLAMA) else None)


def test_what_an_app_adds_to_a_tool_is_not_told(rows: Rows) -> None:
    from llama_index.core.tools import FunctionTool

    def search(query: str, key: str) -> str:
        """Search."""
        return f"found {query}"

    windvane.instrument(HOST.library, "openai")
    FunctionTool.from_defaults(search, partial_params={"key": "secret"})(query="hi")
    [row] = rows()
    assert row["gen_ai_input_messages"] == '{"query":"hi"}' and row["gen_ai_output_messages"] == "found hi"


def test_the_reader_of_a_stream_is_not_part_of_it(providers: ProviderServer, rows: Rows) -> None:
    windvane.instrument(HOST.library, "openai")
    client = client_of(HOST, providers.url, PLAIN, later=False)
    stream = client.llm("slow").stream_chat(messages())
    next(stream)
    assert claimed() is None and around() is None
    client.llm("plain").chat(messages())
    assert len(rows()) == 1
    list(stream)
    assert [row["gen_ai_request_model"] for row in rows()] == ["plain", "slow"]


def test_a_stream_that_nobody_reads_is_no_call_unless_one_was_made(providers: ProviderServer, rows: Rows) -> None:
    from llama_index.core.llms import CompletionResponse, CustomLLM, LLMMetadata

    class Eager(CustomLLM):  # type: ignore[misc]
        @property
        def metadata(self) -> Any:
            return LLMMetadata()

        def complete(self, prompt: str, formatted: bool = False, **kwargs: Any) -> Any:
            raise NotImplementedError

        def stream_complete(self, prompt: str, formatted: bool = False, **kwargs: Any) -> Any:
            text = client.llm("plain").chat(messages()).message.content
            return (CompletionResponse(text=text, delta=text) for _ in range(1))

    windvane.instrument(HOST.library, "openai")
    client = client_of(HOST, providers.url, PLAIN, later=False)
    client.llm("plain").stream_chat(messages())
    gc.collect()
    assert rows() == []
    Eager().stream_complete("hi")
    gc.collect()
    assert [row["gen_ai_request_model"] for row in rows()] == ["plain"]


def test_an_llm_around_another_is_the_row_of_the_other(providers: ProviderServer, rows: Rows) -> None:
    from llama_index.core.prompts import PromptTemplate
    from pydantic import BaseModel

    class weather(BaseModel):  # noqa: N801 - the name of the tool
        city: str
        days: int

    windvane.instrument(HOST.library, "openai")
    client = client_of(HOST, providers.url, PLAIN, later=False)
    llm = client.llm("tool")
    llm.as_structured_llm(weather).chat(messages())
    llm.structured_predict(weather, PromptTemplate("hi"))
    for row in (found := rows()):
        assert row["gen_ai_request_model"] == "tool" and row["gen_ai_usage_output_tokens"] == 5
        assert json.loads(row["gen_ai_output_messages"])[0]["parts"] == [CALLED]
    assert len(found) == 2, "what parses the answer is no tool"


def engine(client: Any, model: str, **more: Any) -> Any:
    from llama_index.core.query_engine import RetrieverQueryEngine

    return RetrieverQueryEngine.from_args(client.retriever, llm=client.llm(model), **more)


@pytest.mark.parametrize(
    "more", [{}, {"streaming": True}, {"response_mode": "tree_summarize", "use_async": True}], ids=str
)
def test_what_a_query_engine_does_belongs_to_who_asked(
    more: dict[str, Any], providers: ProviderServer, rows: Rows
) -> None:
    windvane.instrument(HOST.library, "openai")
    client = client_of(HOST, providers.url, PLAIN, later=False)
    with windvane.context(user="ann"), windvane.tool("agent") as outer:
        answer = engine(client, "plain", **more).query("a city")
    assert str(answer) == TEXT
    found = {row["gen_ai_operation_name"]: row for row in rows()}
    assert set(found) == {"retrieval", "chat", "execute_tool"}
    for name in ("retrieval", "chat"):
        row = found[name]
        assert (row["user_id"], row["trace_id"], row["parent_span_id"]) == ("ann", outer.trace_id, outer.span_id)
    assert found["retrieval"]["gen_ai_retrieval_documents"] == ["Paris", "Lyon"]


@BOTH
def test_a_tool_is_the_parent_of_what_it_calls(later: bool, providers: ProviderServer, rows: Rows) -> None:
    from llama_index.core.tools import QueryEngineTool

    windvane.instrument(HOST.library, "openai")
    client = client_of(HOST, providers.url, PLAIN, later=False)
    tool = QueryEngineTool.from_defaults(engine(client, "plain"), name="cities")
    output = run(tool.acall("a city")) if later else tool("a city")
    assert output.content == TEXT
    outer, *inner = sorted(rows(), key=lambda row: row["parent_span_id"] is not None)
    assert len(inner) == 2 and outer["gen_ai_tool_name"] == "cities" and outer["gen_ai_input_messages"] == "a city"
    assert outer["gen_ai_output_messages"] == TEXT and outer["parent_span_id"] is None
    for row in inner:
        assert (row["trace_id"], row["parent_span_id"]) == (outer["trace_id"], outer["span_id"])
    assert claimed() is None and around() is None


def test_classes_made_later_are_told_of_and_put_back(rows: Rows) -> None:
    from llama_index.core.llms import MockLLM

    def make() -> Any:
        class Mine(MockLLM):  # type: ignore[misc]
            def complete(self, *args: Any, **kwargs: Any) -> Any:
                return super().complete(*args, **kwargs)

        return Mine

    own = type(vars(make())["complete"])
    windvane.instrument(HOST.library, "openai")
    mine = make()
    assert type(vars(mine)["complete"]) is not own
    mine().complete("hi")
    assert len(rows()) == 1
    windvane.uninstrument()
    after = make()
    assert {type(vars(kind)["complete"]) for kind in (mine, after)} == {own}
    mine().complete("hi")
    assert len(rows()) == 1


def test_what_else_an_llm_calls_is_a_row_of_its_own(providers: ProviderServer, rows: Rows) -> None:
    import openai
    from llama_index.core.llms import CompletionResponse, MockLLM

    below = openai.OpenAI(api_key="none", base_url=f"{providers.url}/v1")

    class Caching(MockLLM):  # type: ignore[misc]
        def complete(self, prompt: str, formatted: bool = False, **kwargs: Any) -> Any:
            below.embeddings.create(model="plain", input=prompt)
            return CompletionResponse(text="hello", additional_kwargs={"prompt_tokens": 3, "completion_tokens": 1})

    windvane.instrument(HOST.library, "openai")
    Caching().complete("hi")
    embedding, completion = rows()
    assert embedding["gen_ai_operation_name"] == "embeddings"
    assert completion["gen_ai_operation_name"] == "text_completion"
    assert (completion["gen_ai_usage_input_tokens"], completion["gen_ai_usage_output_tokens"]) == (3, 1)


def test_a_stream_is_the_generator_that_it_was(rows: Rows) -> None:
    from llama_index.core.llms import ChatMessage, ChatResponse, MockLLM

    heard: list[Any] = []

    class Heard(MockLLM):  # type: ignore[misc]
        def stream_chat(self, messages: Any, **kwargs: Any) -> Iterator[Any]:
            try:
                heard.append((yield from super().stream_chat(messages, **kwargs)))
            except KeyError as error:
                heard.append(error)
                yield ChatResponse(message=ChatMessage(content="forgiven"))
            finally:
                heard.append("left")

    def hears() -> list[Any]:
        heard.clear()
        stream: Any = Heard().stream_chat([ChatMessage(content="hi")])
        next(stream)
        told = [stream.__name__, stream.__qualname__, str(stream.throw(KeyError("thrown in")))]
        stream.close()
        return [*told, *map(repr, heard)]

    bare = hears()
    windvane.instrument(HOST.library, "openai")
    assert hears() == bare and len(rows()) == 1 and failures() == {}


@BOTH
def test_responses_are_told_as_the_wire_tells_them(later: bool, providers: ProviderServer, rows: Rows) -> None:
    from llama_index.core.llms import ChatMessage
    from llama_index.llms.openai import OpenAIResponses

    asked = [ChatMessage(role="system", content="Be kind."), ChatMessage(content="hi")]
    llm = OpenAIResponses(model="gpt-4o-mini", api_key="none", api_base=f"{providers.url}/v1", temperature=0.5)

    async def ask_later() -> None:
        await llm.achat(asked)
        [piece async for piece in await llm.astream_chat(asked)]

    told = []
    for names in ((HOST.library,), (HOST.library, "openai")):
        windvane.instrument(*names)
        if later:
            run(ask_later())
        else:
            llm.chat(asked)
            list(llm.stream_chat(asked))
        windvane.uninstrument()
        told = rows()
    whole, stream, *others = map(stored, told)
    assert [whole, stream] == others
    expected = answered("gpt-4o-mini", **used(cached=0, reasoning=0)) | {"gen_ai_response_id": "resp_1"}
    assert whole == stream == {**expected, "gen_ai_input_messages": parts("hi")}


@pytest.mark.parametrize(
    "broken",
    ["calls.request", "calls.Asking.answered", "answers.Answer.fields", "working.documents", "working.Running.enter"],
)
def test_what_cannot_be_read_does_not_hurt(
    broken: str, providers: ProviderServer, rows: Rows, monkeypatch: pytest.MonkeyPatch
) -> None:
    chosen = [
        call for call in HOST.calls if call.name in ("plain", "stream", "error_429", "retrieval", "run_of_a_tool")
    ]
    bare = [outcome(HOST, providers.url, call, later=False) for call in chosen]
    windvane.instrument(HOST.library)

    def fails(*_: object, **__: object) -> None:
        raise RuntimeError("ours")

    # What is guarded itself stays so.
    own = broken in ("calls.Asking.answered", "working.Running.enter")
    monkeypatch.setattr(f"windvane.collectors.instrument.llama_index.{broken}", guarded(fails) if own else fails)
    assert [outcome(HOST, providers.url, call, later=False) for call in chosen] == bare
    assert failures() and len(rows()) == (2 if broken == "calls.Asking.answered" else len(chosen))
