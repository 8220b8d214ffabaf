"""The page's routes: the boards, their panels' answers, how the pipeline is.

GET /, /boards/{uid}                     the page
GET /v1/boards, /v1/boards/{uid}         the boards; one with its rows and panels
GET /v1/boards/{uid}/panels/{number}     a panel's answer: ?from=&to=&width= and the board's filters, repeatable
GET /v1/filters/{name}                   what a filter may be chosen from: ?from=&to=
GET /v1/stored.json                      how many calls are stored, of which times
GET /v1/health.json                      how the pipeline is

A refusal is JSON with an `error`. Everything that came in with events is data: the browser shows it as text.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Any, Final

import msgspec
from aiohttp import web

from windvane.dashboards.board import FILTERS, Board
from windvane.dashboards.boards import boards
from windvane.dashboards.macros import Span, expand
from windvane.dashboards.page.answers import Answers, Gone
from windvane.dashboards.page.asked import read, read_span
from windvane.dashboards.page.assets import Assets
from windvane.dashboards.page.description import describe, summary
from windvane.errors import ConfigError, StoreError, StoreUnavailable
from windvane.storage.reader import Reader

__all__ = ["Page"]

# Plotly makes one empty <style> and fills it by rules: the hash is that of nothing.
_POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=';"
    " connect-src 'self'; img-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
_HEADERS: Final = {
    "Content-Security-Policy": _POLICY,
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}
_STORED: Final = (
    "SELECT sum(activity.calls) AS calls, toUnixTimestamp(min(begins)) * 1000 AS first,"
    " toUnixTimestamp(max(begins)) * 1000 AS last FROM activity WHERE step = 60"
)
_STEP_MS: Final = 300_000
_COMPRESS_FROM: Final = 1 << 10

_Handler = Callable[[web.Request], Awaitable[web.Response]]


class Page:
    """Shows boards over what `reader` can see, and how the pipeline is: `health`, which may block, says it."""

    def __init__(
        self, reader: Reader, health: Callable[[], dict[str, Any]], shown: tuple[Board, ...] | None = None
    ) -> None:
        """`shown` are the boards, in their order; without it, every board there is."""
        self._answers, self._health, self._assets = Answers(reader), health, Assets()
        self._boards = {board.uid: board for board in (boards() if shown is None else shown)}

    def add_to(self, app: web.Application) -> None:
        """Add the routes."""
        routes: dict[str, _Handler] = {
            "/": self._shell,
            "/boards/{uid}": self._shell,
            "/v1/boards": self._list,
            "/v1/boards/{uid}": self._board,
            "/v1/boards/{uid}/panels/{number}": self._panel,
            "/v1/filters/{name}": self._filter,
            "/v1/stored.json": self._stored,
            "/v1/health.json": self._facts,
        }
        for path, handler in routes.items():
            app.router.add_get(path, handler)
        self._assets.add_to(app)

    async def _shell(self, request: web.Request) -> web.Response:
        if request.match_info.get("uid", "") not in ("", *self._boards):
            raise web.HTTPNotFound(text=f"there is no such board; there are {', '.join(self._boards)}\n")
        response = self._assets.shell(request)
        response.headers.update(_HEADERS)
        return response

    async def _list(self, _: web.Request) -> web.Response:
        return _json([summary(board) for board in self._boards.values()])

    async def _board(self, request: web.Request) -> web.Response:
        board = self._boards.get(request.match_info["uid"])
        return _json(describe(board)) if board else self._no_board()

    async def _panel(self, request: web.Request) -> web.Response:
        board, number = self._boards.get(request.match_info["uid"]), request.match_info["number"]
        if board is None:
            return self._no_board()
        if not (number.isascii() and number.isdigit() and 1 <= int(number) <= len(board.panels)):
            return _refusal(404, f"{board.uid} has no panel {number[:20]!r}: they are 1 to {len(board.panels)}")
        try:
            asked = read(request.query, board.filters, _now_ms())
        except ConfigError as error:
            return _refusal(400, str(error))
        more = {"from": asked.span.start_ms, "to": asked.span.end_ms, "interval_ms": asked.span.interval_ms}
        return await self._answer(request, board.panels[int(number) - 1].sql, asked.span, asked.chosen, more)

    async def _filter(self, request: web.Request) -> web.Response:
        name = request.match_info["name"]
        if not FILTERS.get(name):
            known = ", ".join(name for name, sql in FILTERS.items() if sql)
            return _refusal(404, f"{name[:40]!r} is no filter that is chosen from a list: those are {known}")
        try:
            span = read_span(request.query, _now_ms())
        except ConfigError as error:
            return _refusal(400, str(error))
        # Coarse rows begin before what they tell of.
        wider = Span(span.start_ms - span.start_ms % _STEP_MS, span.end_ms, span.interval_ms)
        return await self._answer(request, f"SELECT * FROM ({FILTERS[name]}) ORDER BY 1 LIMIT 1000", wider)

    async def _stored(self, request: web.Request) -> web.Response:
        return await self._answer(request, _STORED)

    async def _facts(self, _: web.Request) -> web.Response:
        return _json(await asyncio.to_thread(self._health))

    async def _answer(self, request: web.Request, sql: str, span: Span | None = None, chosen: Any = None,
                      more: dict[str, Any] | None = None) -> web.Response:  # fmt: skip
        try:
            asked = expand(sql, span, chosen) if span else sql
            columns = await self._answers.columns(asked, lambda: request.transport is not None)
        except Gone:
            return _refusal(503, "nobody waited for this answer")
        except StoreUnavailable as error:
            return _refusal(503, str(error))
        except (ConfigError, StoreError) as error:
            return _refusal(500, str(error))
        return _json({**(more or {}), "columns": columns})

    def _no_board(self) -> web.Response:
        return _refusal(404, f"there is no such board; there are {', '.join(self._boards)}")


def _now_ms() -> int:
    return int(time.time() * 1000)


def _json(value: Any) -> web.Response:
    body = msgspec.json.encode(value)
    response = web.Response(body=body, content_type="application/json", headers={"Cache-Control": "no-store"})
    if len(body) >= _COMPRESS_FROM:
        response.enable_compression()
    return response


def _refusal(status: int, error: str) -> web.Response:
    response = _json({"error": error})
    response.set_status(status)
    return response
