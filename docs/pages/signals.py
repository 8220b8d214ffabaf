"""docs/reference/signals.md, from the table of signals."""

from __future__ import annotations

from collections.abc import Iterator

from pages.markdown import code
from windvane.stream.registry import SIGNALS
from windvane.stream.signals import SignalInfo

__all__ = ["page"]

_TEXT = """# Signals

Every event is scored, and every series. No model judges another: each signal follows a published method or a
definition, named with it, and the same log gives the same signals again.

"""
_SERIES = """\
A series is one service, model, operation and prompt version; with `WINDVANE_SEGMENTS`, each value of a tag is one, too.
What has `fired` ends: it has `recovered`, or is `accepted` as the new normal. Changes of state are in `signal_changes`,
what is fired now is in `open_signals`. Evidence, as JSON, has the same keys for all: `feature`, `says`, `baseline`
and `current` with `baseline_n` and `current_n`, `moved` (what moved most, with its share), `before` and `after` (ids of
events), `segments` (those that had fired). `since` is when it began, by estimate.

All of them together are expected to raise no more than `WINDVANE_FALSE_ALARMS_PER_WEEK` false alarms: thresholds follow
from it. A series is judged once its baseline is made, of 64 events; the view `baselines` says when. A new
`service.version` begins a series anew."""
_KINDS = {
    "event": (
        "Of an event",
        "Numbers are in `calls.signals`, notes (labels; spans and counts as JSON) in `calls.notes`, by name. Absent\n"
        "where a signal has nothing to say, never 0 for it. How well each does what it says, on which data, beside\n"
        "the trivial way, and which not to trust yet: [quality](../quality.md).",
        "SELECT time, service_name, signals['{0}'] AS value FROM calls WHERE mapContains(signals, '{0}') LIMIT 20",
    ),
    "series": (
        "Of a series",
        _SERIES,
        "SELECT time, state, service_name, says FROM signal_changes WHERE signal = '{0}' ORDER BY time LIMIT 20",
    ),
}


def page() -> tuple[str, str]:
    """Return the source and the text."""
    return "stream/", _TEXT + "\n".join(_groups())


def _groups() -> Iterator[str]:
    for kind, signals in SIGNALS.items():
        title, where, query = _KINDS[kind]
        yield f"## {title}\n\n{where}\n\n```sql\n{query.format(next(iter(signals)))}\n```\n"
        yield from (_one(name, info) for name, info in signals.items())


def _one(name: str, info: SignalInfo) -> str:
    return (
        f"### {name}\n\n{info.doc}\n\n"
        f"- Unit: {info.unit}; range: {info.range}\n"
        f"- Reads: {', '.join(map(code, info.columns))}\n"
        f"- After: {info.source}\n"
        f"- Budget: {info.cost_us:g} µs per event\n"
    )
