"""A way to a server that lets the first caller through, turns some away, and lets all through from then on."""

from __future__ import annotations

import select
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from socketserver import BaseRequestHandler, ThreadingTCPServer

__all__ = ["Door", "door"]


class _Caller(BaseRequestHandler):
    server: Door

    def handle(self) -> None:
        self.server.callers += 1
        if 1 < self.server.callers <= 1 + self.server.turn_away:
            return
        with socket.create_connection(self.server.to) as behind:
            other = {self.request: behind, behind: self.request}
            while True:
                for ready in select.select(list(other), [], [])[0]:
                    received = ready.recv(1 << 16)
                    if not received:
                        return
                    other[ready].sendall(received)

    def finish(self) -> None:
        self.request.close()


class Door(ThreadingTCPServer):
    """Listens on `address`, for who wants to go to host:port `to`."""

    daemon_threads = True
    block_on_close = False

    def __init__(self, to: str, turn_away: int) -> None:
        host, port = to.split(":")
        self.to, self.turn_away, self.callers = (host, int(port)), turn_away, 0
        super().__init__(("127.0.0.1", 0), _Caller)
        self.address = f"127.0.0.1:{self.server_address[1]}"


@contextmanager
def door(to: str, *, turn_away: int) -> Iterator[Door]:
    """Open a door to host:port `to`."""
    with Door(to, turn_away) as opened:
        thread = threading.Thread(target=opened.serve_forever, args=(0.1,), daemon=True)
        thread.start()
        yield opened
        opened.shutdown()
