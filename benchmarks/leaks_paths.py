"""The ways a text takes from an app to the log, each from its begin to the bytes at its end.

A path tells texts, each in one of the places that it has for them, and gives all that came out: what was sent as it was
on the wire, the same decompressed, or the files of the log behind the gateway.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Final, NamedTuple, Protocol

import zstandard

import windvane
from benchmarks.leaks_texts import Planted
from tests.collectors.dialects import DIALECTS, in_protobuf, log, logs, span, traces
from tests.collectors.gateways import gateway, post, stored
from tests.servers.echo import EchoServer
from windvane.collectors.envelope import read_header, unpack
from windvane.collectors.log.base import Log
from windvane.collectors.log.sqlite import SqliteLog
from windvane.collectors.transport.framing import frames

__all__ = ["GATEWAY", "PATHS", "Sent", "gateway_of", "leaked"]


Send = Callable[[int, Sequence[str]], None]
"""Sends texts to a port, an event each."""


class Run(Protocol):
    """Takes texts and an empty folder, tells an event of each, and gives what came out."""

    def __call__(self, texts: Sequence[str], folder: Path, redaction: str = "mask") -> Sent: ...


class Sent(NamedTuple):
    """What came out: the bytes, and how many events were in them."""

    data: bytes
    events: int


def leaked(texts: Sequence[Planted], sent: Sent) -> list[Planted]:
    """Return the texts of which something is left in what was sent."""
    return [each for each in texts if any(needle.encode() in sent.data for needle in each.needles)]


class Wire:
    """An endpoint that takes everything and keeps what was sent."""

    def __init__(self) -> None:
        wire, self.body = self, bytearray()

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                wire.body += f"{self.path} {self.headers}".encode()
                wire.records += (body := self.rfile.read(int(self.headers["Content-Length"])))
                wire.body += body
                self.send_response(200)
                self.send_header("Content-Length", "2")
                self.end_headers()
                self.wfile.write(b"{}")

            def log_message(self, *_: object) -> None:
                pass

        self.records = bytearray()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def close(self) -> None:
        """End it."""
        self._server.shutdown()
        self._server.server_close()


def opened(records: Sequence[bytes]) -> Sent:
    """Return the rows of envelopes decompressed, with their headers, and how many they are."""
    data = b"".join(zstandard.ZstdDecompressor().decompress(read_header(record)[1]) + record for record in records)
    return Sent(data, sum(len(unpack(record).rows) for record in records))


@contextmanager
def _client(folder: Path, redaction: str, *, by_file: bool) -> Iterator[Callable[[], Sent]]:
    """Have the process's client tell a file or a wire; give what asks for all that was sent."""
    wire, path = Wire(), folder / "arrived"
    before = {name: windvane.__dict__[name] for name in ("emit", "_client")}
    endpoint = path.as_uri() if by_file else wire.url
    windvane.init(endpoint, "shop", spool_dir=folder / "spool", linger_s=0, redaction=redaction)

    def read() -> Sent:
        if not windvane.flush(120):
            raise RuntimeError(f"not all was sent: {windvane.stats()}")
        raw = path.read_bytes() if by_file else bytes(wire.records)
        rows = opened([record for _, record in frames(raw)])
        return Sent(raw + bytes(wire.body) + rows.data, rows.events)

    try:
        yield read
    finally:
        windvane.shutdown()
        windvane.__dict__.update(before)
        wire.close()


class _Refused(Exception):
    """What a library raises: it quotes the request."""


def _by_emit(text: str, number: int) -> None:
    places: tuple[dict[str, Any], ...] = (
        {"prompt": text}, {"response": text}, {"system": text}, {"context": ["clean", text]}, {"error": text},
        {"error": _Refused(text)}, {"tags": {"note": text}}, {"tags": [text]}, {"arguments": {"x": text}},
        {"user": text}, {"session": text}, {"prompt": [{"role": "user", "content": text}]}, {"label": text},
        {"headers": {"note": [text]}}, {"response": {"choices": [{"text": text}]}},
        {"error": "x", "error_message": text},
        {"top_logprobs": json.dumps([{"token": text, "top_logprobs": [{"token": text, "logprob": -1.0}]}])},
    )  # fmt: skip
    windvane.emit(model="m", **places[number % len(places)])


def _by_call(text: str, number: int) -> None:
    kind = number % 9
    if kind == 0:
        with suppress(_Refused), windvane.call(model="m", prompt="why?"):
            raise _Refused(f"401 for {text}")
    elif kind == 1:
        with windvane.context(user=text, session=text, tags={"note": text}), windvane.call(model="m") as call:
            call.set(response=text)
    elif kind == 2:
        with windvane.tool("send", {"note": text}) as call:
            call.set(response={"sent": [text]})
    elif kind == 3:
        with windvane.retrieval(text) as call:
            call.set(context=["clean", text])
    elif kind == 4:
        windvane.feedback("e-1", score=1, label=text, comment=text)
    elif kind == 5:
        windvane.observe(lambda question: question + "!")(text)
    elif kind == 6:
        list(windvane.observe(lambda question: (yield from question))(text))
    elif kind == 7:
        with windvane.embedding(text) as call:
            call.set(embedding=[0.5])
    else:
        with windvane.call(model="m", prompt=[{"role": "tool", "content": text}], request_url=text) as call:
            call.set(response=[{"role": "assistant", "tool_calls": [{"function": {"arguments": text}}]}])


