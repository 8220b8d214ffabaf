"""Nothing leaves the app unredacted: the bytes that the SDK puts on the wire are searched for what was planted."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from benchmarks.redaction_texts import Planted, planted
from tests.apps import Arrived, nobody, run_app
from tests.running import until
from windvane import Client
from windvane.collectors.envelope import read_header
from windvane.collectors.redaction.kinds import masks
from windvane.collectors.redaction.policy import Policy
from windvane.collectors.redaction.redactor import Redactor
from windvane.collectors.transport.framing import frames

Make = Callable[..., Client]
MAIL = "ann@shop.example"


@pytest.fixture
def arrived(tmp_path: Path) -> Arrived:
    return Arrived(tmp_path / "arrived")


@pytest.fixture
def make(arrived: Arrived, tmp_path: Path) -> Iterator[Make]:
    made: list[Client] = []

    def one(endpoint: str = "", service: str = "shop", **more: Any) -> Client:
        made.append(Client(endpoint or arrived.endpoint, service, spool_dir=tmp_path / "spool", **more))
        return made[-1]

    yield one
    for client in made:
        client.shutdown()


class Wire:
    """An endpoint that takes everything and keeps what was sent."""

    def __init__(self) -> None:
        wire, self.records = self, b""

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                wire.records += self.rfile.read(int(self.headers["Content-Length"]))
                self.send_response(200)
                self.send_header("Content-Length", "2")
                self.end_headers()
                self.wfile.write(b"{}")

            def log_message(self, *_: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server.server_port}"


def opened(sent: bytes) -> bytes:
    """Return the rows of all envelopes that were sent, decompressed."""
    import zstandard

    records = [record for _, record in frames(sent)]
    return b"".join(zstandard.ZstdDecompressor().decompress(read_header(record)[1]) for record in records)


def emit_all(client: Client, texts: list[Planted]) -> None:
    """Emit each text in one of the places where an app may put one."""
    for number, (_, text, *_) in enumerate(texts):
        places: list[dict[str, Any]] = [
            {"prompt": text}, {"response": text}, {"context": ["clean", text]}, {"system": text}, {"error": text},
            {"error": ValueError(text)}, {"tags": {"note": text}}, {"tags": [text]}, {"arguments": {"x": text}},
            {"user": text}, {"session": text}, {"prompt": [{"role": "user", "content": text}]}, {"label": text},
        ]  # fmt: skip
        client.emit(model="m", **places[number % len(places)])


@pytest.mark.parametrize("by", ["file", "http"])
def test_no_planted_secret_is_among_the_bytes_on_the_wire(make: Make, arrived: Arrived, by: str) -> None:
    wire, texts = Wire(), list(planted(90, seed=11))
    client = make(wire.url if by == "http" else "")
    emit_all(client, texts)
    assert client.flush(60)
    rows = opened(wire.records if by == "http" else arrived.path.read_bytes())
    wire.server.shutdown()
    wire.server.server_close()
    found = [text for text in texts if text.text[text.start : text.end].encode() in rows]
    # Passwords are told by what they are made of: a few are words.
    assert [each for each in found if each.kind != "password"] == [] and len(found) <= 3
    assert client.stats().delivered == len(texts) and sum(client.stats().masked.values()) >= len(texts) - 3


def test_what_a_dead_process_left_is_redacted_by_who_sends_it(
    arrived: Arrived, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WINDVANE_SPOOL_DIR", str(tmp_path / "spool"))
    code = f"windvane.emit(id='left', prompt='to {MAIL}', user='{MAIL}'); os.kill(os.getpid(), signal.SIGKILL)"
    run_app(code, nobody(), killed=True)
    client = Client(arrived.endpoint, "shop")
    until(lambda: client.stats().adopted == 1, "what was left is sent")
    client.shutdown()
    (row,) = arrived.read().rows
    assert row["gen_ai_input_messages"] == "to [EMAIL]" and MAIL.encode() not in opened(arrived.path.read_bytes())


def test_a_user_stays_one_user_from_process_to_process(make: Make, arrived: Arrived, tmp_path: Path) -> None:
    for _ in range(2):
        client = make()
        client.emit(user=MAIL, session="s-1")
        client.emit(user=MAIL.upper())
        assert client.shutdown()
    users = [row["user_id"] for row in arrived.read().rows]
    assert len(users) == 4 and len(set(users)) == 1 and masks().fullmatch(users[0])
    key = tmp_path / "spool" / "redaction.key"
    assert key.stat().st_mode & 0o077 == 0 and len(key.read_bytes()) == 32


def test_with_one_key_two_machines_hash_alike(arrived: Arrived, tmp_path: Path) -> None:
    for machine in ("one", "two"):
        client = Client(arrived.endpoint, "shop", spool_dir=tmp_path / machine, redaction=Policy(key=b"shared"))
        client.emit(user=MAIL)
        assert client.shutdown()
    first, second = (row["user_id"] for row in arrived.read().rows)
    assert first == second


def test_rows_with_nothing_to_redact_pass_as_they_are(make: Make, arrived: Arrived) -> None:
    client = make(tags={"region": "eu"})
    for number in range(300):
        client.emit(model="m", prompt=f"why {number}?", response="because", input_tokens=number, context=["a", "b"])
    assert client.flush()
    rows = arrived.read().rows
    assert [row["gen_ai_input_messages"] for row in rows] == [f"why {number}?" for number in range(300)]
    assert client.stats().masked == {}


def test_the_settings_say_what_becomes_of_what_is_found(arrived: Arrived, tmp_path: Path) -> None:
    env = {
        "WINDVANE_SPOOL_DIR": str(tmp_path / "spool"), "WINDVANE_REDACTION": "mask; email=hash; ip=off",
        "WINDVANE_REDACTION_KEY": "k", "WINDVANE_REDACTION_ALLOW": "*@test.example",
        "WINDVANE_REDACTION_PATTERNS": r"ticket=\bT-[0-9]+\b", "WINDVANE_BODIES": "redacted; closed=none",
        "WINDVANE_BODY_CHARS": "70",
    }  # fmt: skip
    code = (
        "import sys, windvane\n"
        "windvane.init(sys.argv[1], 'shop')\n"
        "windvane.emit(prompt='a@b.example x@test.example 8.8.8.8 T-17 4111111111111111 ' + 'z' * 200)\n"
        "windvane.emit(service='closed', prompt='a@b.example', error='a@b.example')\n"
    )
    subprocess.run([sys.executable, "-c", code, arrived.endpoint], env={**os.environ, **env}, check=True, timeout=60)
    first, second = sorted(arrived.read().rows, key=lambda row: row["service_name"], reverse=True)
    mail = Redactor(Policy.read("hash")).text("a@b.example")[0]
    prompt = first["gen_ai_input_messages"]
    assert prompt.startswith("[EMAIL:") and len(prompt.split()[0]) == len(mail)
    assert " x@test.example 8.8.8.8 [TICKET] [CARD] zz" in prompt and prompt.endswith("…[truncated 187 characters]")
    assert second["gen_ai_input_messages"] is None and second["error_type"].startswith("[EMAIL:")


def test_redaction_may_be_switched_off(make: Make, arrived: Arrived) -> None:
    client = make(redaction="off")
    client.emit(prompt=MAIL, user=MAIL)
    assert client.flush()
    (row,) = arrived.read().rows
    assert row["gen_ai_input_messages"] == row["user_id"] == MAIL


def test_where_redaction_fails_no_text_is_sent_and_it_is_counted_and_said_once(
    make: Make, arrived: Arrived, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fails(*_: object) -> None:
        raise RuntimeError(MAIL)

    monkeypatch.setattr(Redactor, "row", fails)
    client = make()
    for number in range(3):
        client.emit(id=f"e-{number}", model="m", prompt=f"to {MAIL}", user=MAIL, tags={"a": MAIL}, input_tokens=7)
    assert client.flush()
    arrived = arrived.read()
    assert arrived.ids == ["e-0", "e-1", "e-2"] and MAIL.encode() not in opened(arrived.path.read_bytes())
    assert {row["gen_ai_usage_input_tokens"] for row in arrived.rows} == {7}
    assert client.stats().unredactable == 3 and client.stats().delivered == 3
    said = [record for record in caplog.records if "redaction failed" in record.message]
    assert len(said) == 1 and MAIL not in caplog.text


def test_json_that_the_app_sent_is_json_when_it_arrives(make: Make, arrived: Arrived) -> None:
    client = make()
    messages = [{"role": "user", "content": f"line\n{MAIL}"}, {"role": "tool", "content": {"card": 4111111111111111}}]
    client.emit(prompt=messages, payload={"card": 4111111111111111})
    assert client.flush()
    (row,) = arrived.read().rows
    assert json.loads(row["gen_ai_input_messages"]) == [
        {"role": "user", "content": "line\n[EMAIL]"}, {"role": "tool", "content": {"card": "[CARD]"}},
    ]  # fmt: skip
    assert json.loads(row["attributes"]["payload"]) == {"card": "[CARD]"}
