"""Faust's way to Kafka, changed in two points: the store says where to begin, and a broker that is away is waited for.

Faust's committed offsets are only a hint: its start offsets come from the store.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final

import faust
from aiokafka.errors import KafkaConnectionError
from faust.transport.drivers import aiokafka as driver
from faust.types import TP

__all__ = ["Starts", "make_transport"]

_log: Final = logging.getLogger("windvane.stream")
_RETRY_S: Final = 0.5

Starts = Callable[[set[TP]], Awaitable[dict[TP, int]]]
"""Takes the assigned partitions over, and returns the offset to read next, for each."""


def make_transport(app: faust.App, topic: str, starts: Starts, wait_s: float) -> driver.Transport:
    """Return the transport of `app`. Where no broker answers when it begins, it asks again for `wait_s`."""

    def patient(client: Any) -> None:
        client.bootstrap = _patient(client.bootstrap, lambda: bool(app.should_stop), wait_s)

    class Thread(driver.AIOKafkaConsumerThread):  # type: ignore[misc]
        def _create_consumer(self, loop: asyncio.AbstractEventLoop) -> Any:
            consumer = super()._create_consumer(loop)
            patient(consumer._client)
            return consumer

    class Consumer(driver.Consumer):  # type: ignore[misc]
        def _new_consumer_thread(self) -> driver.AIOKafkaConsumerThread:
            return Thread(self, loop=self.loop, beacon=self.beacon)

        async def seek_to_committed(self) -> Mapping[TP, int]:
            committed = await super().seek_to_committed()
            begin = await starts({tp for tp in self.assignment() if tp.topic == topic})
            if begin:
                await self.seek_wait(begin)
            return {**committed, **begin}

    class Producer(driver.Producer):  # type: ignore[misc]
        def _new_producer(self, transactional_id: str | None = None) -> Any:
            producer = super()._new_producer(transactional_id)
            patient(producer.client)
            return producer

    class Transport(driver.Transport):  # type: ignore[misc]
        pass

    Transport.Consumer, Transport.Producer = Consumer, Producer
    for service in (Thread, Consumer, Producer):
        service.logger = driver.logger  # what Faust says in them is not ours
    return Transport(app.conf.broker_consumer, app)


def _patient(
    bootstrap: Callable[[], Awaitable[None]], stopped: Callable[[], bool], wait_s: float
) -> Callable[[], Awaitable[None]]:
    """Return `bootstrap`, asked again while no broker answers: one that answered a moment ago may just have died."""

    async def asked_again() -> None:
        deadline, said = time.monotonic() + wait_s, False
        while True:
            try:
                return await bootstrap()
            except KafkaConnectionError as error:
                if stopped() or time.monotonic() > deadline:
                    raise
                if not said:
                    _log.warning("%s. Trying again for %.0f s", error, wait_s)
                said = True
                await asyncio.sleep(_RETRY_S)

    return asked_again
