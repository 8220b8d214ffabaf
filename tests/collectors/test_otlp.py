"""Spans over OTLP: the same call is the same row by whatever convention, and the protocol is kept to the letter."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from google.rpc.status_pb2 import Status
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceResponse

from tests.collectors.dialects import DIALECTS, ROW, SPAN_ID, TRACE_ID, UNKNOWN, in_protobuf, pairs, span, traces
from tests.collectors.gateways import Answer, gateway, get, post, rows, stored
from windvane.collectors.envelope import unpack
from windvane.collectors.event import COLUMNS, NAMES
from windvane.collectors.gateway.otlp.table import FAMILIES, KEPT, REPEATED, ROWS, SOURCES
from windvane.collectors.log.sqlite import SqliteLog

JSON, PROTOBUF = "application/json", "application/x-protobuf"


@pytest.fixture
def log(tmp_path: Path) -> Iterator[SqliteLog]:
    with closing(SqliteLog(tmp_path / "log.sqlite", topic="t")) as opened:
        yield opened


@pytest.fixture
def port(log: SqliteLog) -> Iterator[int]:
    with gateway(log) as port:
        yield port


def export(port: int, *spans: dict[str, Any], encoding: str = JSON, **headers: str) -> Answer:
    request = traces(*spans)
    body = in_protobuf(request) if encoding == PROTOBUF else json.dumps(request).encode()
    return post(port, "/v1/traces", body, Content_Type=encoding, **headers)


def without_attributes(row: dict[str, Any]) -> dict[str, Any]:
    return {name: cell for name, cell in row.items() if name != "attributes"}


@pytest.mark.parametrize("encoding", [JSON, PROTOBUF])
@pytest.mark.parametrize("dialect", DIALECTS)
def test_the_same_call_is_the_same_row_by_every_convention(
    log: SqliteLog, port: int, dialect: str, encoding: str
) -> None:
    assert export(port, DIALECTS[dialect], encoding=encoding).status == 200
    (row,) = rows(log)
    expected = {name: cell for name, cell in ROW.items() if name not in UNKNOWN[dialect]}
    assert without_attributes(row) == expected
    assert get(port, "/v1/unmapped.json").told.get("unmapped_attributes", {}) == {}


def test_every_row_of_the_table_goes_somewhere_and_says_whose_it_is() -> None:
    rows = (*ROWS, *FAMILIES)
    assert [row for row in rows if row.source not in SOURCES] == []
    assert [row for row in rows if row.to not in (*NAMES, KEPT, REPEATED)] == []
    names = [row.name for row in ROWS]
    assert len(set(names)) == len(names)
    assert {row.source for row in rows} == {*SOURCES} - {"1.27", "1.36 events"}, "a source that no row has"


@pytest.mark.parametrize("encoding", [JSON, PROTOBUF])
def test_an_answer_is_that_of_the_protocol(log: SqliteLog, port: int, encoding: str) -> None:
    whole = export(port, DIALECTS["semconv 1.37"], encoding=encoding)
    assert (whole.status, whole.headers["Content-Type"].split(";")[0]) == (200, encoding)
    assert whole.body == (b"{}" if encoding == JSON else b"")
    huge = span({"gen_ai.operation.name": "execute_tool", "gen_ai.tool.call.result": "x" * 600_000}, [])
    part = export(port, DIALECTS["semconv 1.27"], huge, encoding=encoding)
    assert part.status == 200
    if encoding == JSON:
        told = part.told["partialSuccess"]
        assert told["rejectedSpans"] == "1" and "an event may have" in told["errorMessage"]
    else:
        response = ExportTraceServiceResponse.FromString(part.body)
        assert response.partial_success.rejected_spans == 1
        assert "an event may have" in response.partial_success.error_message
    assert len(rows(log)) == 2


@pytest.mark.parametrize(
    ("encoding", "body"),
    [
        (JSON, b"{"),
        (JSON, b"[]"),
        (JSON, b'{"resourceSpans": 5}'),
        (JSON, b'{"resourceSpans": [{"scopeSpans": [{"spans": [{"name": 5}]}]}]}'),
        (JSON, b"\xff\xfe"),
        (PROTOBUF, b"\x0a\xff"),
        (PROTOBUF, b"{}"),
    ],
)
def test_what_can_never_be_read_is_a_400_with_a_status(log: SqliteLog, port: int, encoding: str, body: bytes) -> None:
    answer = post(port, "/v1/traces", body, Content_Type=encoding)
    assert (answer.status, answer.headers["Content-Type"].split(";")[0]) == (400, encoding)
    message = answer.told["message"] if encoding == JSON else Status.FromString(answer.body).message
    assert "ExportTraceServiceRequest" in message and "Retry-After" not in answer.headers
    assert stored(log) == []


def test_another_type_of_content_is_refused_by_name(port: int) -> None:
    answer = post(port, "/v1/traces", b"x", Content_Type="text/plain")
    assert answer.status == 415 and "application/x-protobuf or application/json" in answer.told["message"]


def test_a_log_that_fails_says_when_to_come_back(log: SqliteLog, port: int) -> None:
    log.close()
    answer = export(port, DIALECTS["semconv 1.37"], encoding=PROTOBUF)
    assert (answer.status, answer.headers["Retry-After"]) == (503, "2")
    assert Status.FromString(answer.body).code == 14  # UNAVAILABLE


@pytest.mark.parametrize("encoding", [JSON, PROTOBUF])
def test_a_compressed_request_is_read(log: SqliteLog, port: int, encoding: str) -> None:
    request = traces(DIALECTS["semconv 1.37"])
    body = gzip.compress(in_protobuf(request) if encoding == PROTOBUF else json.dumps(request).encode())
    assert post(port, "/v1/traces", body, Content_Type=encoding, Content_Encoding="gzip").status == 200
    assert len(rows(log)) == 1


def test_a_request_that_is_sent_again_has_the_same_numbers(log: SqliteLog, port: int) -> None:
    for _ in range(2):
        assert export(port, DIALECTS["semconv 1.37"]).status == 200
    one, again = (unpack(record.value).header for record in stored(log))
    assert one == again and one.source.startswith("request/otlp-")


def test_spans_without_ids_are_new_each_time(log: SqliteLog, port: int) -> None:
    """Written by hand, two equal requests may be two calls."""
    for _ in range(2):
        export(port, span({"gen_ai.request.model": "m"}, [], traceId="", spanId="zz", parentSpanId=""))
    assert [unpack(record.value).header.source for record in stored(log)] == ["", ""]
    assert all(row.keys().isdisjoint({"id", "trace_id", "span_id", "parent_span_id"}) for row in rows(log))


def test_spans_that_are_no_call_are_counted_and_left_out(log: SqliteLog, port: int) -> None:
    others: list[dict[str, Any]] = [
        {"http.request.method": "POST"},
        {"db.system": "postgresql"},
        {"openinference.span.kind": "CHAIN"},
        {"traceloop.span.kind": "workflow"},
        {"gen_ai.operation.name": "invoke_agent", "gen_ai.usage.input_tokens": 5},
    ]
    answer = export(port, *(span(each, [], spanId=f"{n + 1:016x}") for n, each in enumerate(others)))
    assert (answer.status, answer.told) == (200, {}) and stored(log) == []
    left_out = get(port, "/v1/unmapped.json").told["left_out_spans"]
    assert left_out == {"other": 2, "chain": 1, "invoke_agent": 1, "workflow": 1}


def test_spans_that_are_no_call_are_taken_where_that_is_set(log: SqliteLog, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WINDVANE_OTLP_SPANS", "invoke_agent")
    with gateway(log) as port:
        export(port, span({"gen_ai.operation.name": "invoke_agent"}, []), span({"http.request.method": "GET"}, []))
    assert [row["gen_ai_operation_name"] for row in rows(log)] == ["invoke_agent"]


def test_a_call_seen_by_a_framework_and_by_its_client_is_one_row(log: SqliteLog, port: int) -> None:
    outer = span({"openinference.span.kind": "LLM", "llm.model_name": "gpt-4o"}, [], spanId="a" * 16)
    between = span({"http.request.method": "POST"}, [], spanId="b" * 16, parentSpanId="a" * 16)
    inner = span(
        {"gen_ai.operation.name": "chat", "gen_ai.request.model": "gpt-4o", "gen_ai.usage.input_tokens": 7},
        [], spanId="c" * 16, parentSpanId="b" * 16,
    )  # fmt: skip
    tool = span({"gen_ai.operation.name": "execute_tool"}, [], spanId="d" * 16, parentSpanId="c" * 16)
    assert export(port, inner, between, outer, tool).status == 200
    by_id = {row["span_id"]: row for row in rows(log)}
    assert by_id.keys() == {"a" * 16, "d" * 16}
    assert by_id["a" * 16]["gen_ai_usage_input_tokens"] == 7


def test_calls_that_say_they_are_around_each_other_are_all_kept(log: SqliteLog, port: int) -> None:
    chat = {"gen_ai.operation.name": "chat"}
    export(
        port,
        span(chat, [], spanId="a" * 16, parentSpanId="b" * 16),
        span(chat, [], spanId="b" * 16, parentSpanId="a" * 16),
        span(chat, [], spanId="c" * 16, parentSpanId="c" * 16),
    )
    assert sorted(row["span_id"][0] for row in rows(log)) == ["a", "b", "c"]


FAILED = {"status": {"code": 2, "message": "RateLimitError: Error code: 429 - slow down"}}
WRAPPED = "Error code: 429 - {'error': {'message': 'slow down', 'code': None}}"


@pytest.mark.parametrize(
    ("attributes", "exception", "kind", "words"),
    [
        ({"error.type": "RateLimitError"}, {}, "429", "slow down"),
        ({}, {"exception.type": "openai.RateLimitError", "exception.message": WRAPPED}, "429", "slow down"),
        ({"error.type": "429"}, {"exception.message": "slow"}, "429", "slow"),
        (
            {},
            {
                "exception.type": "litellm.exceptions.RateLimitError",
                "exception.message": "litellm.RateLimitError: RateLimitError: OpenAIException - slow down",
            },
            "429",
            "slow down",
        ),
        ({"http.response.status_code": 503}, {"exception.type": "X", "exception.message": "no"}, "503", "no"),
        ({}, {"exception.type": "openai.APITimeoutError", "exception.message": "late"}, "timeout", "late"),
        ({}, {"exception.type": "APIConnectionError", "exception.message": "gone"}, "connection", "gone"),
        ({}, {"exception.type": "builtins.ValueError", "exception.message": "no"}, "ValueError", "no"),
    ],
)
def test_a_failure_is_a_status_where_one_is_known(
    log: SqliteLog, port: int, attributes: dict[str, Any], exception: dict[str, Any], kind: str, words: str
) -> None:
    events = [{"name": "exception", "attributes": pairs(exception)}]
    export(port, span({"gen_ai.request.model": "m", **attributes}, events, **FAILED))
    (row,) = rows(log)
    assert (row["error_type"], row["error_message"]) == (kind, words)


def test_a_call_that_did_not_fail_has_no_error(log: SqliteLog, port: int) -> None:
    export(port, span({"gen_ai.request.model": "m"}, [], status={"code": 1, "message": "fine"}))
    assert rows(log)[0].keys().isdisjoint({"error_type", "error_message"})


def test_what_has_no_column_is_kept_where_small_and_counted_by_name(log: SqliteLog, port: int) -> None:
    said = {"gen_ai.request.model": "m", "my.own": {"a": [1]}, "my.large": "x" * 5000, "gen_ai.request.top_p": 0.5}
    said |= {f"my.{n}": "y" * 1000 for n in range(40)}
    for _ in range(2):
        export(port, span(said, [], spanId=""))
    kept = rows(log)[0]["attributes"]
    assert kept["my.own"] == '{"a":[1]}' and kept["gen_ai.request.top_p"] == "0.5" and "my.large" not in kept
    assert sum(len(name) + len(value) for name, value in kept.items()) < 20_000
    counted = get(port, "/v1/unmapped.json").told["unmapped_attributes"]
    assert counted["my.own"] == counted["my.large"] == 2 and "gen_ai.request.top_p" not in counted


def test_a_value_that_its_column_cannot_hold_does_not_cost_the_call(log: SqliteLog, port: int) -> None:
    said = {"gen_ai.request.model": "m", "gen_ai.request.temperature": "warm", "gen_ai.usage.input_tokens": -5}
    assert export(port, span(said, [], endTimeUnixNano="7")).status == 200
    (row,) = rows(log)
    assert row["attributes"] == {"gen_ai_request_temperature": '"warm"', "gen_ai_usage_input_tokens": "-5"}
    assert row.keys().isdisjoint({"time", "gen_ai_client_operation_duration", "gen_ai_usage_input_tokens"})


def test_counts_that_a_provider_tells_apart_are_added(log: SqliteLog, port: int) -> None:
    said = {"gen_ai.usage.input_tokens": 5, "gen_ai.usage.cache_read.input_tokens": 100,
            "gen_ai.usage.cache_creation.input_tokens": 20, "gen_ai.usage.output_tokens": 3,
            "gen_ai.usage.reasoning.output_tokens": 40}  # fmt: skip
    export(port, span({"gen_ai.request.model": "m", **said}, []))
    (row,) = rows(log)
    assert (row["gen_ai_usage_input_tokens"], row["gen_ai_usage_output_tokens"]) == (125, 43)


def test_a_retriever_an_embedder_and_a_tool_of_each_dialect(log: SqliteLog, port: int) -> None:
    documents = [{"id": "1", "content": "Parcel 7 left Lisbon."}, {"id": "2", "content": "Parcel 8 did not."}]
    spans: list[dict[str, Any]] = [
        {"gen_ai.operation.name": "retrieval", "gen_ai.retrieval.query.text": "parcel 7",
         "gen_ai.retrieval.documents": json.dumps(documents)},
        {"openinference.span.kind": "RETRIEVER", "input.value": "parcel 7", "output.value": "[…]",
         "retrieval.documents.0.document.content": "Parcel 7 left Lisbon.",
         "retrieval.documents.1.document.content": "Parcel 8 did not.", "retrieval.documents.1.document.score": 0.3},
        {"openinference.span.kind": "EMBEDDING", "embedding.model_name": "e-1",
         "embedding.embeddings.0.embedding.text": "parcel 7", "embedding.embeddings.0.embedding.vector": [0.5, 1.0]},
        {"gen_ai.operation.name": "embeddings", "gen_ai.request.model": "e-1", "input.value": "parcel 7"},
        {"gen_ai.operation.name": "execute_tool", "gen_ai.tool.name": "where_is",
         "gen_ai.tool.call.arguments": '{"parcel":7}', "gen_ai.tool.call.result": "Lisbon"},
        {"openinference.span.kind": "TOOL", "tool.name": "where_is", "input.value": '{"parcel":7}',
         "output.value": "Lisbon"},
        {"traceloop.span.kind": "tool", "traceloop.entity.name": "where_is",
         "traceloop.entity.input": '{"parcel":7}', "traceloop.entity.output": "Lisbon"},
    ]  # fmt: skip
    export(port, *(span(each, [], spanId=f"{n + 1:016x}") for n, each in enumerate(spans)))
    found = sorted(rows(log), key=lambda row: row["span_id"])
    texts = ["Parcel 7 left Lisbon.", "Parcel 8 did not."]
    retrievals, embeddings, tools = found[:2], found[2:4], found[4:]
    assert [(row["gen_ai_input_messages"], row["gen_ai_retrieval_documents"]) for row in retrievals] == [
        ("parcel 7", texts)
    ] * 2
    message = '[{"role":"user","parts":[{"type":"text","content":"parcel 7"}]}]'
    assert [(row["gen_ai_input_messages"], row["gen_ai_request_model"]) for row in embeddings] == [(message, "e-1")] * 2
    assert embeddings[0]["embedding"] == [0.5, 1.0]
    told = [(row["gen_ai_tool_name"], row["gen_ai_input_messages"], row["gen_ai_output_messages"]) for row in tools]
    assert told == [("where_is", '{"parcel":7}', "Lisbon")] * 3


def test_a_retriever_of_langchain_by_openllmetry_is_a_retrieval(log: SqliteLog, port: int) -> None:
    said = {"gen_ai.operation.name": "vector_db_retrieve", "gen_ai.provider.name": "langchain",
            "traceloop.span.kind": "task", "traceloop.entity.name": "Known",
            "traceloop.entity.input": json.dumps({"query": "parcel 7", "tags": []}),
            "traceloop.entity.output": json.dumps({"documents": [{"page_content": "It left.", "metadata": {}}]}),
            "traceloop.association.properties.ls_retriever_name": "known"}  # fmt: skip
    export(port, span(said, []))
    (row,) = rows(log)
    assert row["gen_ai_operation_name"] == "retrieval"
    assert (row["gen_ai_input_messages"], row["gen_ai_retrieval_documents"]) == ("parcel 7", ["It left."])
    assert row.keys().isdisjoint({"gen_ai_provider_name", "gen_ai_tool_name", "gen_ai_output_messages", "tags"})


LITELLM: dict[str, Any] = {
    "gen_ai.operation.name": "chat",
    "gen_ai.system": "openai",
    "gen_ai.request.model": "gpt-4o",
    "gen_ai.usage.input_tokens": 1200,
    "gen_ai.usage.output_tokens": 69,
    "metadata.usage_object": "{'prompt_tokens': 1200, 'completion_tokens_details': {'audio_tokens': None, "
    "'reasoning_tokens': 64}, 'prompt_tokens_details': {'cached_tokens': 1024, 'cache_creation_tokens': 0}}",
    "gen_ai.cost.total_cost": 0.0125,
    "gen_ai.cost.input_cost": 0.01,
    "litellm.call_id": "4731d3a6-f2ff-4034-af7d-8ea5575a4551",
    "litellm.provider.model": "openai/gpt-4o",
    "gen_ai.response.finish_reasons": '["tool_calls"]',
}
"""As LiteLLM's own callback writes it."""


