"""What Grafana calls ours: uids, the tag, units of time."""

from __future__ import annotations

from hashlib import blake2b
from typing import Final

from windvane.dashboards.alerts import durations

__all__ = ["DATASOURCE", "DATASOURCE_TYPE", "FOLDER", "PREFIX", "TAG", "duration", "source", "uid"]

DATASOURCE: Final = "windvane-clickhouse"
"""The data source's uid: boards and rules refer to it."""
DATASOURCE_TYPE: Final = "grafana-clickhouse-datasource"
FOLDER: Final = "windvane"
TAG: Final = "windvane"
PREFIX: Final = "windvane-"
"""Every uid of ours begins with it: what does not is the user's."""

_LONGEST: Final = 40
_WEEK: Final = 604_800


def source(datasource: str = DATASOURCE) -> dict[str, str]:
    """Return the reference to a data source of ClickHouse's type."""
    return {"type": DATASOURCE_TYPE, "uid": datasource}


def uid(name: str) -> str:
    """Return the uid of something called `name` (letters, digits and hyphens): the same for good, at most 40 long.

    >>> uid("silence"), uid("a-name-that-is-too-long-for-a-uid-of-it")
    ('windvane-silence', 'windvane-a-name-that-is-too-lon-396317db')
    """
    whole = PREFIX + name
    if len(whole) <= _LONGEST:
        return whole
    mark = blake2b(name.encode(), digest_size=4).hexdigest()
    return f"{whole[: _LONGEST - 1 - len(mark)]}-{mark}"


def duration(seconds: int) -> str:
    """Return a length of time as Grafana itself writes it: what it says back compares equal.

    >>> [duration(seconds) for seconds in (0, 60, 90, 4 * 3600, 7 * 86_400, 8 * 86_400)]
    ['0s', '1m', '1m30s', '4h', '1w', '8d']
    """
    if seconds and seconds % _WEEK == 0:
        return f"{seconds // _WEEK}w"
    return durations.duration(seconds)
