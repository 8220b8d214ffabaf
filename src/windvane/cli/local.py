"""The local pipeline: intake, log, loop, store and health page, put together in one process."""

from __future__ import annotations

import asyncio
import hmac
import logging
import shutil
import threading
from pathlib import Path
from typing import Any, Final

from aiohttp import web

from windvane.cli.running import Running
from windvane.collectors.gateway.app import make_gateway
from windvane.collectors.log.sqlite import SqliteLog
from windvane.dashboards.health import HealthPage
from windvane.errors import ConfigError, StoreError
from windvane.settings import setting
from windvane.storage.reader import FORMATS, Reader
from windvane.storage.store import ClickHouseStore
from windvane.stream.local import LocalLoop
from windvane.stream.partition import Limits
from windvane.stream.registry import make_pipeline

__all__ = ["LocalPipeline"]

_log: Final = logging.getLogger("windvane")


class LocalPipeline:
    """Everything `windvane up` runs. `start` and `stop` are called once each; `stop` finishes the block in hand."""

    def __init__(self, directory: Path, host: str, port: int) -> None:
        """Open log and store in `directory`.

        Raises:
            DirectoryInUse: another process runs there.
            ConfigError, LogError, StoreError: log or store cannot be opened.
        """
        self.directory, self.host, self.port = directory, host, port
        directory.mkdir(parents=True, exist_ok=True)
        self.store = ClickHouseStore(setting("store") or f"chdb://{directory.resolve() / 'store'}")
        self.store.prepare()
        self.reader = Reader(self.store.connections)
        self.log = SqliteLog(directory / "log.sqlite", topic=setting("topic"))
        limits = Limits(setting("block_rows"), setting("flush_s"), setting("snapshot_s"))
        retention_s = setting("log_retention_h") * 3600
        self.loop = LocalLoop(self.log, self.store, make_pipeline, limits, retention_s=retention_s)
        self._stopped = threading.Event()
        self._serving: asyncio.AbstractEventLoop | None = None

    def start(self) -> None:
        """Start the loop and the HTTP server, each in a thread; return once the port answers.

        Raises:
            ConfigError: the port is taken.
        """
        self.loop.start()
        ready: threading.Event = threading.Event()
        trouble: list[OSError] = []
        self._server = threading.Thread(target=self._serve, args=(ready, trouble), name="windvane-http", daemon=True)
        self._server.start()
        ready.wait()
        if trouble:
            self.stop()
            raise ConfigError(
                f"port {self.port} of {self.host} cannot be used: {trouble[0].strerror}. Choose another: --port"
            )
        self._announced = Running.announce(self.directory, self.host, self.port)

    def _serve(self, ready: threading.Event, trouble: list[OSError]) -> None:
        asyncio.run(self._serve_until_stopped(ready, trouble))

    async def _serve_until_stopped(self, ready: threading.Event, trouble: list[OSError]) -> None:
        app = make_gateway(self.log, health=self.health)
        app.router.add_post("/v1/sql", self._sql)
        HealthPage(self.reader, self.health).add_to(app)
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=5)
        await runner.setup()
        try:
            site = web.TCPSite(runner, self.host, self.port)
            await site.start()
            self.port = runner.addresses[0][1]
            self._serving, self._end = asyncio.get_running_loop(), asyncio.Event()
            ready.set()
            await self._end.wait()
        except OSError as error:
            trouble.append(error)
            ready.set()
        finally:
            await runner.cleanup()

    async def _sql(self, request: web.Request) -> web.Response:
        """Answer SQL for this user's own commands: the word is in a file that only this user can read."""
        given = request.headers.get("Authorization", "").removeprefix("Bearer ")
        if not hmac.compare_digest(given.encode(), self._announced.token.encode()):
            return web.Response(status=401, text="the token in up.json is needed")
        form = request.query.get("format", "json")
        if form not in FORMATS:
            return web.Response(status=400, text=f"format is one of {', '.join(FORMATS)}")
        try:
            return web.Response(body=await asyncio.to_thread(self.reader.text, await request.text(), form))
        except StoreError as error:
            return web.Response(status=400, text=str(error))

    def health(self) -> dict[str, Any]:
        """Return how the pipeline is: lag, trouble, disk. Blocks on the log only."""
        scored = self.loop.written()
        lag = sum(max(0, self.log.end(p) - 1 - scored.get(p, -1)) for p in range(self.log.partitions()))
        free_mb = shutil.disk_usage(self.directory).free >> 20
        trouble = self.loop.trouble or ("" if self.loop.is_alive() else "the loop has ended")
        if not trouble and free_mb < 500:
            trouble = f"{free_mb} MiB of disk are left in {self.directory}: make room, or set retention lower"
        return {"ok": not trouble, "trouble": trouble, "records_behind": lag, "disk_free_mb": free_mb}

    def stop(self) -> None:
        """Take no more in, finish the block in hand, save state, close. What is not stored waits in the log."""
        if self._serving:
            self._serving.call_soon_threadsafe(self._end.set)
            self._server.join(10)
        if self.loop.is_alive():
            self.loop.stop()
        (self.directory / "up.json").unlink(missing_ok=True)
        self.log.close()
        self.reader.close()
        self.store.close()