def test_what_litellm_says_in_its_own_way_is_found(log: SqliteLog, port: int) -> None:
    asked = [{"role": "tool", "parts": [{"type": "text", "content": "Lisbon"}], "tool_call_id": "call_1"}]
    said = {
        **LITELLM,
        "gen_ai.input.messages": json.dumps(asked),
        "gen_ai.output.messages": '[{"role": "assistant", "parts": [], "finish_reason": "tool_calls"}]',
        "gen_ai.completion.0.function_call.name": "where_is",
        "gen_ai.completion.0.function_call.arguments": '{"parcel": 7}',
        "gen_ai.completion.1.function_call.name": "when",
    }
    export(port, span(said, []))
    (row,) = rows(log)
    assert json.loads(row["gen_ai_input_messages"]) == [
        {"role": "tool", "parts": [{"type": "tool_call_response", "id": "call_1", "response": "Lisbon"}]}
    ]
    assert row["gen_ai_output_messages"] == (
        '[{"role":"assistant","parts":[{"type":"tool_call","name":"where_is","arguments":{"parcel":7}},'
        '{"type":"tool_call","name":"when"}],"finish_reason":"tool_call"}]'
    )
    assert row["gen_ai_response_finish_reasons"] == ["tool_call"] and float(row["cost"]) == 0.0125
    tokens = {name[13:]: count for name, count in row.items() if name.startswith("gen_ai_usage_")}
    assert tokens == {
        "input_tokens": 1200, "output_tokens": 69, "cache_read_input_tokens": 1024, "reasoning_output_tokens": 64
    }  # fmt: skip


