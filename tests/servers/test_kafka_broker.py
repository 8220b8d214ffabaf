"""The broker of the tests: there, or a line that says how to get one; what it stored outlives it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.servers.kafka import KafkaBroker, NoBroker
from windvane.collectors.log.topics import create_topic, partition_count


def test_what_it_stored_outlives_stop_and_kill(kafka: KafkaBroker) -> None:
    if not kafka.owned:
        pytest.skip("the broker of WINDVANE_TEST_KAFKA is not ours to stop")
    create_topic(kafka.bootstrap, "kept", partitions=3, replication=1, retention_h=1)
    for end in (kafka.stop, kafka.kill):
        end()
        kafka.start()
        assert partition_count(kafka.bootstrap, "kept") == 3


def test_one_that_is_named_is_taken_as_it_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WINDVANE_TEST_KAFKA", "127.0.0.1:9")
    broker = KafkaBroker(tmp_path)
    assert (broker.bootstrap, broker.owned) == ("127.0.0.1:9", False)


def test_without_java_it_says_how_to_get_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("WINDVANE_TEST_KAFKA", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(
        NoBroker, match=r"install Java 17 or newer and Maven; or with Docker: docker run .*WINDVANE_TEST"
    ):
        KafkaBroker(tmp_path)
