"""Pieces of SQL, and links, that several boards share."""

from __future__ import annotations

from typing import Final

from windvane.dashboards.board import CHOSEN, STEP, Link

__all__ = [
    "ALERTED",
    "CALLS",
    "FIRST_HOUR",
    "OPEN_ALERTS",
    "SERIES",
    "SIGNALS",
    "TO_ALERTS",
    "TO_CALL",
    "TO_CONVERSATION",
    "TO_SERVICE",
    "TO_SIGNAL",
    "TO_USER",
    "USD",
    "hour_of",
    "quantile",
    "standing",
]

CALLS: Final = f"activity WHERE {STEP} AND $__timeFilter(begins) AND {CHOSEN} AND gen_ai_operation_name != 'feedback'"
"""The chosen calls of the time range; to be gone on with AND."""

FIRST_HOUR: Final = "toStartOfHour(toDateTime($__fromTime + 3599, 'UTC'))"
"""The begin of the first whole hour of the time range: whole ones are read as such, the rest by the minute."""

USD: Final = "if(sum(priced_calls) = 0, NULL, toFloat64(sum(activity.cost)))"
"""What the priced ones cost; NULL where none is priced."""

SIGNALS: Final = f"signal_activity WHERE {STEP} AND $__timeFilter(begins) AND {CHOSEN}"
"""What event signals say of them."""

TO_SIGNAL: Final = Link(
    "windvane-signal", {"signal": "signal", "service": "service", "model": "model", "feature": "feature"}
)
TO_ALERTS: Final = Link("windvane-alerts", {"service": "service"})
TO_CALL: Final = Link("windvane-call", {"call": "id"})
TO_CONVERSATION: Final = Link("windvane-conversation", {"conversation": "conversation"})
TO_USER: Final = Link("windvane-users", {"user": "user"})
TO_SERVICE: Final = Link("windvane-service", {"service": "service"})

ALERTED: Final = "$__conditionalAll(labels['service'] IN (${service:singlequote}, ''), $service)"
"""The condition on alerts that the filter `service` sets: those that are about no service stay."""

OPEN_ALERTS: Final = f"""(
    SELECT * FROM
    (
        SELECT * FROM alerts WHERE alerts.time <= $__toTime ORDER BY alerts.time DESC LIMIT 1 BY rule, alert
    )
    WHERE state != 'resolved' AND {ALERTED}
)"""
"""What was pending or fired at the end of the time range: the view `open_alerts` says only what is open now."""

SERIES: Final = (
    "signal, feature, service_name, gen_ai_request_model, gen_ai_operation_name, gen_ai_prompt_version, segment"
)


def standing(condition: str, per: str = SERIES) -> str:
    """Return a subquery: of `signal_changes` where `condition` holds, the last one `per` series.

    It is as it was at the end of the time range: what has ended since is open there.
    """
    return f"""(
    SELECT * FROM signal_changes
    WHERE {condition} AND signal_changes.time <= $__toTime
    ORDER BY signal_changes.time DESC
    LIMIT 1 BY {per}
)"""


def hour_of(moment: str) -> str:
    """Return the begin of a moment's hour."""
    return f"toStartOfHour(toDateTime({moment}, 'UTC'))"


def quantile(sketch: str, share: float) -> str:
    """Return a quantile of `latency` or `first_chunk` of `activity`, in seconds; NULL where nothing was timed."""
    return f"ifNotFinite(quantileDDMerge(0.02, {share})({sketch}) / 1e6, NULL)"
