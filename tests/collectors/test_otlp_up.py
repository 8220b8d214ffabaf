"""OTLP into `windvane up`: from a span to a row that a query sees, once, by those who have a key."""

from __future__ import annotations

from pathlib import Path

from tests.collectors.dialects import DIALECTS, ROW, in_protobuf, log, logs, message_bodies, traces
from tests.collectors.gateways import post
from tests.running import Up, until
from windvane.collectors.gateway.keys import make_key

COLUMNS = (
    "gen_ai_provider_name",
    "gen_ai_request_model",
    "gen_ai_usage_input_tokens",
    "gen_ai_client_operation_duration",
)


def test_a_span_and_its_messages_are_one_row_however_often_they_are_sent(tmp_path: Path) -> None:
    secret = make_key(tmp_path / "keys.toml", "shop")
    up = Up(tmp_path / "up", WINDVANE_GATEWAY_KEYS=str(tmp_path / "keys.toml"))
    try:
        kind = {"Content_Type": "application/x-protobuf"}
        span = in_protobuf(traces(DIALECTS["semconv 1.37"]))
        assert post(up.port, "/v1/traces", span, **kind).status == 401
        for _ in range(3):
            assert post(up.port, "/v1/traces", span, x_api_key=secret, **kind).status == 200
        late = post(up.port, "/v1/logs", in_protobuf(logs(log(*message_bodies()[1]))), x_api_key=secret, **kind)
        assert late.status == 200
        asked = f"SELECT id, {', '.join(COLUMNS)} FROM calls"
        expected = [{"id": ROW["id"]} | {name: ROW[name] for name in COLUMNS}]
        until(lambda: up.query(asked) == expected, "the call is stored, once")
        (texts,) = up.query("SELECT gen_ai_input_messages, gen_ai_output_messages FROM texts")
        assert texts == {name: ROW[name] for name in ("gen_ai_input_messages", "gen_ai_output_messages")}
        books = "SELECT sum(accepted) AS taken, sum(duplicates) AS again, sum(stored) AS stored FROM ledger"
        until(lambda: up.query(books) == [{"taken": 3, "again": 2, "stored": 1}], "the books are right")
        assert up.health()[0] == 200
    finally:
        assert up.child.terminate() == 0
