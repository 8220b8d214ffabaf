"""What every transport promises (`windvane.collectors.transport.base`), asked of each; then each one's own."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import ClassVar

import pytest

import windvane.collectors.transport as package
from tests.apps import Arrived, app, emits, run_app
from tests.collectors.transports import FACTORIES, Place, gateway
from tests.discovery import implementations
from tests.running import until
from tests.servers.process import Child, free_port
from windvane import Client
from windvane.collectors.envelope import Header, pack, unpack
from windvane.collectors.event import INDEX
from windvane.collectors.log.sqlite import SqliteLog
from windvane.collectors.transport.base import Transport
from windvane.collectors.transport.framing import frame
from windvane.collectors.transport.opening import open_transport
from windvane.errors import ConfigError, TransportError


@pytest.fixture(params=implementations(package, Transport), ids=lambda kind: kind.__name__)
def place(request: pytest.FixtureRequest) -> Iterator[Place]:
    factory = FACTORIES.get(request.param)
    if factory is None:
        pytest.fail(f"{request.param.__name__} has no factory: add one to FACTORIES, so that its promises are tested")
    with factory(request) as found:
        yield found


@pytest.fixture
def transport(place: Place) -> Iterator[Transport]:
    opened = open_transport(place.endpoint)
    yield opened
    opened.close()


def record(number: int) -> bytes:
    return pack([], Header(source=f"s{number}"))


def test_what_send_returned_for_is_durable_with_its_key_and_in_order(transport: Transport, place: Place) -> None:
    sent = [("shop/m", record(number)) for number in range(50)]
    transport.send(sent[:1])
    assert place.read() == sent[:1]
    transport.send(sent[1:])
    transport.send([("", record(99)), ("café/m", record(100))])
    found = place.read()
    assert [each for each in found if each[0] == "shop/m"] == sent
    assert {each for each in found if each[0] != "shop/m"} == {("", record(99)), ("café/m", record(100))}


def test_a_transport_may_be_closed_twice(transport: Transport) -> None:
    transport.send([("k", record(1))])
    transport.close()
    transport.close()


def test_an_app_s_events_arrive_once_each_however_it_ends(place: Place) -> None:
    run_app("emit(1000)", place.endpoint)
    run_app(emits(1000, 1000), place.endpoint, killed=True)
    run_app("emit(1, 2000)", place.endpoint)

    def ids() -> list[str]:
        seen, found = set(), []
        for _, value in place.read():
            envelope = unpack(value)
            for number, row in enumerate(envelope.rows, envelope.header.first):
                # As the stream does: an envelope that was sent again, its answer lost, is known by these.
                if (place_ := (envelope.header.source, envelope.header.key, number)) not in seen:
                    seen.add(place_)
                    found.append(row[INDEX["id"]])
        return found

    until(lambda: len(ids()) >= 2001, "all arrive")
    assert sorted(ids()) == sorted(f"shop-{number}" for number in range(2001))


@pytest.mark.parametrize(
    "endpoint",
    [
        "", "nowhere", "localhost:7070", "ftp://host", "http://", "http://:80", "http://host:port", "http://host:0",
        "kafka://", "kafka://a:1,", "kafka://a:one", "file:relative", "file:///", "file://host/path",
    ],
)  # fmt: skip
def test_an_endpoint_that_names_no_transport_is_a_config_error_that_says_what_would(endpoint: str) -> None:
    with pytest.raises(ConfigError, match="use kafka://"):
        Client(endpoint, "shop")


@pytest.mark.parametrize("endpoint", ["http://127.0.0.1:1", "kafka://127.0.0.1:1/topic", "file:///proc/none/x"])
def test_an_endpoint_that_is_not_there_is_a_transport_error_within_seconds(endpoint: str) -> None:
    opened, began = open_transport(endpoint), time.monotonic()
    with pytest.raises(TransportError):
        opened.send([("k", record(1))])
    assert time.monotonic() - began < 40
    opened.close()


# Files.


def test_processes_may_share_a_file(tmp_path: Path) -> None:
    arrived = Arrived(tmp_path / "arrived")
    children = [
        Child(app(f"emit(3000, {begin}, response='x' * 200)", arrived.endpoint), tmp_path / f"{begin}.out")
        for begin in (0, 3000, 6000)
    ]
    assert [child.process.wait(60) for child in children] == [0, 0, 0]
    assert sorted(arrived.read().ids) == sorted(f"shop-{number}" for number in range(9000))


@pytest.mark.parametrize("left", [3, 8, 20])
def test_what_was_half_written_to_a_file_is_cut_off(tmp_path: Path, left: int) -> None:
    arrived, other = Arrived(tmp_path / "arrived"), open_transport((tmp_path / "arrived").as_uri())
    other.send([("k", record(1))])
    for _ in range(2):  # by one that was killed: before this process has the file open, and after
        with arrived.path.open("ab") as file:
            file.write(frame("k", record(2))[:left])
        other.send([("k", record(3))])
        other = open_transport(arrived.endpoint)
    assert set(arrived.read().ledgers) == {"s1", "s3"}
    other.close()


# HTTP.


class Answers(BaseHTTPRequestHandler):
    """A server that does as it is told, beside the real one: the real one never refuses on request."""

    protocol_version = "HTTP/1.1"
    plan: ClassVar[list[tuple[int, dict[str, str]]]] = []
    asked: ClassVar[list[tuple[float, str, bool]]] = []

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        self.asked.append((time.monotonic(), self.headers.get("Authorization", ""), self.close_connection))
        status, headers = self.plan.pop(0) if self.plan else (200, {})
        self.send_response(status)
        for name, value in {"Content-Length": "2", **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(b"{}")

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def answers() -> Iterator[str]:
    Answers.plan, Answers.asked = [], []
    server = HTTPServer(("127.0.0.1", 0), Answers)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def test_a_server_that_says_when_to_come_back_is_asked_no_sooner(answers: str) -> None:
    Answers.plan = [(503, {"Retry-After": "2"})]
    client = Client(f"http://token@{answers}", "shop")
    client.emit(model="m")
    assert client.flush(20) and client.stats().retries == 1 and not client.stats().error
    (first, word, _), (second, _, _) = Answers.asked
    assert 2 <= second - first < 10 and word == "Bearer token"
    client.shutdown()


@pytest.mark.parametrize(("status", "after"), [(400, 30.0), (401, 30.0), (413, 30.0), (500, None), (429, None)])
def test_a_refusal_says_what_the_server_said_and_when_to_try_again(
    answers: str, status: int, after: float | None
) -> None:
    Answers.plan = [(status, {})]
    opened = open_transport(f"http://{answers}")
    with pytest.raises(TransportError, match=f"answered {status}: {{}}") as raised:
        opened.send([("k", record(1))])
    assert raised.value.retry_after == after
    opened.send([("k", record(1))])
    opened.close()


def test_a_server_that_closed_an_idle_connection_is_no_failure(tmp_path: Path) -> None:
    log, port = SqliteLog(tmp_path / "log.sqlite", topic="calls", partitions=1), free_port()
    with gateway(log, port) as url:
        opened = open_transport(url)
        opened.send([("k", record(1))])
    with gateway(log, port):
        opened.send([("k", record(2))])
        assert len(log.read(0, 0)) == 2
    opened.close()
    log.close()


def test_a_connection_that_cannot_be_had_does_not_end_the_sender(tmp_path: Path) -> None:
    # A name that no encoding takes: the library raises what nobody expects of it.
    client = Client("http://" + "a" * 300 + ".example", "shop", spool_dir=tmp_path / "spool")
    client.emit(model="m")
    until(lambda: client.stats().retries > 1, "it goes on trying")
    assert client.stats().error and client.stats().spooled == 1
    client.shutdown(0.1)