def test_an_id_of_litellms_own_is_none_of_the_providers(log: SqliteLog, port: int) -> None:
    said = {**LITELLM, "gen_ai.operation.name": "embedding", "gen_ai.system": "", "gen_ai.usage.output_tokens": 0}
    export(port, span({**said, "gen_ai.response.id": LITELLM["litellm.call_id"]}, []))
    (row,) = rows(log)
    assert (row["gen_ai_operation_name"], row["gen_ai_provider_name"]) == ("embeddings", "openai")
    assert row.keys().isdisjoint({"gen_ai_response_id", "gen_ai_usage_output_tokens"})


def test_the_model_that_was_asked_for_has_not_answered_where_nothing_has(log: SqliteLog, port: int) -> None:
    said = {"openinference.span.kind": "LLM", "llm.model_name": "gpt-4o", "llm.output_messages.0.message.role": "ai"}
    export(port, span(said, [], **FAILED))
    (row,) = rows(log)
    assert row["gen_ai_request_model"] == "gpt-4o" and row["error_type"] == "429"
    assert row.keys().isdisjoint({"gen_ai_response_model", "gen_ai_output_messages"})


def test_an_answer_of_langchain_tells_who_has_answered(log: SqliteLog, port: int) -> None:
    info = {"finish_reason": "stop", "model_name": "gpt-4o-2024-08-06"}
    answer = {"generations": [[{"text": "hi", "generation_info": info}]], "llm_output": {"id": "chatcmpl-1"}}
    export(port, span({"openinference.span.kind": "LLM", "llm.model_name": "gpt-4o",
                       "output.value": json.dumps(answer)}, []))  # fmt: skip
    (row,) = rows(log)
    assert (row["gen_ai_request_model"], row["gen_ai_response_model"]) == ("gpt-4o", "gpt-4o-2024-08-06")
    assert row["gen_ai_response_id"] == "chatcmpl-1"


