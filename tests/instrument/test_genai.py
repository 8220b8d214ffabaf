"""What only Google's library does: it calls the app's functions by itself, and begins nothing before it is read."""

from __future__ import annotations

import asyncio
import gc
import json
from collections.abc import Callable
from typing import Any

import pytest

import windvane
from tests.instrument.hosts.google_genai import HOST
from tests.instrument.playing import run
from tests.servers.providers import TEXT, ProviderServer
from windvane.collectors.gateway.otlp.words import finish_reasons
from windvane.collectors.instrument import failures
from windvane.collectors.instrument.wire.google_generate import GENERATE

Rows = Callable[[], list[dict[str, Any]]]
BOTH = pytest.mark.parametrize("streamed", [False, True], ids=["whole", "streamed"])


def client_at(providers: ProviderServer, *, later: bool = False, **options: Any) -> Any:
    pytest.importorskip(HOST.library)
    return HOST.client(providers.url, later=later, **options)


def weather(city: str, days: int) -> str:
    """Return the weather of a city."""
    with windvane.context(tags={"tool": city}):
        windvane.emit(operation="execute_tool", tool="weather")
    return "sunny"


weather.__annotations__ = {"city": str, "days": int, "return": str}  # the library reads them


def told(rows: Rows) -> None:
    found = rows()
    first, last = (row for row in found if row["gen_ai_operation_name"] == "chat")
    [tool] = [row for row in found if row["gen_ai_operation_name"] == "execute_tool"]
    for row in (first, last):
        assert (row["gen_ai_request_model"], row["user_id"], row["gen_ai_usage_input_tokens"]) == ("tool", "ann", 12)
    assert '"name":"weather","arguments":{"city":"Zürich","days":3}' in first["gen_ai_output_messages"]
    assert (tool["gen_ai_tool_name"], tool["user_id"], tool["tags"]) == ("weather", "ann", {"tool": "Zürich"})
    assert last["gen_ai_input_messages"].endswith('"response":{"result":"sunny"}}]}]')
    assert TEXT in last["gen_ai_output_messages"]
    assert failures() == {}


@BOTH
def test_each_request_of_a_chat_that_calls_functions_is_a_row(
    streamed: bool, providers: ProviderServer, rows: Rows
) -> None:
    client = client_at(providers)
    windvane.instrument()
    with windvane.context(user="ann"):
        chat = client.chats.create(model="tool", config={"tools": [weather]})
        if streamed:
            stream = chat.send_message_stream("hi")
        else:
            chat.send_message("hi")
    if streamed:
        with windvane.context(user="bob"):
            list(stream)
    told(rows)


@BOTH
def test_each_request_of_an_asynchronous_chat_is_one_too(streamed: bool, providers: ProviderServer, rows: Rows) -> None:
    client = client_at(providers, later=True)
    windvane.instrument()

    async def runs() -> None:
        with windvane.context(user="ann"):
            chat = client.chats.create(model="tool", config={"tools": [weather]})
            if streamed:
                stream = await chat.send_message_stream("hi")
            else:
                await chat.send_message("hi")
        if streamed:
            with windvane.context(user="bob"):
                async for _ in stream:
                    windvane.emit(operation="feedback", label="read")

    run(runs())
    if not streamed:
        told(rows)
        return
    readers = {row["user_id"] for row in rows() if row["gen_ai_operation_name"] == "feedback"}
    owners = [row["user_id"] for row in rows() if row["gen_ai_operation_name"] == "chat"]
    assert readers == {"bob"} and owners == ["ann", "ann"]


def test_a_dropped_stream_is_told_at_once(providers: ProviderServer, rows: Rows) -> None:
    """No cycle of ours keeps it until the garbage collector comes."""
    client = client_at(providers)
    windvane.instrument()
    gc.collect()
    gc.disable()
    try:
        stream = client.models.generate_content_stream(model="slow", contents="hi")
        next(stream)
        del stream
        [row] = rows()
    finally:
        gc.enable()
    assert '"Paris"' in row["gen_ai_output_messages"] and row["error_type"] is None


def test_what_is_asked_for_and_never_read_is_no_call(providers: ProviderServer, rows: Rows) -> None:
    client = client_at(providers)
    windvane.instrument()
    providers.requests.clear()
    stream = client.models.generate_content_stream(model="plain", contents="hi")
    stream.close()
    assert providers.requests == [] and rows() == []


def test_requests_for_other_things_do_not_tell(providers: ProviderServer, rows: Rows) -> None:
    client = client_at(providers)
    windvane.instrument()
    with pytest.raises(Exception, match="404"):
        client.models.count_tokens(model="plain", contents="hi")
    with pytest.raises(Exception, match="404"):
        client.models.get(model="plain")
    client._api_client.request("post", "models/plain:predict", {"instances": [{"prompt": "a cat"}]})  # images
    assert rows() == [] and failures() == {}


def test_a_call_that_is_cancelled_is_told_as_such(providers: ProviderServer, rows: Rows) -> None:
    client = client_at(providers, later=True)
    windvane.instrument()

    async def runs() -> None:
        task = asyncio.create_task(client.models.generate_content(model="timeout", contents="hi"))
        await asyncio.sleep(0.3)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    run(runs())
    [row] = rows()
    assert row["error_type"] == "CancelledError" and row["gen_ai_output_messages"] is None


