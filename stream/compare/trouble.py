"""What tells that a provider is in trouble: the usual level of each series, and bets against it of each provider."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from windvane.stream.baseline import WARM_UP
from windvane.stream.budget import HOUR_US, clock, spend
from windvane.stream.compare.states import ACCEPTED, FIRED, RECOVERED
from windvane.stream.compare.usual import ERRORS, LATENCY, count, gain, learn, look, material
from windvane.stream.compiled import compiled

__all__ = ["FOUND", "PROVIDER", "follow"]

_BETS: Final = ((0.1, 0.3, 0.6), (0.35, 0.55, 0.8))
"""What share of the calls may fail in trouble, or be slower than nearly all that are usual."""
_RECENT_US: Final = 300 * 1_000_000
"""A service or provider that was not called for so long says nothing of now."""
_LIKELY, _SURE = 300.0, 1e5
"""How much likelier trouble has to be than the usual, of each of two services or models, for it to be the provider's:
where failures begin at once, and else. Of a long outage of one service, another's two stray failures are no part."""
_AT_ONCE_US: Final = 120 * 1_000_000
_CALM: Final = 1000.0
"""How much likelier the usual has to be than trouble, for it to be over."""
_STAYS_US: Final = 6 * HOUR_US
_MOST: Final = 16
"""Services and models that are followed of one provider, the last ones that called it."""

PROVIDER: Final = np.dtype(
    [
        ("key", "u8"),
        ("epoch", "i4"),
        ("last", "i8"),
        ("series", "i4", (_MOST,)),  # plus one; 0: none
        ("spent", "i8", (2,)),
        ("sure", "f8", (2, 3)),  # Shiryaev-Roberts sums
        ("weight", "f8", (2,)),  # as of a series; once it has fired, how much likelier the usual is
        ("since", "i8", (2,)),  # when it was 1
        ("count", "f4", (2,)),
        ("sum", "f4", (2,)),
        ("usual", "f4", (2,)),  # what the sum would be usually
        ("fired", "i8", (2,)),  # when, 0: it has not
        ("teller", "i8", (2,)),  # the series whose event it fired at
        ("share", "f4", (2,)),  # of the calls that are signs of trouble, to recover from
    ]
)

FOUND: Final = np.dtype(
    [(name, "i8") for name in ("row", "kind", "state", "since", "teller", "others", "alike")]
    + [(name, "f8") for name in ("count", "sum", "usual")]
    + [("series", "i8", (_MOST,)), ("sums", "f8", (_MOST,)), ("counts", "f8", (_MOST,))]
)
"""A change of state: of the provider, and of the series that see its trouble."""


@compiled
def follow(
    first: int, usual: Any, providers: Any, known: NDArray[np.int64], series: NDArray[np.int64],
    begins: NDArray[np.bool_], places: NDArray[np.int64], homes: NDArray[np.uint64], failed: NDArray[np.bool_],
    latency: NDArray[np.float64], times: NDArray[np.int64], per_week: float, found: Any,
) -> int:  # fmt: skip
    """Take events from `first` on; return the first not taken, for want of room in `found`.

    `known`: providers known so far, entries of `found`.
    """
    for row in range(first, len(series)):
        if known[1] + 2 > len(found):
            return row
        place = places[row]
        if place < 0:
            continue
        known[0] = max(known[0], place + 1)
        held, provider, time = usual[series[row]], providers[place], times[row]
        if begins[row] or held.epoch != provider.epoch:
            held.seen, held.answered = 0, 0
            held.failed = held.mean = held.variance = held.slow = 0.0
            held.weight[ERRORS] = held.weight[LATENCY] = 0.0
            held.epoch = provider.epoch
        held.home = homes[row]
        held.last = provider.last = time
        _enlist(provider, usual, series[row])
        for kind in range(2):
            if kind == LATENCY and (failed[row] or not latency[row] > 0):
                continue
            bad, level, chance = look(held, kind, failed[row], latency[row])
            learned = held.seen if kind == ERRORS else held.answered
            if learned >= WARM_UP:
                _weigh(held, provider, kind, bad, level, chance, time, per_week, 2 * known[0])
                state = _judge(usual, provider, kind, time)
                if state == FIRED:
                    provider.teller[kind] = series[row]
                if state:
                    _tell(usual, providers, place, kind, state, row, known, found)
                    _end(usual, provider, kind, state)
            if provider.fired[kind] == 0 or learned < WARM_UP:
                learn(held, kind, bad, latency[row])
    return len(series)


@compiled
def _enlist(provider: Any, usual: Any, series: int) -> None:
    oldest, last = 0, np.int64(2**62)
    for slot in range(_MOST):
        number = provider.series[slot]
        if number == series + 1:
            return
        heard = usual[number - 1].last if number else np.int64(-(2**62))
        if heard < last:
            oldest, last = slot, heard
    provider.series[oldest] = series + 1