def _by_hand(tell: Callable[[str, int], None], *, by_file: bool) -> Run:
    def run(texts: Sequence[str], folder: Path, redaction: str = "mask") -> Sent:
        with _client(folder, redaction, by_file=by_file) as read:
            for number, text in enumerate(texts):
                tell(text, number)
            return read()

    return run


def _openai(client: Any, text: str, number: int) -> None:
    said = [{"role": "system", "content": "Be kind."}, {"role": "user", "content": text}]
    called = {"id": "call_0", "type": "function", "function": {"name": "send", "arguments": json.dumps({"x": text})}}
    chat = client.chat.completions.create
    kind = number % 8
    if kind == 0:
        chat(model="echo", messages=said)
    elif kind == 1:
        "".join(str(piece) for piece in chat(model="echo", messages=said, stream=True))
    elif kind == 2:
        chat(model="tool", messages=said)
    elif kind == 3:
        chat(model="error", messages=said)
    elif kind == 4:
        answered = {"role": "tool", "tool_call_id": "call_0", "content": text}
        chat(model="echo", messages=[*said, {"role": "assistant", "tool_calls": [called]}, answered])
    elif kind == 5:
        chat(model="echo", messages=[{"role": "system", "content": text}, {"role": "user", "content": "why?"}])
    elif kind == 6:
        client.responses.create(model="echo", instructions=text, input=text)
    else:
        parts = [{"type": "text", "text": text}, {"type": "text", "text": "and?"}]
        with windvane.context(user=text, tags={"note": text}):
            chat(model="echo", messages=[{"role": "user", "content": parts}], extra_headers={"x-api-key": "none"})


def _anthropic(client: Any, text: str, number: int) -> None:
    create, said = client.messages.create, [{"role": "user", "content": text}]
    kind = number % 6
    if kind == 0:
        create(model="echo", max_tokens=9, messages=said)
    elif kind == 1:
        list(create(model="echo", max_tokens=9, messages=said, stream=True))
    elif kind == 2:
        create(model="tool", max_tokens=9, messages=said, system=text)
    elif kind == 3:
        create(model="error", max_tokens=9, messages=said)
    elif kind == 4:
        used = {"type": "tool_use", "id": "t", "name": "send", "input": {"x": [text]}}
        result = {"type": "tool_result", "tool_use_id": "t", "content": text}
        create(model="echo", max_tokens=9, messages=[*said, {"role": "assistant", "content": [used]},
                                                     {"role": "user", "content": [result]}])  # fmt: skip
    else:
        create(model="echo", max_tokens=9, system=[{"type": "text", "text": text}], messages=said)


def _instrumented(library: str, tell: Callable[[Any, str, int], None]) -> Run:
    def run(texts: Sequence[str], folder: Path, redaction: str = "mask") -> Sent:
        import importlib

        module = importlib.import_module(library)
        with closing(EchoServer()) as server, _client(folder, redaction, by_file=False) as read:
            windvane.instrument(library)
            try:
                made = {"openai": "OpenAI", "anthropic": "Anthropic"}[library]
                url = server.url + ("/v1" if library == "openai" else "")
                client = getattr(module, made)(api_key="none", base_url=url, max_retries=0)
                for number, text in enumerate(texts):
                    with suppress(module.APIStatusError):
                        tell(client, text, number)
                client.close()
                return read()
            finally:
                windvane.uninstrument()

    return run


def _event(text: str, number: int) -> dict[str, Any]:
    places: tuple[dict[str, Any], ...] = (
        {"prompt": text}, {"response": text}, {"system": text}, {"context": [text]}, {"error": text},
        {"error": "x", "error_message": text}, {"tags": {"note": text}}, {"tags": [text]}, {"arguments": {"x": text}},
        {"user": text}, {"session": text}, {"prompt": [{"role": "user", "content": text}]}, {"label": text},
        {"operation": "feedback", "comment": text}, {"url": text, "headers": {"x": [text]}},
    )  # fmt: skip
    return {"service": "shop", "model": "m", **places[number % len(places)]}


def _json(port: int, texts: Sequence[str]) -> None:
    for begin in range(0, len(texts), 100):
        some = [_event(text, begin + number) for number, text in enumerate(texts[begin : begin + 100])]
        _taken(post(port, "/v1/events", json.dumps(some).encode(), Content_Type="application/json"))


_MODEL: Final = {"gen_ai.operation.name": "chat", "gen_ai.request.model": "m"}
_TEXT: Final = "Where is parcel 7?"
"""What is asked in `DIALECTS`: the texts take its place."""