def test_a_stream_whose_reader_is_cancelled_is_what_came_of_it(providers: ProviderServer, rows: Rows) -> None:
    client = client_at(providers, later=True)
    windvane.instrument()

    async def reads() -> None:
        async for _ in await client.models.generate_content_stream(model="stall", contents="hi"):
            pass

    async def runs() -> None:
        task = asyncio.create_task(reads())
        await asyncio.sleep(0.6)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    run(runs())
    [row] = rows()
    assert row["error_type"] is None and row["gen_ai_response_finish_reasons"] is None
    assert "Paris" in row["gen_ai_output_messages"]


def test_aiohttps_timeout_is_a_timeout(providers: ProviderServer, rows: Rows) -> None:
    pytest.importorskip("aiohttp")
    client = client_at(providers, later=True, attempts=1)
    windvane.instrument()
    failed = None
    try:
        run(client.models.generate_content(model="timeout", contents="hi", config={"http_options": {"timeout": 200}}))
    except TimeoutError as error:  # old versions wait
        failed = error
    [row] = rows()
    assert row["error_type"] == (None if failed is None else "timeout")


def test_pieces_of_several_candidates_and_of_one_call_are_put_together() -> None:
    assert GENERATE.stream is not None
    stream = GENERATE.stream()

    def feed(index: int, part: dict[str, Any], reason: str | None = None) -> bool:
        return stream.feed({"candidates": [{"index": index, "content": {"parts": [part]}, "finishReason": reason}]})

    assert not stream.feed({"usageMetadata": {"promptTokenCount": 3, "toolUsePromptTokenCount": 4}})
    assert feed(1, {"functionCall": {"name": "weather", "id": "c-1", "willContinue": True}})
    feed(1, {"functionCall": {"partialArgs": [{"jsonPath": "$.city", "stringValue": "Z"}], "willContinue": True}})
    feed(1, {"functionCall": {}}, "MALFORMED_FUNCTION_CALL")
    feed(0, {"text": "a"})
    feed(0, {"text": "b"})
    feed(0, {"text": "c", "thought": True}, "PROHIBITED_CONTENT")
    found = GENERATE.answer(stream.answer())
    said = json.loads(found["gen_ai_output_messages"])
    assert said[0]["parts"] == [{"type": "text", "content": "ab"}, {"type": "reasoning", "content": "c"}]
    assert said[1]["parts"] == [{"type": "tool_call", "id": "c-1", "name": "weather"}]
    assert found["gen_ai_response_finish_reasons"] == ["content_filter", "error"]
    assert found["gen_ai_usage_input_tokens"] == 7 and found["gen_ai_usage_output_tokens"] is None


REASONS = {
    "stop": "STOP",
    "length": "MAX_TOKENS CONTINUATION",
    "content_filter": "SAFETY RECITATION LANGUAGE BLOCKLIST PROHIBITED_CONTENT SPII MODEL_ARMOR ESCALATION"
    " IMAGE_SAFETY IMAGE_PROHIBITED_CONTENT IMAGE_RECITATION",
    "error": "MALFORMED_FUNCTION_CALL MALFORMED_RESPONSE UNEXPECTED_TOOL_CALL TOO_MANY_TOOL_CALLS"
    " MISSING_THOUGHT_SIGNATURE NO_IMAGE PUP_LIMITED_DISABLED",
}


@pytest.mark.parametrize(("word", "theirs"), [(word, each) for word, said in REASONS.items() for each in said.split()])
def test_a_reason_to_finish_is_the_same_word_by_every_path(word: str, theirs: str) -> None:
    ours = GENERATE.answer({"candidates": [{"finishReason": theirs}]})
    assert ours["gen_ai_response_finish_reasons"] == [word]
    assert finish_reasons([theirs, f"FinishReason.{theirs}", theirs.lower()]) == [word] * 3


def test_the_library_knows_no_reason_that_we_do_not() -> None:
    known = pytest.importorskip("google.genai.types").FinishReason
    unsaid = {"FINISH_REASON_UNSPECIFIED", "OTHER", "IMAGE_OTHER"}
    assert {each.value for each in known} <= {*" ".join(REASONS.values()).split(), *unsaid}


def test_names_of_parts_may_be_written_either_way() -> None:
    parts = [
        {"inline_data": {"data": "eA==", "mime_type": "audio/wav"}},
        {"fileData": {"fileUri": "gs://a/b", "mimeType": "video/mp4"}},
        {"function_response": {"name": "x", "id": "c-1", "response": {"output": 1}}},
        {"executableCode": {"code": "1"}, "thought_signature": "eA=="},
    ]
    found = GENERATE.request({"contents": [{"parts": parts}]})
    tool, user = json.loads(found["gen_ai_input_messages"])
    assert tool["parts"] == [{"type": "tool_call_response", "id": "c-1", "response": {"output": 1}}]
    assert user["parts"] == [
        {"type": "blob", "mime_type": "audio/wav", "modality": "audio"},
        {"type": "uri", "mime_type": "video/mp4", "modality": "video", "uri": "gs://a/b"},
        {"type": "executableCode"},
    ]
