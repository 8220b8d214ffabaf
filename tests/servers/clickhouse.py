"""ClickHouse's HTTP protocol in front of the real engine (chDB), as far as clickhouse-connect and windvane use it.

Run as a module it is the server; `ClickHouseServer` starts it in a process of its own.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import re
import sys
import tempfile
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import lz4.frame
import zstandard
from aiohttp import web

from tests.servers.process import Child, free_port

__all__ = ["ClickHouseServer"]

_PLUMBING = {
    *("query", "query_id", "database", "role", "quota_key", "readonly", "buffer_size", "compress", "decompress"),
    *("session_id", "session_check", "session_timeout", "wait_end_of_query", "client_protocol_version"),
    *("enable_http_compression", "http_headers_progress_interval_ms", "send_progress_in_http_headers"),
}
_INSERT = re.compile(rb"^\s*INSERT\s+INTO\s+(.+?)\s+FORMAT\s+(\w+)[ \r]*\n", re.IGNORECASE | re.DOTALL)


class ClickHouseServer:
    """A server on loopback. `url` is what windvane connects to."""

    def __init__(self, folder: Path) -> None:
        self._folder, self._port = folder, free_port()
        self.url = f"http://127.0.0.1:{self._port}"
        self._refuse = folder / "refuse-inserts"
        self.start()

    def start(self) -> None:
        """Start it, with what it had stored."""
        command = [sys.executable, "-m", "tests.servers.clickhouse", str(self._folder), str(self._port)]
        root = str(Path(__file__).parents[2])
        self._child = Child(command, self._folder / "server.log", {"PYTHONPATH": root})
        self._child.wait_for_port(self._port)

    def kill(self) -> None:
        """kill -9."""
        self._child.kill()

    def refuse_inserts(self, refuse: bool) -> None:
        """Answer every insert with «too many parts», or no longer."""
        if refuse:
            self._refuse.touch()
        else:
            self._refuse.unlink(missing_ok=True)


class _Engine:
    """chDB, a client per thread: one alone would make its callers wait for each other."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / "store"
        self._threads = threading.local()

    def _client(self) -> Any:
        if not hasattr(self._threads, "client"):
            import clickhouse_connect

            self._threads.client = clickhouse_connect.get_client(dsn=f"chdb://{self._path}")
        return self._threads.client

    def ask(self, query: str, database: str, form: str, settings: dict[str, str], parameters: dict[str, str]) -> bytes:
        client = self._client()
        connection = client._backend._handle.conn
        connection.query(f"USE {database or 'default'}")
        # Settings of one query must not outlive it.
        suffix = ", ".join(f"{name} = {_literal(value)}" for name, value in settings.items())
        has_format = re.search(r"\bFORMAT\s+\w+\s*$", query, re.IGNORECASE)
        if suffix and re.match(r"\s*(SELECT|WITH|INSERT)", query, re.IGNORECASE) and not has_format:
            query += f" SETTINGS {suffix}"
        return bytes(connection.query(query, form, params=parameters).bytes())


def _literal(value: str) -> str:
    return (
        value if re.fullmatch(r"-?\d+(\.\d+)?", value) else "'" + value.replace("\\", "\\\\").replace("'", "\\'") + "'"
    )


class _Protocol:
    def __init__(self, folder: Path) -> None:
        self._engine, self._refuse = _Engine(folder), folder / "refuse-inserts"
        self._pool = ThreadPoolExecutor(8)

    async def handle(self, request: web.Request) -> web.Response:
        body = await request.read()
        return await asyncio.get_running_loop().run_in_executor(self._pool, self._answer, request, body)

    def _answer(self, request: web.Request, body: bytes) -> web.Response:
        try:
            data = self._run(request, _decoded(body, request.headers.get("Content-Encoding", "")))
        except Exception as error:
            code = (re.search(r"Code: (\d+)", str(error)) or ["", "1002"])[1]
            text = str(error) if "Code:" in str(error) else f"Code: {code}. DB::Exception: {error}"
            headers = {"X-ClickHouse-Exception-Code": code}
            return web.Response(status=404 if code in ("60", "81") else 500, text=text, headers=headers)
        headers = {"X-ClickHouse-Summary": '{"read_rows":"0","written_rows":"0"}', "X-ClickHouse-Timezone": "UTC"}
        wanted = request.headers.get("Accept-Encoding", "")
        if request.query.get("enable_http_compression") == "1" and "lz4" in wanted and data:
            data, headers["Content-Encoding"] = lz4.frame.compress(data), "lz4"
        return web.Response(body=data, headers=headers)

    def _run(self, request: web.Request, body: bytes) -> bytes:
        fields = request.query
        query = fields.get("query", "").encode()
        settings = {n: v for n, v in fields.items() if n not in _PLUMBING and not n.startswith("param_")}
        parameters = {n.removeprefix("param_"): v for n, v in fields.items() if n.startswith("param_")}
        database = fields.get("database", "")
        whole = query + (b"\n" if query and body else b"") + body
        if match := _INSERT.match(whole):
            return self._insert(match, whole[match.end() :], database, settings)
        text = whole.decode().strip().rstrip(";")
        form = "TabSeparated"
        if found := re.search(r"\bFORMAT\s+(\w+)\s*$", text, re.IGNORECASE):
            form, text = found[1], text[: found.start()]
        return self._engine.ask(text, database, form, settings, parameters)

    def _insert(self, match: re.Match[bytes], data: bytes, database: str, settings: dict[str, str]) -> bytes:
        if self._refuse.exists():
            raise RuntimeError("Code: 252. DB::Exception: Too many parts (made so by the test). (TOO_MANY_PARTS)")
        with tempfile.NamedTemporaryFile(suffix=".data", delete=False) as file:
            file.write(data)
        try:
            suffix = ", ".join(f"{name} = {_literal(value)}" for name, value in settings.items())
            query = f"INSERT INTO {match[1].decode()} FROM INFILE '{file.name}'"
            query += f" SETTINGS {suffix}" if suffix else ""
            return self._engine.ask(f"{query} FORMAT {match[2].decode()}", database, "TabSeparated", {}, {})
        finally:
            os.unlink(file.name)


def _decoded(body: bytes, encoding: str) -> bytes:
    # aiohttp has taken gzip off already, and zstd in its newer versions.
    if encoding == "lz4":
        return bytes(lz4.frame.decompress(body))
    if encoding == "zstd" and body.startswith(b"\x28\xb5\x2f\xfd"):
        return zstandard.ZstdDecompressor().decompressobj().decompress(body)
    return body


def main() -> None:
    """Serve until killed."""
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path)
    parser.add_argument("port", type=int)
    given = parser.parse_args()
    protocol = _Protocol(given.folder)
    app = web.Application(client_max_size=1 << 30)

    async def ping(_: web.Request) -> web.Response:
        return web.Response(text="Ok.\n")

    app.router.add_get("/ping", ping)
    app.router.add_route("*", "/", protocol.handle)
    web.run_app(app, host="127.0.0.1", port=given.port, print=None, access_log=None)


if __name__ == "__main__":
    main()