def _span(text: str, number: int) -> dict[str, Any]:
    ids = {"traceId": f"{number + 1:032x}", "spanId": f"{number + 1:016x}"}
    parts = [{"role": "user", "parts": [{"type": "text", "content": text}]}]
    failed = [{"name": "exception", "timeUnixNano": "1767268800000000000", "attributes": [
        {"key": "exception.type", "value": {"stringValue": "ValueError"}},
        {"key": "exception.message", "value": {"stringValue": text}},
        {"key": "exception.stacktrace", "value": {"stringValue": f"Traceback:\n  x\nE: {text}"}}]}]  # fmt: skip
    made = (
        span({**_MODEL, "gen_ai.prompt": text}, []), span({**_MODEL, "gen_ai.input.messages": json.dumps(parts)}, []),
        span({**_MODEL, "gen_ai.system_instructions": json.dumps([{"type": "text", "content": text}])}, []),
        span({**_MODEL, "http.request.header.x": [text], "url.full": text}, []),
        span({**_MODEL, "user.id": text, "gen_ai.conversation.id": text}, []),
        span({**_MODEL, "error.type": "x"}, failed, status={"code": 2, "message": text}),
        span({**_MODEL, "my.note": {"inner": [text]}, "gen_ai.tool.call.arguments": text}, []),
        span({**_MODEL, "gen_ai.tool.call.result": text, "exception.message": text}, failed),
        *(json.loads(json.dumps(one).replace(_TEXT, json.dumps(json.dumps(text)[1:-1])[1:-1]))
          for name, one in DIALECTS.items() if name in ("openinference", "openllmetry", "semconv 1.36")),
    )  # fmt: skip
    return {**made[number % len(made)], **ids}


def _spans(*, as_json: bool) -> Send:
    def send(port: int, texts: Sequence[str]) -> None:
        for begin in range(0, len(texts), 50):
            some = [_span(text, begin + number) for number, text in enumerate(texts[begin : begin + 50])]
            _otlp(port, "/v1/traces", traces(*some), as_json=as_json)

    return send


def _records(port: int, texts: Sequence[str]) -> None:
    for begin in range(0, len(texts), 50):
        some = [_record(text, begin + number) for number, text in enumerate(texts[begin : begin + 50])]
        _otlp(port, "/v1/logs", logs(*some), as_json=False)


def _record(text: str, number: int) -> dict[str, Any]:
    ids = {"traceId": f"{number + 1:032x}", "spanId": f"{number + 1:016x}"}
    said = [{"role": "user", "parts": [{"type": "text", "content": text}]}]
    if number % 3 == 0:
        record = log("gen_ai.evaluation.result", None, {
            "gen_ai.evaluation.name": "help", "gen_ai.evaluation.score.label": text,
            "gen_ai.evaluation.explanation": text, "gen_ai.response.id": "r"})  # fmt: skip
    else:
        told = {**_MODEL, "gen_ai.input.messages": said, "gen_ai.output.messages": said, "note": text}
        body = told if number % 3 == 1 else None
        record = log("gen_ai.client.inference.operation.details", body, {} if body else told)
    return {**record, **ids}


def _otlp(port: int, path: str, request: dict[str, Any], *, as_json: bool) -> None:
    body = json.dumps(request).encode() if as_json else in_protobuf(request)
    kind = "application/json" if as_json else "application/x-protobuf"
    _taken(post(port, path, body, Content_Type=kind))


def _taken(answer: Any) -> None:
    if answer.status != 200 or b'refused": [{' in answer.body or b"ejected" in answer.body:
        raise RuntimeError(f"the gateway answers {answer.status}: {answer.body[:300]!r}")


GATEWAY: Final[dict[str, Send]] = {
    "gateway, JSON": _json,
    "gateway, OTLP spans, protobuf": _spans(as_json=False),
    "gateway, OTLP spans, JSON": _spans(as_json=True),
    "gateway, OTLP log records": _records,
}
"""Through the gateway, whose sources are to be redacted: from its port and the texts."""


def gateway_of(opened_log: Log, send: Send, texts: Sequence[str], redaction: str = "mask") -> Sent:
    """Send texts through a gateway in front of a log; return what the log holds."""
    with gateway(opened_log, redaction=redaction, join_s=0.01) as port:
        send(port, texts)
    found = stored(opened_log)
    rows = opened([record.value for record in found])
    return Sent(rows.data + b"".join(record.key or b"" for record in found), rows.events)


def _by_gateway(send: Send) -> Run:
    def run(texts: Sequence[str], folder: Path, redaction: str = "mask") -> Sent:
        with closing(SqliteLog(folder / "log.sqlite", topic="t")) as opened_log:
            sent = gateway_of(opened_log, send, texts, redaction)
            files = b"".join(path.read_bytes() for path in sorted(folder.glob("log.sqlite*")))
        return Sent(sent.data + files, sent.events)

    return run


PATHS: Final[dict[str, Run]] = {
    "emit, file": _by_hand(_by_emit, by_file=True),
    "call, http": _by_hand(_by_call, by_file=False),
    "openai, http": _instrumented("openai", _openai),
    "anthropic, http": _instrumented("anthropic", _anthropic),
    **{name: _by_gateway(send) for name, send in GATEWAY.items()},
}
