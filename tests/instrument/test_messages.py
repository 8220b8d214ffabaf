"""Messages of every form become one form."""

from __future__ import annotations

import base64
import doctest
import json
import struct
from typing import Any

import pytest

from windvane.collectors.instrument import events, failing, messages, providers
from windvane.collectors.instrument.wire.anthropic_messages import MESSAGES
from windvane.collectors.instrument.wire.base import Wire
from windvane.collectors.instrument.wire.openai_chat import CHAT, COMPLETIONS
from windvane.collectors.instrument.wire.openai_embeddings import EMBEDDINGS
from windvane.collectors.instrument.wire.openai_responses import RESPONSES

PNG = "data:image/png;base64,iVBORw0KGgo="
BLOB = {"type": "blob", "mime_type": "image/png", "modality": "image"}
CALL = {"type": "tool_call", "id": "c", "name": "f", "arguments": {"a": 1}}


class Block:
    """What an app hands back to a library as the library gave it: an object, no dict."""

    def __init__(self, **fields: Any) -> None:
        self.fields = fields

    def model_dump(self) -> dict[str, Any]:
        return self.fields


def text(words: str) -> dict[str, str]:
    return {"type": "text", "content": words}


def user(*parts: Any) -> dict[str, Any]:
    return {"role": "user", "parts": list(parts)}


def assistant(*parts: Any) -> dict[str, Any]:
    return {"role": "assistant", "parts": list(parts)}


def result(words: Any, id: str | None = "c") -> dict[str, Any]:
    part = {"type": "tool_call_response", "id": id, "response": words}
    return {"role": "tool", "parts": [{name: value for name, value in part.items() if value is not None}]}


def asked(wire: Wire, body: Any) -> tuple[str | None, Any]:
    fields = wire.request(body)
    said = fields["gen_ai_input_messages"]
    return fields.get("gen_ai_system_instructions"), None if said is None else json.loads(said)


@pytest.mark.parametrize(
    ("given", "system", "expected"),
    [
        ([{"role": "user", "content": "hi"}], None, [user(text("hi"))]),
        ([{"role": "developer", "content": "a"}, {"role": "system", "content": [{"type": "text", "text": "b"}]}],
         "a\n\nb", None),
        ([{"role": "user", "content": [{"type": "image_url", "image_url": {"url": PNG}}]}], None, [user(BLOB)]),
        ([{"role": "user", "content": [{"type": "image_url", "image_url": {"url": "https://a.example/b.png"}}]}],
         None, [user({"type": "uri", "modality": "image", "uri": "https://a.example/b.png"})]),
        ([{"role": "user", "content": [{"type": "input_audio", "input_audio": {"data": "UklG", "format": "wav"}}]}],
         None, [user({"type": "blob", "mime_type": "audio/wav", "modality": "audio"})]),
        ([{"role": "user", "content": [{"type": "file", "file": {"file_data": "data:application/pdf;base64,JVBE"}}]}],
         None, [user({"type": "blob", "mime_type": "application/pdf", "modality": "file"})]),
        ([Block(role="assistant", content=None, tool_calls=[
            {"id": "c", "type": "function", "function": {"name": "f", "arguments": '{"a": 1}'}}])],
         None, [assistant(CALL)]),
        ([{"role": "assistant", "content": None, "tool_calls": [
            {"id": "c", "type": "function", "function": {"name": "f", "arguments": "no json"}}]}],
         None, [assistant({**CALL, "arguments": "no json"})]),
        ([{"role": "assistant", "content": None, "function_call": {"name": "f", "arguments": "{}"}},
          {"role": "function", "name": "f", "content": "7"}],
         None, [assistant({"type": "tool_call", "name": "f", "arguments": {}}), result("7", None)]),
        ([{"role": "tool", "tool_call_id": "c",
           "content": [{"type": "text", "text": "a"}, {"type": "text", "text": "b"}]}],
         None, [result("a\nb")]),
        ([{"role": "assistant", "reasoning_content": "hm", "content": "yes"}], None,
         [assistant({"type": "reasoning", "content": "hm"}, text("yes"))]),
        ([{"role": "assistant", "content": None, "refusal": "No."}], None, [assistant(text("No."))]),
        ([{"role": "user", "content": [{"type": "something_new", "data": "x" * 100}]}], None,
         [user({"type": "something_new"})]),
        ([{"role": "user", "content": "Grüße 🙂"}], None, [user(text("Grüße 🙂"))]),
        ([], None, None),
        (iter([{"role": "user", "content": "once"}]), None, None),
        (None, None, None),
    ],
)  # fmt: skip
def test_openai_chat(given: Any, system: str | None, expected: Any) -> None:
    assert asked(CHAT, {"model": "m", "messages": given}) == (system, expected)