def test_what_is_said_stands_before_what_is_called(log: SqliteLog, port: int) -> None:
    call, text = {"type": "tool_call", "id": "1", "name": "f", "arguments": {}}, {"type": "text", "content": "I look."}
    said = [{"role": "assistant", "parts": [call, text]}, {"role": "assistant", "parts": [call, text, call]}]
    export(port, span({"gen_ai.operation.name": "chat", "gen_ai.input.messages": json.dumps(said)}, []))
    first, mixed = json.loads(rows(log)[0]["gen_ai_input_messages"])
    assert first["parts"] == [text, call] and mixed["parts"] == [call, text, call]


def test_the_first_chunk_of_a_stream_is_a_time(log: SqliteLog, port: int) -> None:
    first = {"name": "First Token Stream Event", "timeUnixNano": "1767268800250000000"}
    export(port, span({"openinference.span.kind": "LLM", "llm.model_name": "m"}, [first]))
    assert rows(log)[0]["gen_ai_response_time_to_first_chunk"] == 0.25


def test_who_asked_and_tags_are_found(log: SqliteLog, port: int) -> None:
    association = "traceloop.association.properties."
    export(port, span({"gen_ai.request.model": "m", f"{association}user_id": "ann", f"{association}region": "eu",
                       f"{association}session_id": "s-1"}, []))  # fmt: skip
    (row,) = rows(log)
    assert (row["user_id"], row["gen_ai_conversation_id"], row["tags"]) == ("ann", "s-1", {"region": "eu"})


