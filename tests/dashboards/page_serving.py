"""The page as tests serve it: the real one, over a real store, without the rest of `windvane up`."""

from __future__ import annotations

import asyncio
import json
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from aiohttp import web

from windvane.dashboards.board import Board
from windvane.dashboards.page.page import Page
from windvane.errors import StoreUnavailable
from windvane.storage.connect import Connections
from windvane.storage.reader import Reader

__all__ = ["Moody", "get", "serving"]

WELL = {"ok": True, "trouble": "", "records_behind": 0, "disk_free_mb": 10_240}


class Moody(Reader):
    """A reader that can be made slow, or made to fail."""

    def __init__(self, connections: Connections) -> None:
        super().__init__(connections)
        self.slow_s, self.fails, self.asked = 0.0, False, 0

    def text(self, sql: str, form: str = "table", *, checked: bool = False) -> bytes:
        self.asked += 1
        time.sleep(self.slow_s)
        if self.fails:
            raise StoreUnavailable("the store does not answer: it is being restarted")
        return super().text(sql, form, checked=checked)


@contextmanager
def serving(
    reader: Reader, health: dict[str, Any] | None = None, shown: tuple[Board, ...] | None = None
) -> Iterator[str]:
    """Serve the page; give its URL. `health` may be changed while it runs."""
    told, ready = WELL if health is None else health, threading.Event()
    state: dict[str, Any] = {}

    async def serve() -> None:
        app = web.Application()
        Page(reader, lambda: told, shown).add_to(app)
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=1)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        state.update(port=runner.addresses[0][1], loop=asyncio.get_running_loop(), end=asyncio.Event())
        ready.set()
        await state["end"].wait()
        await runner.cleanup()

    thread = threading.Thread(target=lambda: asyncio.run(serve()), name="page", daemon=True)
    thread.start()
    assert ready.wait(30)
    try:
        yield f"http://127.0.0.1:{state['port']}"
    finally:
        state["loop"].call_soon_threadsafe(state["end"].set)
        thread.join(30)


def get(url: str) -> tuple[int, Any]:
    """Return status and JSON of an answer."""
    try:
        with urllib.request.urlopen(url, timeout=60) as answer:
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as error:
        return error.code, json.load(error)
