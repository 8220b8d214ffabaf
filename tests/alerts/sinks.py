"""Where messages arrive: a web server and a mail server on loopback."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

__all__ = ["MailSink", "Sink", "mail_sink", "sink"]


@dataclass
class Sink:
    """A webhook: what it was sent, and what it answers."""

    port: int = 0
    answers: list[int] = field(default_factory=list)
    """Statuses of the next answers; then 200."""
    before: Callable[[str], object] = lambda id: None
    """Called with the message's id before it is answered."""
    bodies: list[dict[str, Any]] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"json://127.0.0.1:{self.port}/hook"

    @property
    def ids(self) -> list[str]:
        return [body["id"] for body in self.bodies]


@contextmanager
def sink(*answers: int, before: Callable[[str], object] = lambda id: None) -> Iterator[Sink]:
    sink = Sink(answers=list(answers), before=before)

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            sink.bodies.append(body)
            sink.headers.append(dict(self.headers))
            status = sink.answers.pop(0) if sink.answers else 200
            sink.before(body.get("id", ""))
            self.send_response(status)
            self.send_header("Content-Length", "0")
            if 300 <= status < 400:
                self.send_header("Location", sink.url.replace("json", "http"))
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    sink.port = server.server_address[1]
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    yield sink
    server.shutdown()
    server.server_close()


@dataclass
class MailSink:
    """A mail server that takes everything, or refuses every recipient."""

    port: int = 0
    refuses: bool = False
    mails: list[EmailMessage] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"mailto://127.0.0.1:{self.port}?from=windvane@shop.example&to=oncall@shop.example&mode=insecure"

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 here\r\n")
        while line := await reader.readline():
            match line[:4].upper():
                case b"DATA":
                    writer.write(b"354 go on\r\n")
                    mail = await reader.readuntil(b"\r\n.\r\n")
                    self.mails.append(message_from_bytes(mail[:-3], policy=policy.default))
                    writer.write(b"250 taken\r\n")
                case b"RCPT" if self.refuses:
                    writer.write(b"550 nobody of that name\r\n")
                case b"QUIT":
                    break
                case _:
                    writer.write(b"250 yes\r\n")
        writer.write(b"221 bye\r\n")
        writer.close()


@contextmanager
def mail_sink(*, refuses: bool = False) -> Iterator[MailSink]:
    sink, loop = MailSink(refuses=refuses), asyncio.new_event_loop()
    server = loop.run_until_complete(asyncio.start_server(sink.serve, "127.0.0.1", 0))
    sink.port = server.sockets[0].getsockname()[1]
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    yield sink
    loop.call_soon_threadsafe(server.close)
    loop.call_soon_threadsafe(loop.stop)
    thread.join()
    loop.close()
