"""The server that stands in for ClickHouse speaks its protocol: clickhouse-connect works with it unmodified."""

from __future__ import annotations

import time
import urllib.error
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import urlsplit

import clickhouse_connect
import pyarrow as pa
import pytest
from clickhouse_connect.driver.exceptions import DatabaseError, OperationalError

from tests.servers.clickhouse import ClickHouseServer


def connect(server: ClickHouseServer, **more: Any) -> Any:
    parts = urlsplit(server.url)
    return clickhouse_connect.get_client(host=parts.hostname, port=parts.port, **more)


@pytest.fixture
def client(clickhouse: ClickHouseServer) -> Any:
    return connect(clickhouse, autogenerate_session_id=False)


def table(client: Any, name: str, settings: str = "") -> None:
    client.command(f"DROP TABLE IF EXISTS {name}")
    client.command(f"CREATE TABLE {name} (a UInt32, s String) ENGINE = MergeTree ORDER BY a {settings}")


def test_queries_take_parameters_and_settings(client: Any) -> None:
    rows = client.query(
        "SELECT {a:UInt8} + 1, {b:String}, {c:Array(String)}, {n:Nullable(String)}",
        parameters={"a": 4, "b": "x'y\t\\\n", "c": ["ü", "'"], "n": None},
        settings={"max_threads": 1},
    )
    assert rows.result_rows == [(5, "x'y\t\\\n", ["ü", "'"], None)]


def test_settings_hold_for_one_query(client: Any) -> None:
    asked = "SELECT getSetting('max_result_rows')"
    assert client.query(asked, settings={"max_result_rows": 7}).result_rows == [(7,)]
    assert client.query(asked).result_rows == [(0,)]
    with pytest.raises(DatabaseError, match="TOO_MANY_ROWS"):
        client.query("SELECT number FROM numbers(100)", settings={"max_result_rows": 7})


@pytest.mark.parametrize("compress", [True, False, "lz4", "zstd", "gzip"])
def test_rows_and_arrow_go_in_and_out_however_compressed(clickhouse: ClickHouseServer, compress: bool | str) -> None:
    client = connect(clickhouse, compress=compress)
    table(client, "packed")
    client.insert("packed", [[number, "x" * 50] for number in range(5000)], column_names=["a", "s"])
    client.insert_arrow("packed", pa.table({"a": pa.array(range(5000), pa.uint32()), "s": ["ü'\n"] * 5000}))
    assert client.query("SELECT count(), uniqExact(s) FROM packed").result_rows == [(10_000, 2)]
    assert client.query_arrow("SELECT a FROM packed WHERE s = 'ü\\'\\n' ORDER BY a").num_rows == 5000


def test_a_block_with_a_token_counts_once(client: Any) -> None:
    table(client, "once", "SETTINGS non_replicated_deduplication_window = 9")
    block = pa.table({"a": pa.array([1, 2], pa.uint32()), "s": ["", ""]})
    for token in ("one", "one", "two"):
        client.insert_arrow("once", block, settings={"insert_deduplication_token": token})
    assert client.query("SELECT count() FROM once").result_rows == [(4,)]


def test_each_client_has_its_database(clickhouse: ClickHouseServer, client: Any) -> None:
    client.command("CREATE DATABASE IF NOT EXISTS other")
    other = connect(clickhouse, database="other")
    table(other, "here")
    other.insert("here", [[1, ""]], column_names=["a", "s"])
    assert client.command("SELECT count() FROM other.here") == 1
    assert client.command("EXISTS TABLE here") == 0
    assert (client.command("SELECT currentDatabase()"), other.command("SELECT currentDatabase()")) == (
        "default",
        "other",
    )


@pytest.mark.parametrize(
    ("sql", "code"),
    [("SELECT * FROM nowhere", 60), ("SELECT * FROM nodb.t", 81), ("SELECT nope", 47), ("SELEC 1", 62)],
)
def test_errors_carry_clickhouses_code(client: Any, sql: str, code: int) -> None:
    with pytest.raises(DatabaseError, match=f"[Cc]ode: {code}") as caught:
        client.query(sql)
    assert getattr(caught.value, "code", None) == code


def test_plain_http_is_answered(clickhouse: ClickHouseServer) -> None:
    def ask(path: str, body: bytes | None = None) -> bytes:
        with urllib.request.urlopen(clickhouse.url + path, body, timeout=10) as answer:
            return bytes(answer.read())

    assert ask("/ping") == b"Ok.\n"
    assert ask("/?query=SELECT+1,2") == b"1\t2\n"
    assert ask("/", b"SELECT 1 AS a FORMAT JSONEachRow") == b'{"a":1}\n'
    with pytest.raises(urllib.error.HTTPError) as caught:
        ask("/?query=SELECT+nope")
    assert (caught.value.code, caught.value.headers["X-ClickHouse-Exception-Code"]) == (500, "47")
    assert b"UNKNOWN_IDENTIFIER" in caught.value.read()


def test_eight_queries_run_at_once(client: Any) -> None:
    start = time.monotonic()
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda number: client.command(f"SELECT {number} + sleep(0.5)"), range(8)))
    assert answers == list(range(8)) and time.monotonic() - start < 3


def test_it_refuses_inserts_when_told_and_survives_kill_9(clickhouse: ClickHouseServer, client: Any) -> None:
    table(client, "kept")
    client.insert("kept", [[1, ""]], column_names=["a", "s"])
    clickhouse.refuse_inserts(True)
    with pytest.raises(DatabaseError, match="TOO_MANY_PARTS"):
        client.insert("kept", [[2, ""]], column_names=["a", "s"])
    clickhouse.refuse_inserts(False)
    clickhouse.kill()
    try:
        with pytest.raises(OperationalError):
            client.query("SELECT 1")
    finally:
        clickhouse.start()
    assert client.query("SELECT a FROM kept").result_rows == [(1,)]
