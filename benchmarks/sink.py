"""An endpoint that takes whatever is sent and answers 200: what the SDKs are measured against. One process of its own.

python -m benchmarks.sink PORT
"""

from __future__ import annotations

import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

__all__: list[str] = []


class _Sink(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        # OTLP over HTTP answers an empty message; JSON is what the others read.
        protobuf = "json" not in self.headers.get("Content-Type", "") and "traces" in self.path
        answer = b"" if protobuf else b"{}"
        self.send_response(200)
        self.send_header("Content-Type", "application/x-protobuf" if protobuf else "application/json")
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *_: object) -> None:
        pass


if __name__ == "__main__":
    ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), _Sink).serve_forever()
