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

_SERIES: Final = "service_name AS service, gen_ai_request_model AS model"
_QUERIES: Final = {
    "open": f"SELECT since, signal, {_SERIES}, says FROM open_signals ORDER BY since DESC LIMIT 50",
    # From the rollup, not its view: a mean of means would be wrong where only some calls are timed.
    "services": (
        f"SELECT {_SERIES}, sum(rollup_1m.calls) AS calls, sum(rollup_1m.errors) / calls AS errors,"
        " sum(rollup_1m.input_tokens) AS input_tokens, sum(rollup_1m.output_tokens) AS output_tokens,"
        " if(sum(timed_calls) = 0, NULL, sum(latency_sum) / sum(timed_calls)) AS latency_mean,"
        " if(sum(timed_calls) = 0, NULL, max(rollup_1m.latency_max)) AS latency_max, max(minute) AS last"
        " FROM rollup_1m GROUP BY service, model ORDER BY calls DESC LIMIT 50"
    ),
    "changes": f"SELECT time, signal, state, {_SERIES}, says FROM signal_changes ORDER BY time DESC LIMIT 50",
    "refusals": (
        "SELECT reason, count() AS events, max(logged_at) AS last, argMax(refusals.detail, logged_at) AS detail"
        " FROM refusals GROUP BY reason ORDER BY events DESC"
    ),
    "ledger": (
        "SELECT source, emitted, dropped, waiting, writing, accepted, duplicates, refused, stored, missing, balanced"
        " FROM ledger ORDER BY emitted DESC, source LIMIT 50"
    ),
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
        policy += "; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
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