def test_what_can_be_read_once_is_left_to_the_library() -> None:
    given = iter([{"role": "user", "content": "once"}])
    CHAT.request({"messages": given})
    assert len(list(given)) == 1


@pytest.mark.parametrize(
    ("given", "system", "expected"),
    [
        ({"input": "hi", "instructions": "Be kind."}, "Be kind.", [user(text("hi"))]),
        ({"input": [{"role": "system", "content": "a"}, {"role": "user", "content": [
            {"type": "input_text", "text": "hi"}, {"type": "input_image", "image_url": PNG}]}]},
         "a", [user(text("hi"), BLOB)]),
        ({"input": [
            {"type": "reasoning", "id": "r", "summary": [{"type": "summary_text", "text": "hm"}]},
            {"type": "function_call", "call_id": "c", "name": "f", "arguments": '{"a": 1}'},
            {"type": "function_call_output", "call_id": "c", "output": "7"}]},
         None, [assistant({"type": "reasoning", "content": "hm"}, CALL), result("7")]),
        ({"input": [Block(type="message", role="assistant", content=[{"type": "output_text", "text": "yes"}])]},
         None, [assistant(text("yes"))]),
        ({"input": [{"type": "item_reference", "id": "x"}]}, None, [assistant({"type": "item_reference"})]),
    ],
)  # fmt: skip
def test_openai_responses(given: Any, system: str | None, expected: Any) -> None:
    assert asked(RESPONSES, {"model": "m", **given}) == (system, expected)


@pytest.mark.parametrize(
    ("given", "system", "expected"),
    [
        ({"messages": [{"role": "user", "content": "hi"}], "system": "Be kind."}, "Be kind.", [user(text("hi"))]),
        ({"messages": [{"role": "user", "content": [
            {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": "iVBORw0KGgo="}},
            {"type": "document", "source": {"type": "url", "url": "https://a.example/b.pdf"}},
            {"type": "document", "source": {"type": "text", "media_type": "text/plain", "data": "words"}}]}]},
         None, [user(BLOB, {"type": "uri", "modality": "file", "uri": "https://a.example/b.pdf"}, text("words"))]),
        ({"messages": [{"role": "assistant", "content": [
            Block(type="thinking", thinking="hm", signature="s"), Block(type="redacted_thinking", data="x"),
            Block(type="text", text="yes"), Block(type="tool_use", id="c", name="f", input={"a": 1})]}]},
         None, [assistant({"type": "reasoning", "content": "hm"}, text("yes"), CALL)]),
        ({"messages": [{"role": "user", "content": [
            {"type": "tool_result", "tool_use_id": "c", "content": [{"type": "text", "text": "7"}]},
            {"type": "tool_result", "tool_use_id": "d", "content": "8"}]}]},
         None, [result("7"), result("8", "d")]),
        ({"messages": [{"role": "user", "content": [{"type": "web_search_tool_result", "content": []}]}]},
         None, [user({"type": "web_search_tool_result"})]),
    ],
)  # fmt: skip
def test_anthropic(given: Any, system: str | None, expected: Any) -> None:
    assert asked(MESSAGES, {"model": "m", **given}) == (system, expected)


def test_older_completions_and_embeddings() -> None:
    assert asked(COMPLETIONS, {"prompt": ["a", "b"]}) == (None, [user(text("a")), user(text("b"))])
    answer = {"choices": [{"text": "yes", "finish_reason": "length"}], "usage": {"prompt_tokens": 1}}
    fields = COMPLETIONS.answer(answer)
    assert json.loads(fields["gen_ai_output_messages"]) == [{**assistant(text("yes")), "finish_reason": "length"}]
    assert asked(EMBEDDINGS, {"input": [1, 2, 3]}) == (None, None)
    assert asked(EMBEDDINGS, {"input": ["a", "b"]}) == (None, [user(text("a"), text("b"))])


def test_several_choices_are_several_messages() -> None:
    choices = [
        {"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": "a"}},
        {"index": 1, "finish_reason": "content_filter", "message": {"role": "assistant", "content": "b"}},
    ]
    fields = CHAT.answer({"choices": choices})
    assert fields["gen_ai_response_finish_reasons"] == ["stop", "content_filter"]
    assert [one["parts"] for one in json.loads(fields["gen_ai_output_messages"])] == [[text("a")], [text("b")]]


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ({"status": "incomplete", "incomplete_details": {"reason": "max_output_tokens"}}, "length"),
        ({"status": "incomplete", "incomplete_details": {"reason": "content_filter"}}, "content_filter"),
        ({"status": "failed", "error": {"code": "server_error", "message": "It broke."}}, "error"),
        ({"status": "completed", "output": [{"type": "function_call", "name": "f"}]}, "tool_call"),
        ({"status": "in_progress"}, None),
    ],
)
def test_how_a_response_ends(body: Any, reason: str | None) -> None:
    fields = RESPONSES.answer(body)
    assert fields["gen_ai_response_finish_reasons"] == ([reason] if reason else None)
    assert fields["error_type"] == ("server_error" if reason == "error" else None)


