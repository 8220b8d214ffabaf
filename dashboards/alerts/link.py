"""Where to look: the path of a rule's board, with the alert's time and labels as its filters."""

from __future__ import annotations

from functools import cache
from typing import Final
from urllib.parse import urlencode

from windvane.dashboards.alerts.change import Alert
from windvane.dashboards.boards import boards

__all__ = ["link"]

_FILTERS: Final = {
    "service_name": "service",
    "gen_ai_request_model": "model",
    "signal": "signal",
    "user_id": "user",
    "gen_ai_conversation_id": "conversation",
}
"""Label → the filter of boards that it is."""
_BEFORE_MS, _AFTER_MS = 3_600_000, 900_000


@cache
def _filters() -> dict[str, tuple[str, ...]]:
    return {board.uid: board.filters for board in boards()}


def link(alert: Alert, at_us: int) -> str:
    """Return the path, from an hour before the alert began to a quarter of an hour after the moment `at_us`."""
    has = _filters().get(alert.rule.board, ())
    query = {"from": str(alert.since_us // 1000 - _BEFORE_MS), "to": str(at_us // 1000 + _AFTER_MS)}
    query |= {_FILTERS[name]: value for name, value in alert.labels.items()
              if value and _FILTERS.get(name) in has}  # fmt: skip
    return f"/boards/{alert.rule.board}?{urlencode(query)}"
