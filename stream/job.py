"""The Faust worker: it drives the partitions that it owns."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any, Final
from urllib.parse import urlsplit

import faust
from faust.types import TP

from windvane.collectors.log.topics import wait_for_topic
from windvane.errors import ConfigError
from windvane.stream.owned import Owned
from windvane.stream.transport import make_transport

__all__ = ["make_app"]

_TICK_S: Final = 0.05


def make_app(
    bootstrap: str, topic: str, owned_of: Callable[[int], Owned], *, group: str, data_dir: str, wait_s: float = 120.0
) -> faust.App:
    """Return the Faust app that drives `topic`. `owned_of` is called once, on its loop, with the number of partitions.

    Blocks up to `wait_s` for a broker that has the topic.

    Raises:
        ConfigError: `bootstrap` is no list of host:port.
        LogError: no broker answered in that time, or it has no such topic.
    """
    servers = [server for server in bootstrap.split(",") if urlsplit(f"kafka://{server}").port]
    if not servers:
        raise ConfigError(f"{bootstrap!r} is no broker: use host:port[,host:port]")
    # Without a broker Faust would end, without the topic it would idle for good.
    partitions = wait_for_topic(bootstrap, topic, wait_s)
    app = faust.App(
        group,
        broker=";".join(f"kafka://{server}" for server in servers),
        datadir=data_dir,
        store="memory://",
        web_enabled=False,
        topic_disable_leader=True,
        topic_allow_declare=False,
        stream_buffer_maxsize=64,
        stream_wait_empty=False,
        consumer_auto_offset_reset="earliest",
        consumer_max_fetch_size=4 << 20,
        # A broker that has just come back may know no topic yet: Faust then shares out nothing, until it looks again.
        consumer_metadata_max_age_ms=3_000,
        broker_commit_interval=2.0,
        broker_session_timeout=10.0,
        broker_heartbeat_interval=2.0,
    )
    made: list[Owned] = []

    def owned() -> Owned:
        if not made:
            made.append(owned_of(partitions))
        return made[0]

    async def starts(assigned: set[TP]) -> dict[TP, int]:
        return await owned().starts(assigned)

    app.transport = make_transport(app, topic, starts, wait_s)
    channel = app.topic(topic, key_type=bytes, value_type=bytes, key_serializer="raw", value_serializer="raw")

    async def seek(tp: TP, offset: int) -> None:
        await app.consumer.seek(tp, offset)

    @app.agent(channel, concurrency=1, name="score")  # type: ignore[untyped-decorator]
    async def score(stream: Any) -> None:
        async for events in stream.noack_take(64, within=_TICK_S):
            await owned().take(events, seek)

    @app.task  # type: ignore[untyped-decorator]
    async def tick() -> None:
        while not app.should_stop:
            await asyncio.sleep(_TICK_S)
            await owned().tick({tp for tp in app.consumer.assignment() if tp.topic == topic}, seek)

    @app.on_partitions_revoked.connect  # type: ignore[untyped-decorator]
    async def revoked(*_: Any, **__: Any) -> None:
        # Kafka takes all partitions back before it hands them out anew, and a worker that was away too long learns
        # here that it was: so nothing is kept across.
        await owned().finish()

    @app.on_before_shutdown.connect  # type: ignore[untyped-decorator]
    async def shutdown(*_: Any, **__: Any) -> None:
        await owned().finish()

    return app