@compiled
def _weigh(held: Any, provider: Any, kind: int, bad: bool, level: float, chance: float, time: int, per_week: float,
           streams: int) -> None:  # fmt: skip
    """Bet on trouble: each bet's gain has a mean of at most 1 while signs of it are as usual as `chance`."""
    if provider.spent[kind] == 0:
        provider.spent[kind] = time
    spent = spend(per_week, streams, provider.spent[kind], time)
    provider.spent[kind] = clock(provider.spent[kind], time)
    if provider.fired[kind] == 0:
        for bet in range(3):
            sure = (provider.sure[kind, bet] + spent) * gain(bad, chance, max(_BETS[kind][bet], chance))
            provider.sure[kind, bet] = min(sure, 1e12)
    share = max(_BETS[kind][1], chance)
    count(held, kind, level, time)
    held.weight[kind] *= gain(bad, chance, share)
    if count(provider, kind, level, time):
        provider.usual[kind] = 0.0
    provider.usual[kind] += held.failed if kind == ERRORS else 0.0
    if provider.fired[kind] == 0:
        provider.weight[kind] *= gain(bad, chance, share)
    else:
        provider.weight[kind] *= 1.0 / gain(bad, chance, max(provider.share[kind], min(2.0 * chance, 0.9)))


@compiled
def _judge(usual: Any, provider: Any, kind: int, time: int) -> int:
    if provider.fired[kind] == 0:
        sure = provider.sure[kind, 0] + provider.sure[kind, 1] + provider.sure[kind, 2]
        lasts = provider.weight[kind] >= _LIKELY and material(provider, kind)
        if sure < 3.0 or not lasts or _concerned(usual, provider, kind) < 2:
            return 0
        provider.fired[kind] = time
        for bet in range(3):
            provider.sure[kind, bet] = 0.0
        provider.share[kind] = 0.5 * max(provider.sum[kind] / provider.count[kind], 0.2) if kind == ERRORS else 0.5
        return FIRED
    if time - provider.fired[kind] > _STAYS_US:
        provider.fired[kind] = 0
        provider.epoch += 1
        return ACCEPTED
    if provider.weight[kind] < _CALM:
        return 0
    provider.fired[kind] = 0
    return RECOVERED


@compiled
def _end(usual: Any, provider: Any, kind: int, state: int) -> None:
    """Begin to count anew after a change of state."""
    provider.weight[kind] = 0.0
    if state == FIRED:
        return
    for slot in range(_MOST):
        if provider.series[slot]:
            usual[provider.series[slot] - 1].weight[kind] = 0.0


@compiled
def _in_trouble(held: Any, provider: Any, kind: int) -> bool:
    if provider.last - held.last > _RECENT_US or not material(held, kind):
        return False
    if kind == LATENCY or abs(held.since[kind] - provider.since[kind]) > _AT_ONCE_US:
        return bool(held.weight[kind] >= _SURE)
    return bool(held.weight[kind] >= _LIKELY) and bool(held.sum[kind] >= 2.0)


@compiled
def _concerned(usual: Any, provider: Any, kind: int) -> int:
    """Return how many services and models are in trouble."""
    count = 0
    for slot in range(_MOST):
        number = provider.series[slot]
        if number == 0 or not _in_trouble(usual[number - 1], provider, kind):
            continue
        new = True
        for before in range(slot):
            other = provider.series[before]
            if other and usual[other - 1].home == usual[number - 1].home:
                new = new and not _in_trouble(usual[other - 1], provider, kind)
        count += 1 if new else 0
    return count


@compiled
def _tell(usual: Any, providers: Any, place: int, kind: int, state: int, row: int, known: NDArray[np.int64],
          found: Any) -> None:  # fmt: skip
    entry, provider = found[known[1]], providers[place]
    known[1] += 1
    entry.row, entry.kind, entry.state, entry.since = row, kind, state, provider.since[kind]
    entry.teller = provider.teller[kind]
    entry.count, entry.sum, entry.usual = provider.count[kind], provider.sum[kind], provider.usual[kind]
    entry.others = entry.alike = 0
    for other in range(known[0]):
        beside = providers[other]
        if other != place and provider.last - beside.last < _RECENT_US and beside.count[kind] > 0:
            entry.others += 1
            ill = beside.fired[kind] != 0 or (beside.weight[kind] >= _LIKELY and material(beside, kind))
            entry.alike += 1 if ill else 0
    for slot in range(_MOST):
        number = provider.series[slot]
        entry.series[slot] = -1
        if number and _in_trouble(usual[number - 1], provider, kind):
            held = usual[number - 1]
            entry.series[slot] = number - 1
            entry.sums[slot], entry.counts[slot] = held.sum[kind], held.count[kind]
