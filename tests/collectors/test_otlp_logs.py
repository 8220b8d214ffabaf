"""Log records over OTLP: messages come to their call whichever comes first, and what cannot be joined is said."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from tests.collectors.dialects import (
    DIALECTS,
    ROW,
    SPAN_ID,
    TRACE_ID,
    UNKNOWN,
    in_protobuf,
    logs,
    message_bodies,
    newest_messages,
    traces,
)
from tests.collectors.dialects import log as record
from tests.collectors.gateways import Answer, gateway, get, post, rows, stored
from tests.running import until
from windvane.collectors.envelope import unpack
from windvane.collectors.gateway.otlp.settling import settle
from windvane.collectors.log.sqlite import SqliteLog

BARE = {
    **DIALECTS["semconv 1.36"],
    "events": [],
}
"""A span without its messages: these come as log records."""
MESSAGES = [record(name, body) for name, body in message_bodies()]
DETAILS = "gen_ai.client.inference.operation.details"


@pytest.fixture
def log(tmp_path: Path) -> Iterator[SqliteLog]:
    with closing(SqliteLog(tmp_path / "log.sqlite", topic="t")) as opened:
        yield opened


def send(port: int, request: dict[str, Any], encoding: str = "application/json") -> Answer:
    path = "/v1/traces" if "resourceSpans" in request else "/v1/logs"
    body = json.dumps(request).encode() if encoding == "application/json" else in_protobuf(request)
    return post(port, path, body, Content_Type=encoding)


def later(port: int, request: dict[str, Any], encoding: str = "application/json") -> Future[Answer]:
    """Send from another thread; return once the gateway has had time to hold it."""
    pool = ThreadPoolExecutor(1)
    future = pool.submit(send, port, request, encoding)
    pool.shutdown(wait=False)
    time.sleep(0.3)
    return future


def expected() -> dict[str, Any]:
    return {name: cell for name, cell in ROW.items() if name not in UNKNOWN["semconv 1.36"]}


def counted(port: int) -> dict[str, int]:
    return dict(get(port, "/v1/unmapped.json").told.get("log_records", {}))


def test_records_are_answered_where_they_hold_back_others_of_the_same_spans(log: SqliteLog) -> None:
    """An exporter sends one request at a time: what it has not sent yet would never come in time."""
    second = "00f067aa0ba902b8"
    others = [each | {"spanId": second} for each in MESSAGES]
    with gateway(log, join_s=20) as port:
        first = later(port, logs(*MESSAGES, others[0]))
        spans = later(port, traces(BARE, BARE | {"spanId": second}))
        assert first.result(10).status == 200, "answered, so that the next can be sent"
        assert not spans.done() and stored(log) == [], "its spans are not: they will be sent again if all is lost"
        assert send(port, logs(*others[1:])).status == 200
        assert spans.result(10).status == 200
        assert counted(port) == {"joined": 2 * len(MESSAGES)}
    found = rows(log)
    assert {row["span_id"] for row in found} == {SPAN_ID, second}
    for name in ("gen_ai_input_messages", "gen_ai_output_messages", "gen_ai_system_instructions"):
        assert [row[name] for row in found] == [ROW[name]] * 2


@pytest.mark.parametrize("encoding", ["application/json", "application/x-protobuf"])
def test_records_that_come_first_are_held_for_their_span(log: SqliteLog, encoding: str) -> None:
    with gateway(log, join_s=20) as port:
        held = later(port, logs(*MESSAGES), encoding)
        assert not held.done() and stored(log) == [], "answered before it was durable"
        assert send(port, traces(BARE), encoding).status == 200
        assert held.result(10).status == 200
        (row,) = rows(log)
        row.pop("attributes")
        assert row == expected()
        assert counted(port) == {"joined": 5}


def test_a_span_is_held_for_records_of_a_service_that_sends_them(log: SqliteLog) -> None:
    with gateway(log, join_s=20) as port:
        first = later(port, logs(record("gen_ai.choice", {"message": {"content": "x"}}, spanId="a" * 16)))
        send(port, traces({**BARE, "spanId": "a" * 16}))
        assert first.result(10).status == 200
        held = later(port, traces(BARE))
        assert not held.done() and len(rows(log)) == 1
        assert send(port, logs(*MESSAGES)).status == held.result(10).status == 200
        (row,) = [row for row in rows(log) if row["span_id"] == SPAN_ID]
        row.pop("attributes")
        assert row == expected()


def test_the_first_spans_of_a_service_wait_once_to_see_whether_records_come(log: SqliteLog) -> None:
    with gateway(log, join_s=0.5) as port:
        took = []
        for n in range(3):
            begun = time.monotonic()
            assert send(port, traces({**BARE, "spanId": f"{n + 1:016x}"})).status == 200
            took.append(time.monotonic() - begun)
        assert took[0] > 0.5 > max(took[1:])


def test_records_of_one_call_may_come_in_two_requests(log: SqliteLog) -> None:
    with gateway(log, join_s=20) as port:
        asked = later(port, logs(*MESSAGES[:4]))
        held = later(port, traces(BARE))
        assert not held.done(), "the answer is still to come"
        assert [send(port, logs(*MESSAGES[4:])).status, asked.result(10).status, held.result(10).status] == [200] * 3
        (row,) = rows(log)
        row.pop("attributes")
        assert row == expected()


def test_messages_whose_span_does_not_come_are_refused_in_words(log: SqliteLog) -> None:
    with gateway(log, join_s=0.2) as port:
        answer = send(port, logs(*MESSAGES))
        assert answer.status == 200 and answer.told["partialSuccess"]["rejectedLogRecords"] == "5"
        assert "its span has not come" in answer.told["partialSuccess"]["errorMessage"]
        assert stored(log) == [] and counted(port) == {"alone": 5, "refused": 5}


def test_messages_whose_span_is_stored_are_refused_in_words(log: SqliteLog) -> None:
    with gateway(log, join_s=20) as port:
        assert send(port, traces(BARE)).status == 200
        answer = send(port, logs(*MESSAGES))
        assert "its span is stored without it" in answer.told["partialSuccess"]["errorMessage"]
        assert len(rows(log)) == 1


def test_a_span_without_its_records_is_taken_when_the_time_is_over(log: SqliteLog) -> None:
    with gateway(log, join_s=0.5) as port:
        send(port, logs(*MESSAGES))
        assert send(port, traces(BARE)).status == 200
        (row,) = rows(log)
        assert row["gen_ai_usage_input_tokens"] == 120 and "gen_ai_input_messages" not in row


def test_a_span_that_says_all_itself_waits_for_nothing(log: SqliteLog) -> None:
    with gateway(log, join_s=20) as port:
        held = later(port, logs(*MESSAGES))
        send(port, traces(BARE))
        held.result(10)
        begun = time.monotonic()
        assert send(port, traces({**DIALECTS["semconv 1.37"], "spanId": "b" * 16})).status == 200
        assert time.monotonic() - begun < 10


def details(**more: Any) -> dict[str, Any]:
    attributes = {"gen_ai.operation.name": "chat", "gen_ai.provider.name": "openai", "gen_ai.request.model": "gpt-4o",
                  "gen_ai.usage.input_tokens": 120, **newest_messages()}  # fmt: skip
    return record(DETAILS, None, attributes, **more)


def test_a_record_that_says_all_is_joined_to_its_span(log: SqliteLog) -> None:
    with gateway(log, join_s=20) as port:
        held = later(port, logs(details()))
        assert send(port, traces(BARE)).status == held.result(10).status == 200
        (row,) = rows(log)
        row.pop("attributes")
        assert row == expected()


def test_a_record_that_says_all_is_a_call_by_itself_where_no_span_comes(log: SqliteLog) -> None:
    with gateway(log, join_s=0.2) as port:
        assert send(port, logs(details())).told == {}
        assert send(port, logs(details(traceId="", spanId=""))).told == {}
        first, second = rows(log)
        for name in ("gen_ai_input_messages", "gen_ai_output_messages", "gen_ai_system_instructions"):
            assert first[name] == second[name] == ROW[name]
        assert first["id"] == ROW["id"] and "id" not in second
        assert first["gen_ai_usage_input_tokens"] == 120 and "gen_ai_client_operation_duration" not in first


def test_a_record_that_only_repeats_its_span_is_taken_without_a_word(log: SqliteLog) -> None:
    with gateway(log, join_s=20) as port:
        send(port, traces(DIALECTS["semconv 1.37"]))
        assert send(port, logs(details())).told == {}
        assert len(rows(log)) == 1 and counted(port) == {"repeated": 1}


def test_where_the_log_fails_both_are_told_to_come_back(log: SqliteLog) -> None:
    with gateway(log, join_s=20) as port:
        held = later(port, logs(*MESSAGES))
        log.close()
        assert [send(port, traces(BARE)).status, held.result(10).status] == [503, 503]


def test_a_mistake_of_ours_leaves_nobody_waiting(log: SqliteLog, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*_: object) -> None:
        raise KeyError("a mistake")

    with gateway(log, join_s=20) as port:
        held = later(port, logs(*MESSAGES))
        monkeypatch.setattr("windvane.collectors.gateway.otlp.routes.rows_of", fails)
        answer = send(port, traces(BARE))
        assert (answer.status, answer.told["message"]) == (500, "a mistake of the gateway's: KeyError")
        assert held.result(10).status == 503
        monkeypatch.undo()
        assert get(port, "/v1/unmapped.json").told["mistakes"] == {"/v1/traces": 1}


def test_a_span_that_cannot_be_mapped_does_not_cost_the_others(log: SqliteLog, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(span: Any, *rest: Any) -> None:
        if span.span_id == "c" * 16:
            raise KeyError("a mistake")
        settle(span, *rest)

    monkeypatch.setattr("windvane.collectors.gateway.otlp.mapping.settle", fails)
    with gateway(log, join_s=0) as port:
        answer = send(port, traces({**BARE, "spanId": "c" * 16}, BARE))
        assert answer.told["partialSuccess"]["rejectedSpans"] == "1" and len(rows(log)) == 1
        assert get(port, "/v1/unmapped.json").told["mistakes"] == {"spans": 1}


def test_without_waiting_nothing_is_joined(log: SqliteLog) -> None:
    with gateway(log, join_s=0) as port:
        assert send(port, logs(*MESSAGES)).told["partialSuccess"]["rejectedLogRecords"] == "5"
        assert send(port, logs(details())).told == {} and len(rows(log)) == 1


def test_judgements_become_feedback_and_other_records_are_counted(log: SqliteLog) -> None:
    judged = {"gen_ai.evaluation.name": "grounded", "gen_ai.evaluation.score.value": 1}
    with gateway(log, join_s=20) as port:
        other = {**record("", "a line of a program"), "eventName": ""}
        by_response = record("gen_ai.evaluation.result", None, {**judged, "gen_ai.response.id": "r-1"}, spanId="")
        assert send(port, logs(record("gen_ai.evaluation.result", None, judged), other, by_response)).told == {}
        targets = [row["target_id"] for row in rows(log) if row["gen_ai_operation_name"] == "feedback"]
        assert targets == [f"{SPAN_ID}-{TRACE_ID[:8]}", "r-1"]
        assert get(port, "/v1/unmapped.json").told["left_out_log_records"] == {"without a name": 1}
        again = send(port, logs(record("gen_ai.evaluation.result", None, judged), other, by_response))
        assert again.status == 200
        assert len({unpack(each.value).header.source for each in stored(log)}) == 1, "a repeat is known as one"


def test_what_is_held_counts_as_memory(log: SqliteLog) -> None:
    body = json.dumps(logs(*MESSAGES)).encode()
    with gateway(log, join_s=3, max_waiting_bytes=len(body) + 100) as port:
        held = later(port, logs(*MESSAGES))
        answer = post(port, "/v1/logs", body, Content_Type="application/json")
        assert (answer.status, answer.headers["Retry-After"]) == (429, "1")
        assert held.result(10).status == 200
        until(lambda: send(port, logs(details())).status == 200, "its memory is free again", 30)


def test_many_threads_of_spans_and_records_join_all(log: SqliteLog) -> None:
    """As a busy app's two exporters would, in any order."""
    with gateway(log, join_s=20) as port:
        ids = [f"{n + 1:016x}" for n in range(40)]
        requests = [logs(*({**each, "spanId": id} for each in MESSAGES)) for id in ids]
        requests += [traces({**BARE, "spanId": id}) for id in ids]
        warm = later(port, logs(*MESSAGES))
        send(port, traces(BARE))
        warm.result(10)
        barrier = threading.Barrier(8)

        def run(mine: list[dict[str, Any]]) -> list[int]:
            barrier.wait()
            return [send(port, request).status for request in mine]

        # Each thread has only one side of its calls, so that none waits for what it would send itself.
        parts = [requests[n * 10 : n * 10 + 10] for n in range(8)]
        with ThreadPoolExecutor(8) as pool:
            assert {status for statuses in pool.map(run, parts) for status in statuses} == {200}
        told = [row for row in rows(log) if row["span_id"] in ids]
        assert len(told) == 40 and all("gen_ai_output_messages" in row for row in told)
