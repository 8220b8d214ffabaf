"""Who may send, how much, and what is taken out of it before the log has it."""

from __future__ import annotations

import hmac
import json
import os
import socket
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from tests.collectors.dialects import in_protobuf, span, traces
from tests.collectors.gateways import Answer, gateway, get, post, rows, stored
from tests.running import until, windvane
from windvane.collectors.envelope import Header, pack
from windvane.collectors.gateway import intake
from windvane.collectors.gateway.keys import KeyFile, make_key, read_keys, remove_key
from windvane.collectors.log.sqlite import SqliteLog
from windvane.collectors.transport.framing import frame
from windvane.collectors.transport.http import HttpTransport
from windvane.errors import ConfigError, TransportError

ONE = json.dumps({"service": "s", "model": "m", "prompt": "write to ann@shop.example"}).encode()
SPOKEN = span({"gen_ai.request.model": "m", "gen_ai.prompt": "write to ann@shop.example"}, [])
PATHS = {
    "/v1/events": (ONE, "application/json"),
    "/v1/envelopes": (frame("s/m", pack([], Header(source="a"))), "application/octet-stream"),
    "/v1/traces": (in_protobuf(traces(SPOKEN)), "application/x-protobuf"),
    "/v1/logs": (b"{}", "application/json"),
}


@pytest.fixture
def log(tmp_path: Path) -> Iterator[SqliteLog]:
    with closing(SqliteLog(tmp_path / "log.sqlite", topic="t")) as opened:
        yield opened


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "keys" / "gateway-keys.toml"


def send(port: int, path: str, **headers: str) -> Answer:
    body, kind = PATHS[path]
    return post(port, path, body, Content_Type=kind, **headers)


@pytest.mark.parametrize("where", PATHS)
def test_a_key_is_asked_for_on_every_path(log: SqliteLog, path: Path, where: str) -> None:
    secret = make_key(path, "shop")
    with gateway(log, keys=path) as port:
        for headers in (
            {},
            {"Authorization": "Bearer wv_wrong"},
            {"x_api_key": secret[:-1]},
            {"Authorization": secret},
        ):
            assert send(port, where, **headers).status == 401, headers
        assert stored(log) == []
        for headers in ({"Authorization": f"Bearer {secret}"}, {"x_api_key": secret}):
            assert send(port, where, **headers).status == 200, headers
        assert get(port, "/health").status == 200
        assert get(port, "/v1/unmapped.json").status == 401
        counted = get(port, "/v1/unmapped.json", x_api_key=secret).told
        assert counted["requests"][f"{where} 401"] == 4


def test_a_refusal_says_what_is_lacking_in_the_form_of_its_path(log: SqliteLog, path: Path) -> None:
    make_key(path, "shop")
    with gateway(log, keys=path) as port:
        assert "an API key is needed: Authorization: Bearer" in send(port, "/v1/events").told["error"]
        answer = send(port, "/v1/traces", x_api_key="wrong")
        assert answer.headers["WWW-Authenticate"] == "Bearer"
        assert b"an API key is not known" in answer.body and answer.headers["Content-Type"] == "application/x-protobuf"


def test_the_sdk_sends_its_key_from_the_endpoint(log: SqliteLog, path: Path) -> None:
    secret = make_key(path, "shop")
    with gateway(log, keys=path) as port:
        with closing(HttpTransport(f"http://{secret}@127.0.0.1:{port}")) as transport:
            transport.send([("s/m", pack([], Header(source="a")))])
        with (
            closing(HttpTransport(f"http://127.0.0.1:{port}")) as transport,
            pytest.raises(TransportError, match="401"),
        ):
            transport.send([("s/m", pack([], Header(source="a")))])


def test_the_file_has_hashes_alone_and_is_its_users(path: Path) -> None:
    secret = make_key(path, "shop", redaction="mask", rate=2.5)
    assert secret.startswith("wv_") and len(secret) > 43 and secret != make_key(path, "other")
    assert secret not in path.read_text() and path.stat().st_mode & 0o777 == 0o600
    assert [(key.name, key.redaction, key.rate) for key in read_keys(path)] == [
        ("shop", "mask", 2.5),
        ("other", None, None),
    ]


def test_a_key_that_is_added_or_removed_counts_without_a_restart(log: SqliteLog, path: Path) -> None:
    first = make_key(path, "shop")
    with gateway(log, keys=path) as port:
        second = make_key(path, "search")
        until(lambda: send(port, "/v1/events", x_api_key=second).status == 200, "the new key is taken", 30)
        remove_key(path, "shop")
        until(lambda: send(port, "/v1/events", x_api_key=first).status == 401, "the old key is refused", 30)
        path.write_text("no keys at all")
        time.sleep(1.2)
        assert send(port, "/v1/events", x_api_key=second).status == 200, "a broken file leaves the keys as they were"


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (None, "keys add NAME` makes it"),
        ("key = 5", "no file of keys"),
        ('[[key]]\nname = "a"\nsha256 = "abc"', "no file of keys"),
        ('[[key]]\nname = "a"\nsha256 = "{0}"\n[[key]]\nname = "a"\nsha256 = "{0}"', "two keys named a"),
        ('[[key]]\nname = "a"\nsha256 = "{0}"\nredaction = "nonsense"', "is no way"),
        ('[[key]]\nname = "a"\nsha256 = "{0}"\nrate = 0', "no file of keys"),
    ],
)
def test_a_gateway_does_not_start_with_keys_that_it_cannot_read(path: Path, text: str | None, why: str) -> None:
    path.parent.mkdir()
    if text is not None:
        path.write_text(text.format("0" * 64))
    with pytest.raises(ConfigError, match=why):
        KeyFile(path)


