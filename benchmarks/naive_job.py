"""The Faust job one writes first, to compare with: one JSON event a record, take(1000), an insert a batch.

It scores nothing, keeps no state, and loses or doubles events when it dies. Started by `benchmarks.end_to_end`.
"""

from __future__ import annotations

import sys
from typing import Any
from urllib.parse import urlsplit

import clickhouse_connect
import faust

__all__ = ["COLUMNS", "TABLE"]

COLUMNS = (
    "id time service provider model operation prompt response input_tokens output_tokens latency ttft user session tags"
).split()
TABLE = """CREATE TABLE IF NOT EXISTS naive_events (id String, time Float64, service LowCardinality(String),
provider LowCardinality(String), model LowCardinality(String), operation LowCardinality(String), prompt String,
response String, input_tokens UInt32, output_tokens UInt32, latency Float64, ttft Float64, user String, session String,
tags Map(String, String)) ENGINE = MergeTree ORDER BY (service, time)"""


class Call(faust.Record, serializer="json"):  # type: ignore[misc, call-arg]
    """One call, as an app would send it by hand."""

    id: str
    time: float
    service: str
    provider: str
    model: str
    operation: str
    prompt: str
    response: str
    input_tokens: int
    output_tokens: int
    latency: float
    ttft: float
    user: str
    session: str
    tags: dict[str, str]


def main() -> None:
    """Run until killed: BOOTSTRAP TOPIC STORE DATADIR."""
    bootstrap, topic, store, data_dir = sys.argv[1:5]
    parts = urlsplit(store)
    client = clickhouse_connect.get_client(host=parts.hostname, port=parts.port, autogenerate_session_id=False)
    app = faust.App(f"naive-{topic}", broker=f"kafka://{bootstrap}", datadir=data_dir, store="memory://",
                    web_enabled=False, topic_disable_leader=True, consumer_auto_offset_reset="earliest")  # fmt: skip

    @app.agent(app.topic(topic, value_type=Call), name="insert")  # type: ignore[untyped-decorator]
    async def insert(stream: Any) -> None:
        async for calls in stream.take(1000, within=0.5):
            client.insert("naive_events", [[getattr(call, name) for name in COLUMNS] for call in calls], COLUMNS)

    faust.Worker(app, loglevel="WARNING", redirect_stdouts=False).execute_from_commandline()


if __name__ == "__main__":
    main()
