"""Why a request is not taken, as it is raised inside, and how it is told."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

from aiohttp import web

__all__ = ["JsonReply", "Refusal", "Reply"]


class Refusal(Exception):
    """An answer other than 200. `retry_s`: the same request may succeed in so many seconds."""

    def __init__(self, status: int, why: str, *, retry_s: int | None = None) -> None:
        super().__init__(why)
        self.status, self.retry_s = status, retry_s

    @property
    def headers(self) -> dict[str, str]:
        """When to come back, or how to say who one is."""
        if self.status == 401:
            return {"WWW-Authenticate": "Bearer"}
        return {} if self.retry_s is None else {"Retry-After": str(self.retry_s)}


class Reply(Protocol):
    """The form of answers on one path."""

    def taken(self, answer: Mapping[str, Any]) -> web.Response:
        """Say what was taken: `accepted`, `refused`."""
        ...

    def refused(self, refusal: Refusal) -> web.Response:
        """Say why nothing was."""
        ...


class JsonReply:
    """JSON: what was taken, or an `error`."""

    def taken(self, answer: Mapping[str, Any]) -> web.Response:
        """Return 200, or 400 where not one event could be taken."""
        return web.json_response(answer, status=400 if answer.get("refused") and not answer["accepted"] else 200)

    def refused(self, refusal: Refusal) -> web.Response:
        """Return the error, and when to come back."""
        return web.json_response({"error": str(refusal)}, status=refusal.status, headers=refusal.headers)
