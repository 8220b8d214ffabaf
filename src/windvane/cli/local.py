"""The local pipeline: intake, log, loop, store, page and alerts, put together in one process."""

from __future__ import annotations

import asyncio
import hmac
import os
import secrets
import shutil
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

from aiohttp import web

from windvane.cli.alerts.assembly import Alerts
from windvane.cli.alerts.silence import put_silence
from windvane.cli.listening import address, bind, listen, make_guard
from windvane.cli.memory import keep_memory, spare_the_collector
from windvane.cli.running import Running
from windvane.collectors.gateway.app import make_gateway
from windvane.collectors.log.sqlite import SqliteLog
from windvane.dashboards.alerts.book import Book
from windvane.dashboards.alerts.rule import RuleFile
from windvane.dashboards.page.page import Page
from windvane.errors import ConfigError, StoreError
from windvane.settings import setting
from windvane.storage.reader import FORMATS, Reader
from windvane.storage.store import ClickHouseStore, store_url
from windvane.stream.local import LocalLoop
from windvane.stream.partition import Limits
from windvane.stream.pipeline import Pipeline
from windvane.stream.registry import make_pipeline
from windvane.stream.warm import warm

__all__ = ["LocalPipeline"]


def _warm_pipeline() -> Pipeline:
    warm()
    return make_pipeline()


class LocalPipeline:
    """Everything `windvane up` runs. `start` and `stop` are called once each; `stop` finishes the block in hand."""

    def __init__(self, directory: Path, host: str, port: int, rules: RuleFile | None = None) -> None:
        """Take the port, open log and store in `directory`. Without `rules` nothing is judged by the clock.

        Raises:
            DirectoryInUse: another process runs there.
            ConfigError, LogError, StoreError: port, directory, log or store cannot be had.
        """
        self.directory = directory
        self._host, self._socket = host, bind(host, port)
        self.url, self.port = address(self._socket), int(self._socket.getsockname()[1])
        try:
            directory.mkdir(parents=True, exist_ok=True)
            self.store = ClickHouseStore(store_url(directory=directory))
        except OSError as error:
            raise ConfigError(f"{directory} cannot be used: {error.strerror}. Give another: --dir") from error
        # A process that was killed has left its word; from here on it is ours.
        (directory / "up.json").unlink(missing_ok=True)
        self.store.prepare()
        self.reader = Reader(self.store.connections)
        self._page = Page(self.reader, self.health)
        self.log = SqliteLog(directory / "log.sqlite", topic=setting("topic"))
        limits = Limits(setting("block_rows"), setting("flush_s"), setting("snapshot_s"))
        retention_s = setting("log_retention_h") * 3600
        self.loop = LocalLoop(self.log, self.store, _warm_pipeline, limits, retention_s=retention_s)
        self._alerts = Alerts(self.store, rules, setting("page_url") or self.url) if rules else None
        self._token = secrets.token_urlsafe(24)
        self._ready = threading.Event()
        self._server = threading.Thread(target=lambda: asyncio.run(self._serve()), name="windvane-http", daemon=True)

    def start(self) -> None:
        """Start the loop and the HTTP server, each in a thread; return once it serves and is announced.

        Raises:
            ConfigError: another process has come first at the port.
        """
        listen(self._socket)
        spare_the_collector()
        keep_memory()
        self.loop.start()
        self._server.start()
        self._ready.wait()
        if self._alerts:
            self._alerts.start()
        Running(os.getpid(), self.url, self._token).announce(self.directory)

    async def _serve(self) -> None:
        app = make_gateway(self.log, health=self.health)
        app.middlewares.append(make_guard(self._host))
        app.router.add_post("/v1/sql", self._sql)
        app.router.add_post("/v1/silences", self._silence)
        self._page.add_to(app)
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=5)
        await runner.setup()
        await web.SockSite(runner, self._socket).start()
        self._serving, self._end = asyncio.get_running_loop(), asyncio.Event()
        self._ready.set()
        await self._end.wait()
        await runner.cleanup()

    async def _sql(self, request: web.Request) -> web.Response:
        form = request.query.get("format", "json")
        if form not in FORMATS:
            return web.Response(status=400, text=f"format is one of {', '.join(FORMATS)}")
        return await self._own(request, lambda sql: self.reader.text(sql, form))

    async def _silence(self, request: web.Request) -> web.Response:
        return await self._own(request, lambda body: put_silence(Book(self.store), body.encode()))

    async def _own(self, request: web.Request, answer: Callable[[str], bytes]) -> web.Response:
        """Answer this user's own commands: the word is in a file that only this user can read."""
        given = request.headers.get("Authorization", "").removeprefix("Bearer ")
        if not hmac.compare_digest(given.encode(), self._token.encode()):
            return web.Response(status=401, text="the token in up.json is needed")
        try:
            return web.Response(body=await asyncio.to_thread(answer, await request.text()))
        except (ConfigError, StoreError) as error:
            return web.Response(status=400, text=str(error))

    def health(self) -> dict[str, Any]:
        """Return how the pipeline is: lag, trouble, disk. Blocks on the log only."""
        scored = self.loop.written()
        lag = sum(max(0, self.log.end(p) - 1 - scored.get(p, -1)) for p in range(self.log.partitions()))
        free_mb = shutil.disk_usage(self.directory).free >> 20
        trouble = self.loop.trouble or ("" if self.loop.is_alive() else "the loop has ended")
        if self._alerts and not trouble:
            judges = self._alerts.loop.is_alive()
            trouble = self._alerts.loop.trouble or (
                "" if judges else "alert rules are not judged any more: start it again"
            )
        if not trouble and free_mb < 500:
            trouble = f"{free_mb} MiB of disk are left in {self.directory}: make room, or set retention lower"
        return {"ok": not trouble, "trouble": trouble, "records_behind": lag, "disk_free_mb": free_mb}

    def stop(self) -> None:
        """Take no more in, finish the block in hand, save state, close. What is not stored waits in the log."""
        self._serving.call_soon_threadsafe(self._end.set)
        self._server.join(10)
        if self._alerts:
            self._alerts.stop()
        self.loop.stop()
        (self.directory / "up.json").unlink(missing_ok=True)
        self.log.close()
        self.reader.close()
        self.store.close()
