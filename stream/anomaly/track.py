"""What is remembered of one measure of a series, minute by minute: the fields of a record."""

from __future__ import annotations

from typing import Final

import numpy as np

from windvane.stream.anomaly.clock import CLOCK

__all__ = ["BETS", "DAYS", "HOURS", "RING", "SIDES", "TRACK"]

HOURS: Final = 24
DAYS: Final = 7
BETS: Final = 6
"""Ways in which a level may have moved that are bet on: see `bets.py`."""
SIDES: Final = 3
"""Up, down, silent."""
RING: Final = 16
"""The last minutes are kept, for evidence."""

TRACK: Final = np.dtype(
    [
        ("life", "u1"),  # 0: never heard of; 1: its first minute, which is not whole, is not yet closed; 2: learned
        *CLOCK,  # of the first record alone: the partition's
        ("closed", "i8"),
        ("late", "f8"),  # of the partition's last events how many came too late, and how many there were
        ("heard_of", "f8"),
        ("renewed", "u1"),  # a new release has begun: to be learned anew from the next minute on
        # The two minutes that are open, by the parity of their number.
        ("open_count", "f4", (2,)),
        ("open_sum", "f8", (2,)),
        ("open_squares", "f8", (2,)),
        # The last minutes.
        ("values", "f4", (RING,)),
        ("counts", "f4", (RING,)),
        ("minutes", "i4"),  # that were learned from
        ("events", "f8"),
        ("empty", "i4"),  # minutes without an event in a row
        ("quiet", "i4"),  # minutes for which it is not judged
        # What is usual: the level, the hours' and the days' part in it. All on logarithms.
        ("level", "f8"),
        ("anchor", "f4"),
        ("hours", "f4", (HOURS,)),
        ("hours_heard", "u1", (HOURS,)),
        ("hour", "u1"),  # 1 + the hour that is being learned; 0: none yet
        ("known", "f4"),  # how far that hour is trusted
        ("hour_sum", "f8"),
        ("hour_minutes", "i4"),
        ("week", "f4"),
        ("days", "f4", (DAYS,)),
        ("days_heard", "u1", (DAYS,)),
        ("day", "u1"),
        ("rested", "u1", (2,)),  # whole working days, and days of rest, of any kind
        ("whole", "i4"),
        ("day_sum", "f8"),
        ("day_minutes", "i4"),
        ("strange", "i4"),  # minutes left of the beginning of the first weekend, or of the first working day
        # How the last minutes foretell the next: deviations from the usual, and sums of their products.
        ("centre", "f4"),
        ("last", "f4"),
        ("mean", "f4"),
        ("bias", "f4"),
        ("products", "f4", (5,)),
        # How far it is off: the spread, within a minute and of minutes, and the tails on either side.
        ("within", "f4"),
        ("spread", "f4"),
        ("beyond", "f4", (2,)),
        ("excess", "f4", (2,)),
        ("heard", "f4"),
        # The bets, and what tempers them: see `bets.py`.
        ("evidence", "f8", (BETS,)),
        ("followed", "f4", (BETS,)),
        ("since", "f8", (BETS,)),
        ("practice", "f8", (SIDES,)),
        ("practised", "f4", (SIDES,)),
        ("temper", "f4", (SIDES,)),
        # What has fired.
        ("fired", "u1"),
        ("fired_at", "i4"),
        ("fired_since", "i4"),
        ("size", "f4"),  # how far it was off, on logarithms
        ("now", "f4"),  # how far it is off lately
        ("stayed", "f4"),  # and how far on the whole
        ("calm", "i4"),
    ]
)
