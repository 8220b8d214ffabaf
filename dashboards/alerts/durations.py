"""Lengths of time as people write them: `90s`, `5m`, `1h30m`, `7d`."""

from __future__ import annotations

import re
from typing import Final

__all__ = ["duration", "seconds"]

_UNITS: Final = {"d": 86_400, "h": 3600, "m": 60, "s": 1}
_FORM: Final = re.compile("".join(rf"(?:(\d+){unit})?" for unit in _UNITS))


def seconds(text: str) -> int:
    """Return how many seconds `text` is: days, hours, minutes and seconds, in this order, each of which may be absent.

    Raises:
        ValueError: it is not of this form.

    >>> seconds("90s"), seconds("1h30m"), seconds("7d"), seconds("0s")
    (90, 5400, 604800, 0)
    """
    match = _FORM.fullmatch(text.strip())
    if not match or not any(match.groups()):
        raise ValueError(text)
    return sum(int(part or 0) * size for part, size in zip(match.groups(), _UNITS.values(), strict=True))


def duration(length_s: int) -> str:
    """Return a length in the same form, as short as it goes.

    >>> duration(5400), duration(90), duration(0)
    ('1h30m', '1m30s', '0s')
    """
    said = ""
    for unit, size in _UNITS.items():
        count, length_s = divmod(length_s, size)
        said += f"{count}{unit}" if count else ""
    return said or "0s"
