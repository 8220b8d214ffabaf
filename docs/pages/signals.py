"""docs/reference/signals.md, from the table of signals."""

from __future__ import annotations

from collections.abc import Iterator

from pages.markdown import code
from windvane.stream.signals import SIGNALS, Signal

__all__ = ["page"]

_TEXT = """# Signals

Every event is scored, and every series. No model judges another: each signal follows a published method or a
definition, named with it, and the same log gives the same signals again.

"""
_KINDS = {
    "event": (
        "Of an event",
        "In `calls.signals`, by name. Absent where a signal has nothing to say, never 0 for it.",
        "SELECT time, service_name, signals['{0}'] AS value FROM calls WHERE mapContains(signals, '{0}') LIMIT 20",
    ),
    "series": (
        "Of a series",
        "A series is one service, model, operation and prompt version. Changes of state are in `signal_changes`; what\n"
        "is fired now is in `open_signals`.",
        "SELECT time, state, service_name, evidence FROM signal_changes WHERE signal = '{0}' ORDER BY time LIMIT 20",
    ),
}


def page() -> tuple[str, str]:
    """Return the source and the text."""
    return "stream/signals.py", _TEXT + "\n".join(_groups())


def _groups() -> Iterator[str]:
    for kind, (title, where, query) in _KINDS.items():
        names = [name for name, info in SIGNALS.items() if info.of == kind]
        if names:
            yield f"## {title}\n\n{where}\n\n```sql\n{query.format(names[0])}\n```\n"
            yield from map(_one, names)
    if strange := {info.of for info in SIGNALS.values()} - set(_KINDS):
        raise SystemExit(f"signals of {', '.join(strange)}: add the group to docs/pages/signals.py")


def _one(name: Signal) -> str:
    info = SIGNALS[name]
    return (
        f"### {name}\n\n{info.doc}\n\n"
        f"- Unit: {info.unit}; range: {info.range}\n"
        f"- Reads: {', '.join(map(code, info.columns))}\n"
        f"- After: {info.source}\n"
        f"- Budget: {info.cost_us:g} µs per event\n"
    )