def test_the_command_prints_a_key_once(tmp_path: Path, log: SqliteLog) -> None:
    path = tmp_path / "k.toml"
    done = windvane("gateway", "keys", "add", "shop", "--keys", path, "--redaction", "mask; email=hash", "--rate", 5)
    with gateway(log, keys=path) as port:
        assert send(port, "/v1/events", x_api_key=done.stdout.strip()).status == 200
    listed = windvane("gateway", "keys", "list", "--keys", path)
    assert listed.stdout == "shop  redaction mask; email=hash  rate 5\n" and done.stdout.strip() not in listed.stdout
    again = windvane("gateway", "keys", "add", "shop", "--keys", path, check=False)
    assert again.returncode == 1 and "has a key named shop" in again.stderr
    assert windvane("gateway", "keys", "add", "no name", "--keys", path, check=False).returncode == 1
    windvane("gateway", "keys", "remove", "shop", "--keys", path)
    assert windvane("gateway", "keys", "list", "--keys", path).stdout == ""


def test_above_its_rate_a_source_is_told_when_to_come_back(log: SqliteLog, path: Path) -> None:
    slow, quick = make_key(path, "slow", rate=0.5), make_key(path, "quick")
    with gateway(log, keys=path) as port:
        assert send(port, "/v1/events", x_api_key=slow).status == 200
        answer = send(port, "/v1/traces", x_api_key=slow)
        assert answer.status == 429 and answer.headers["Retry-After"] == "2"
        assert b"key slow may send 0.5 requests a second" in answer.body
        assert {send(port, "/v1/events", x_api_key=quick).status for _ in range(20)} == {200}
        time.sleep(2.1)
        assert send(port, "/v1/events", x_api_key=slow).status == 200


def test_without_keys_the_rate_is_of_an_address(log: SqliteLog) -> None:
    with gateway(log, rate=1.0) as port:
        statuses = [send(port, "/v1/events").status for _ in range(4)]
        assert statuses[:2] == [200, 200] and 429 in statuses


def masked(log: SqliteLog) -> list[str]:
    return [row["gen_ai_input_messages"] for row in rows(log)]


@pytest.mark.parametrize("where", ["/v1/events", "/v1/traces"])
def test_what_a_source_sends_is_redacted_unless_its_key_says_otherwise(log: SqliteLog, path: Path, where: str) -> None:
    as_it_is, redacted = make_key(path, "trusted", redaction="off"), make_key(path, "foreign")
    with gateway(log, keys=path) as port:
        send(port, where, x_api_key=redacted)
        (text,) = masked(log)
        assert "[EMAIL]" in text and "ann@" not in text
        assert not any(b"ann@shop" in each.value for each in stored(log))
        send(port, where, x_api_key=as_it_is)
        assert sum("ann@shop.example" in text for text in masked(log)) == 1
        assert get(port, "/v1/unmapped.json", x_api_key=as_it_is).told["redacted"] == {"email": 1}


def test_redaction_may_be_for_all_and_off_for_one(log: SqliteLog, path: Path) -> None:
    usual, raw = make_key(path, "usual"), make_key(path, "raw", redaction="off")
    with gateway(log, keys=path, redaction="email=hash") as port:
        for secret in (usual, usual, raw):
            send(port, "/v1/events", x_api_key=secret)
    texts = masked(log)
    assert texts[0] == texts[1] and "[EMAIL:" in texts[0], "the key of hashes is kept beside the keys"
    assert texts[2] == "write to ann@shop.example"


def test_secrets_in_attributes_of_spans_are_redacted_too(log: SqliteLog) -> None:
    said = {"gen_ai.request.model": "m", "my.header": "Authorization: Bearer sk-proj-0123456789abcdefghijABCDEFGHIJ"}
    with gateway(log) as port:
        post(port, "/v1/traces", json.dumps(traces(span(said, []))).encode(), Content_Type="application/json")
    assert "0123456789abcdef" not in json.dumps(rows(log))


def test_a_body_that_does_not_come_is_given_up(log: SqliteLog, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(intake, "_BODY_S", 0.5)
    with gateway(log) as port, socket.create_connection(("127.0.0.1", port), timeout=30) as slow:
        slow.sendall(
            b"POST /v1/traces HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 9\r\n\r\n{"
        )
        told = slow.recv(4096)
        assert told.startswith(b"HTTP/1.1 408") and b'"message":"the body did not come within' in told


def test_names_are_compared_in_constant_time(monkeypatch: pytest.MonkeyPatch, path: Path) -> None:
    """Each key is compared, whichever it is: how long that takes says nothing."""
    secrets = [make_key(path, name) for name in ("a", "b", "c")]
    keys, calls, real = KeyFile(path), list[str](), hmac.compare_digest

    def compare(held: str, given: str) -> bool:
        calls.append(held)
        return real(held, given)

    monkeypatch.setattr(hmac, "compare_digest", compare)
    for secret in (*secrets, "wv_other"):
        keys.find(secret)
    assert len(calls) == 12


def test_a_file_of_keys_that_a_crash_has_cut_short_is_not_left(path: Path) -> None:
    make_key(path, "shop")
    assert [name for name in os.listdir(path.parent) if name != path.name] == []
