"""What became of a process's events, in numbers."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

import msgspec

from windvane.errors import Reason

__all__ = ["DROPS", "Stats", "ledger"]

DROPS: Final = (Reason.SPOOL_FULL, Reason.SPOOL_ERROR, Reason.REENTRANT, Reason.CLOSED, Reason.WRONG_TYPE,
                Reason.OUT_OF_RANGE, Reason.OVERSIZE, Reason.NOT_AN_OBJECT)  # fmt: skip
"""Why an event may never leave the app; the order in which a segment's header counts them."""


class Stats(msgspec.Struct):
    """What became of this process's events: emitted = delivered + spooled + the sum of dropped."""

    emitted: int
    delivered: int
    """Durable in the log."""
    spooled: int
    """In the spool, on their way."""
    dropped: dict[str, int]
    adopted: int
    """Events of dead processes that this one has sent."""
    retries: int
    error: str
    """Why sending fails at the moment; empty where it does not."""
    masked: dict[str, int]
    """Secrets and personal data redacted before sending, by kind; of events of dead processes too."""
    unredactable: int
    """Events sent without their texts because redacting them failed."""


def ledger(emitted: int, drops: Iterable[int]) -> dict[str, int]:
    """Return the counts as an envelope's header carries them; `drops` in the order of `DROPS`.

    >>> ledger(7, [0, 0, 2, 0, 0, 0, 0, 0])
    {'emitted': 7, 'dropped.reentrant': 2}
    """
    counted = zip(DROPS, drops, strict=True)
    return {"emitted": emitted, **{f"dropped.{reason}": count for reason, count in counted if count}}
