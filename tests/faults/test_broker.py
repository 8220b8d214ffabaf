"""The broker gone under load, in order or killed, for a moment or for long: a worker takes up where it was."""

from __future__ import annotations

import time

import pytest

from tests.faults.conftest import Start
from tests.faults.door import door
from tests.running import Load, Query, Traffic, settle, stored, until
from tests.servers.kafka import KafkaBroker
from windvane.collectors.log.kafka import KafkaLog

LONG_S = 15


@pytest.mark.timeout(600)  # each of its waits has a bound of its own
def test_a_broker_that_is_restarted_or_down_for_long_loses_nothing(
    kafka: KafkaBroker, log: KafkaLog, start: Start, query: Query
) -> None:
    if not kafka.owned:
        pytest.skip("the broker of WINDVANE_TEST_KAFKA is not this run's to stop")

    def work_goes_on() -> None:
        before = stored(query, log.topic)
        until(lambda: stored(query, log.topic) > before + 500, "work goes on", 150)

    child = start()
    with Load(log, log.topic, pause_s=0.1) as load:
        work_goes_on()
        kafka.stop()
        kafka.start()
        work_goes_on()
        kafka.kill()
        late = start()
        time.sleep(LONG_S)
        kafka.start()
        work_goes_on()
        assert child.process.poll() is None
        child.kill()
        work_goes_on()
    settle(query, load.traffic, 90)
    assert load.repeats > 0 and late.process.poll() is None


def test_a_worker_whose_broker_goes_away_while_it_starts_waits_for_it(
    kafka: KafkaBroker, log: KafkaLog, start: Start, query: Query
) -> None:
    traffic = Traffic(log, log.topic)
    traffic.send(1000)
    with door(kafka.bootstrap, turn_away=4) as way:
        child = start(way.address)
        settle(query, traffic)
        assert way.callers > 1 + way.turn_away and child.process.poll() is None
