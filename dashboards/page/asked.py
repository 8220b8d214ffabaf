"""What a request asks for: a time range, the width of its buckets, the filters chosen."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from multidict import MultiMapping

from windvane.dashboards.macros import Span
from windvane.errors import ConfigError

__all__ = ["Asked", "read", "read_span"]

BUCKETS_S: Final = (60, 120, 300, 600, 900, 1800, 3600, 7200, 21600, 86400)
_MOST_BUCKETS: Final = 300
_PIXELS_OF_A_BUCKET: Final = 4
_UNITS_S: Final = {"s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800}
_RELATIVE: Final = re.compile(r"now(?:-(\d{1,7})([smhdw]))?")
_LAST_MS: Final = 4_102_444_800_000
_NOW_MS: Final = 2_000
"""`now` moves in steps: who asks the same within one of them can share an answer."""
_MOST_VALUES, _LONGEST_VALUE = 100, 1_000


@dataclass(frozen=True, slots=True)
class Asked:
    """A checked request."""

    span: Span
    chosen: Mapping[str, Sequence[str]]
    """Filter → the values that are let through; a filter that is absent lets all through."""


def read(query: MultiMapping[str], filters: Sequence[str], now_ms: int) -> Asked:
    """Return what the query string of a panel asks for; `filters` are those of its board.

    Raises:
        ConfigError: a parameter is not known or not sound.
    """
    chosen: dict[str, list[str]] = {}
    for name, value in query.items():
        if name in filters:
            if len(value) > _LONGEST_VALUE:
                raise ConfigError(f"a value of {name} has {len(value)} characters: give at most {_LONGEST_VALUE}")
            if value:
                chosen.setdefault(name, []).append(value)
        elif name not in ("from", "to", "width"):
            known = ", ".join(("from", "to", "width", *filters))
            raise ConfigError(f"{name[:40]!r} is no parameter of this board: it has {known}")
    for name, values in chosen.items():
        if len(values) > _MOST_VALUES:
            raise ConfigError(f"{len(values)} values of {name}: choose at most {_MOST_VALUES}, or none for all")
    return Asked(read_span(query, now_ms), chosen)


def read_span(query: MultiMapping[str], now_ms: int) -> Span:
    """Return the range `from` to `to`, begun a little earlier so that its first bucket is whole.

    Raises:
        ConfigError: a time or the width is not sound.
    """
    now_ms -= now_ms % _NOW_MS
    start, end = (_moment(name, query.get(name, usual), now_ms) for name, usual in (("from", "now-6h"), ("to", "now")))
    if start >= end:
        raise ConfigError("from is not before to: exchange them, or choose a longer range")
    width = query.get("width", "600")
    if not re.fullmatch(r"\d{1,5}", width):
        raise ConfigError(f"width is {width[:40]!r}: give the pixels of the picture, such as 600")
    interval_ms = 1000 * bucket_s((end - start) / 1000, int(width))
    return Span(start - start % interval_ms, end, interval_ms)


def bucket_s(span_s: float, width_px: int) -> int:
    """Return how many seconds a bucket should have where `span_s` seconds are drawn over `width_px` pixels.

    >>> bucket_s(900, 600), bucket_s(6 * 3600, 450), bucket_s(7 * 86400, 1400)
    (60, 300, 3600)
    """
    most = min(_MOST_BUCKETS, max(50, width_px // _PIXELS_OF_A_BUCKET))
    return next((bucket for bucket in BUCKETS_S if span_s / bucket <= most), BUCKETS_S[-1])


def _moment(name: str, text: str, now_ms: int) -> int:
    """Return a time in milliseconds: `now-6h`, milliseconds since 1970, or ISO 8601 (in UTC if no zone is said)."""
    if relative := _RELATIVE.fullmatch(text):
        found = now_ms - 1000 * int(relative[1] or 0) * _UNITS_S.get(relative[2] or "s", 1)
    elif re.fullmatch(r"\d{1,15}", text):
        found = int(text)
    else:
        try:
            said = datetime.fromisoformat(text)
        except ValueError:
            raise ConfigError(
                f"{name} is {text[:40]!r}, which is no time: give now, now-6h (s, m, h, d, w), milliseconds since 1970,"
                " or 2026-01-31T23:59:00Z"
            ) from None
        found = int((said if said.tzinfo else said.replace(tzinfo=UTC)).timestamp() * 1000)
    if not 0 <= found < _LAST_MS:
        raise ConfigError(f"{name} is {text[:40]!r}, which is out of range: give a time from 1970 to 2099")
    return found
