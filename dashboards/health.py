"""The health page: is the pipeline well, what has come in, what has fired. Facts go in as text, never as markup."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from importlib.resources import files
from typing import Any, Final

from aiohttp import web

from windvane.errors import StoreError
from windvane.storage.reader import Reader

__all__ = ["HealthPage"]

_QUERIES: Final = {
    "services": (
        "SELECT service_name AS service, gen_ai_request_model AS model, sum(calls) AS calls, sum(errors) AS errors,"
        " sum(input_tokens) AS input_tokens, sum(output_tokens) AS output_tokens,"
        " round(max(latency_max), 2) AS latency_max"
        " FROM minutes GROUP BY service, model ORDER BY calls DESC LIMIT 50"
    ),
    "signals": (
        "SELECT time, signal, state, service_name AS service, gen_ai_request_model AS model,"
        " JSONExtractString(evidence, 'says') AS evidence FROM signal_changes ORDER BY time DESC LIMIT 50"
    ),
    "refusals": "SELECT reason, count() AS events, max(logged_at) AS last FROM refusals GROUP BY 1 ORDER BY 2 DESC",
    "ledger": "SELECT * EXCEPT dropped_by_reason FROM ledger ORDER BY emitted DESC LIMIT 50",
}


class HealthPage:
    """GET / is the page, GET /v1/health.json its facts."""

    def __init__(self, reader: Reader, health: Callable[[], dict[str, Any]]) -> None:
        self._reader, self._health = reader, health

    def add_to(self, app: web.Application) -> None:
        """Add the routes."""
        app.router.add_get("/", self._page)
        app.router.add_get("/v1/health.json", self._facts)

    async def _page(self, _: web.Request) -> web.Response:
        page = (files("windvane.dashboards") / "health.html").read_text()
        policy = "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; connect-src 'self'"
        return web.Response(text=page, content_type="text/html", headers={"Content-Security-Policy": policy})

    async def _facts(self, _: web.Request) -> web.Response:
        return web.json_response(await asyncio.to_thread(self._gather))

    def _gather(self) -> dict[str, Any]:
        facts: dict[str, Any] = {"health": self._health()}
        for name, query in _QUERIES.items():
            try:
                facts[name] = self._reader.rows(query)
            except StoreError as error:
                facts[name] = []
                facts["health"] = {**facts["health"], "ok": False, "trouble": str(error)}
        return facts
