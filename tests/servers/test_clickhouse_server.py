"""The server that stands in for ClickHouse speaks its protocol: clickhouse-connect works with it unmodified."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

import clickhouse_connect
import pyarrow as pa
import pytest
from clickhouse_connect.driver.exceptions import DatabaseError

from tests.servers.clickhouse import ClickHouseServer


@pytest.fixture
def client(clickhouse: ClickHouseServer) -> Any:
    parts = urlsplit(clickhouse.url)
    return clickhouse_connect.get_client(host=parts.hostname, port=parts.port, compress="lz4")


def test_queries_take_parameters_and_settings(client: Any) -> None:
    rows = client.query(
        "SELECT {a:UInt8} + 1, {b:String}", parameters={"a": 4, "b": "x'y"}, settings={"max_threads": 1}
    )
    assert rows.result_rows == [(5, "x'y")]


def test_a_block_with_a_token_counts_once(client: Any) -> None:
    client.command("DROP TABLE IF EXISTS once")
    client.command(
        "CREATE TABLE once (a UInt32) ENGINE = MergeTree ORDER BY a SETTINGS non_replicated_deduplication_window = 9"
    )
    for token in ("one", "one", "two"):
        client.insert_arrow(
            "once", pa.table({"a": pa.array([1, 2], pa.uint32())}), settings={"insert_deduplication_token": token}
        )
    assert client.query("SELECT count() FROM once").result_rows == [(4,)]


def test_errors_carry_clickhouses_code(client: Any) -> None:
    with pytest.raises(DatabaseError, match="UNKNOWN_TABLE") as caught:
        client.query("SELECT * FROM nowhere")
    assert getattr(caught.value, "code", None) == 60