def test_json_is_compact_and_cut_where_an_event_could_not_hold_it() -> None:
    said = messages.encode([user(text("Grüße"))])
    assert said == '[{"role":"user","parts":[{"type":"text","content":"Grüße"}]}]'
    cut = messages.encode([user(text("ü" * 1_000_000))])
    assert cut is not None and messages.MOST_BYTES - 3 < len(cut.encode()) <= messages.MOST_BYTES


def test_what_json_cannot_hold_is_mended() -> None:
    odd = {"role": "assistant", "parts": [messages.tool_call("c", "f", {"a": Block(b=1), "c": {1}})]}
    assert '"arguments":{"a":{"b":1},"c":[1]}' in (messages.encode([odd]) or "")
    assert (
        messages.encode([user(text("a\ud800b"))]) == '[{"role":"user","parts":[{"type":"text","content":"a\ufffdb"}]}]'
    )


@pytest.mark.parametrize("size", [1, 2, 3, 7, 1000])
@pytest.mark.parametrize("end", [b"\n", b"\r\n"])
def test_events_are_whole_however_the_bytes_come(size: int, end: bytes) -> None:
    lines = [
        b": comment",
        b"",
        b"event: x",
        b'data: {"a": "\xc3\xbc"}',
        b"",
        b"data: one",
        b"data: two",
        b"",
        b"data:[DONE]",
    ]
    whole = end.join([*lines, b"", b""])
    stream, found = events.ServerSentEvents(), list[bytes]()
    for at in range(0, len(whole), size):
        found += stream.take(whole[at : at + size])
    assert found == [b'{"a": "\xc3\xbc"}', b"one\ntwo", b"[DONE]"]


@pytest.mark.parametrize("size", [1, 7, 1000])
def test_amazons_events_are_unwrapped(size: int) -> None:
    whole = b""
    for said in (b'{"a": 1}', b'{"b": 2}'):
        payload = b'{"bytes":"' + base64.b64encode(said) + b'","p":"abc"}'
        headers = b"\x0b:event-type\x07\x00\x05chunk"
        size_of_all = 12 + len(headers) + len(payload) + 4
        whole += struct.pack(">III", size_of_all, len(headers), 0) + headers + payload + b"\0\0\0\0"
    stream, found = events.AwsEvents(), list[bytes]()
    for at in range(0, len(whole), size):
        found += stream.take(whole[at : at + size])
    assert found == [b'{"a": 1}', b'{"b": 2}']


@pytest.mark.parametrize("module", [messages, providers, failing])
def test_the_examples_of_its_docs_are_so(module: Any) -> None:
    assert doctest.testmod(module).failed == 0


@pytest.mark.parametrize(
    ("host", "provider"),
    [
        ("api.openai.com", "openai"), ("eu.api.openai.com", "openai"), ("x.openai.azure.com", "azure.ai.openai"),
        ("api.groq.com", "groq"), ("api.deepseek.com", "deepseek"), ("api.mistral.ai", "mistral_ai"),
        ("bedrock-runtime.eu-west-1.amazonaws.com", "aws.bedrock"),
        ("us-east5-aiplatform.googleapis.com", "gcp.vertex_ai"),
        ("generativelanguage.googleapis.com", "gcp.gemini"), ("evil-api.openai.com.example", "ours"), ("", "ours"),
    ],
)  # fmt: skip
def test_a_provider_is_known_by_its_host(host: str, provider: str) -> None:
    assert providers.provider_of(host, "ours") == provider