def test_a_judgement_in_a_span_is_feedback_on_its_call(log: SqliteLog, port: int) -> None:
    judged = {"gen_ai.evaluation.name": "helpfulness", "gen_ai.evaluation.score.value": 0.5,
              "gen_ai.evaluation.score.label": "so-so", "gen_ai.evaluation.explanation": "short"}  # fmt: skip
    events = [{"name": "gen_ai.evaluation.result", "timeUnixNano": "1767268801000000000", "attributes": pairs(judged)}]
    export(port, span({"gen_ai.request.model": "m"}, events))
    (feedback,) = [row for row in rows(log) if row["gen_ai_operation_name"] == "feedback"]
    assert feedback["target_id"] == f"{SPAN_ID}-{TRACE_ID[:8]}" and feedback["service_name"] == "shop"
    assert (feedback["gen_ai_evaluation_name"], feedback["gen_ai_evaluation_score_value"]) == ("helpfulness", 0.5)
    assert feedback["gen_ai_evaluation_score_label"] == "so-so" and feedback["time"] == 1_767_268_801_000_000


def test_plain_json_by_the_conventions_own_names_is_the_same_row(log: SqliteLog, port: int) -> None:
    names = {column.name: column.attribute for column in COLUMNS}
    event = {names[name]: cell for name, cell in ROW.items()}
    assert post(port, "/v1/events", json.dumps(event).encode()).told == {"accepted": 1, "refused": []}
    assert rows(log) == [ROW]
