"""A user, conversation or key whose spend runs away."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, ClassVar, Final

import numpy as np
from numpy.typing import NDArray

from windvane.stream.batch import Batch
from windvane.stream.compare.keyed import Keyed, key_of, words_of
from windvane.stream.compare.runaway import FOUND, follow
from windvane.stream.compare.spenders import ENDED, KINDS, NAME_BYTES, SPENDERS
from windvane.stream.compare.states import STATES
from windvane.stream.detector import ArrayDetector, Change, State
from windvane.stream.evidence import at_time, evidence
from windvane.stream.series import Members, Series
from windvane.stream.signals import Signal, SignalInfo
from windvane.stream.text.hashes import text_hashes

__all__ = ["CostRunaway"]

_COLUMNS: Final = ("user_id", "gen_ai_conversation_id")
_TAGS: Final = ("api_key", "key")
_KINDS: Final = ("user", "conversation", "key")
_TOKENS: Final = ("gen_ai_usage_input_tokens", "gen_ai_usage_output_tokens")


class CostRunaway(Keyed, ArrayDetector):
    """Says who spends, within minutes, many times what anyone of the service usually does.

    Of each service the users, conversations and keys (the tag `api_key` or `key`) are known that have spent most in the
    last five minutes; spend is the cost, of calls without a price the tokens, unless they failed. The most that one has
    in each ten minutes is learned, so that a service with one heavy user is quiet. It fires when one has, by two calls
    at least, more than the budget allows to expect of that; three times the usual; a tenth of the service's spend; and
    5 dollars or 5 million tokens a day at this rate. It ends when that is over, or after a day.

    What is to be expected is the prediction interval of a normal sample, of the logarithms of what was the most in ten
    minutes each, an hour at least: the budget is kept as far as they are normal.

    >>> from windvane.stream.pipeline import Pipeline
    >>> from windvane.stream.testing import batch_of
    >>> def calls(loops):
    ...     for n in range(8000):
    ...         big = n in loops and n % 2
    ...         yield {"service": "shop", "user": "u7" if big else f"u{n % 97}", "input_tokens": 9000 if big else 500}
    >>> found = Pipeline([CostRunaway()]).score(batch_of(calls(range(7000, 7200)))).changes
    >>> [(change.row, change.state) for change in found]
    [(7035, 'fired'), (7712, 'recovered')]
    >>> print(*found[0].evidence["says"].split(", "), sep="\\n")
    user u7 of shop has spent 162,500 tokens in 19 calls since 00:09:51 UTC: 31 times the usual most in five minutes
    10 % of all tokens now
    234.0 million tokens a day at this rate
    >>> Pipeline([CostRunaway()]).score(batch_of(calls(()))).changes
    []
    """

    name = "cost_runaway"
    infos: ClassVar = {
        Signal.COST_RUNAWAY: SignalInfo(
            unit="change of state",
            range="fired, recovered, accepted",
            columns=("service_name", *_COLUMNS, "tags", "cost", *_TOKENS),
            source="space-saving tables of spend that fades; prediction interval of the biggest spender",
            cost_us=0.5,
            doc="One user, conversation or key spends many times what anyone of the service usually does.",
        )
    }
    dtype: ClassVar = SPENDERS
    page_size: ClassVar = 64

    def update(self, batch: Batch, members: Members) -> list[Change]:
        """See `Detector.update`."""
        return self.follow(batch, members)

    def follow(self, batch: Batch, members: Members) -> list[Change]:
        """See `ArrayDetector.follow`: a record is one of a service, not of a series."""
        series = members.series[np.flatnonzero(np.diff(members.rows, prepend=-1))]
        known, found = np.array([len(self), 0]), np.zeros(4 * KINDS * (ENDED + 1), FOUND)
        whose = _whose(batch)
        spend, units = _spend(batch)
        places = self.places(_keys(batch, whose, spend, units))
        times = batch.times_us()
        changes: list[Change] = []
        row = 0
        while row < len(batch):
            row = follow(
                row, self.state, known, series, places, whose, spend, units, times, self.alarms_per_week, found
            )
            changes += self._changes(batch, found[: known[1]], units, members.keys)
            known[1] = 0
        return changes

    def _changes(self, batch: Batch, found: Any, units: NDArray[np.int64], keys: Sequence[Series]) -> Iterator[Change]:
        for entry in found:
            row, state, kind = int(entry["row"]), STATES[int(entry["state"])], int(entry["kind"])
            name = self.state["name"][entry["place"], entry["at"]]
            if state == "fired":
                told_name = _name(batch, row, kind).encode()[:NAME_BYTES]
                name[:] = np.frombuffer(told_name.ljust(NAME_BYTES, b"\0"), np.uint8)
            who = bytes(name).rstrip(b"\0").decode(errors="replace")
            told = _told(entry, state, f"{_KINDS[kind]} {who}", keys[entry["series"]].service_name, int(units[row]))
            yield Change(row, int(entry["series"]), self.name, state, int(entry["since"]), told)


def _whose(batch: Batch) -> NDArray[np.uint64]:
    """Return the hash of each event's user, conversation and key, uint64 (n, 3), 0 where there is none."""
    keys = np.zeros(len(batch), np.uint64)
    rows, _, values = batch.entries("tags", _TAGS)
    if len(rows):
        keys[rows[::-1]] = text_hashes(values)[::-1]
    return np.stack([*(words_of(batch, name) for name in _COLUMNS), keys], axis=1)


def _spend(batch: Batch) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Return what each event has spent, float64 (n,), and in which unit, int64 (n,): 0 US dollars, 1 tokens."""
    cost = batch.signal(Signal.COST)
    tokens = np.nan_to_num(batch.numbers(_TOKENS[0])) + np.nan_to_num(batch.numbers(_TOKENS[1]))
    tokens[batch.arrow("error_type").is_valid().to_numpy(zero_copy_only=False)] = 0.0
    priced = ~np.isnan(cost)
    return np.where(priced, cost, tokens), np.where(priced, 0, 1)


def _keys(batch: Batch, whose: NDArray[np.uint64], spend: NDArray[np.float64], units: NDArray[np.int64]
          ) -> NDArray[np.uint64]:  # fmt: skip
    service = words_of(batch, "service_name") ^ units.astype(np.uint64)
    keys = np.stack([key_of([service], kind + 1) for kind in range(KINDS)], axis=1)
    return np.where((whose != 0) & (spend > 0)[:, None], keys, np.uint64(0))


def _name(batch: Batch, row: int, kind: int) -> str:
    if kind < len(_COLUMNS):
        return str(batch.cells(_COLUMNS[kind])[row])
    tags = batch.cells("tags")[row]
    return str(next(tags[tag] for tag in _TAGS if tag in tags))


def _told(entry: Any, state: State, who: str, service: str, unit: int) -> dict[str, Any]:
    what = ("spend", "tokens")[unit]
    feature = f"{what} of {who}"
    recent, usual = float(entry["recent"]), float(entry["usual"])
    since = at_time(entry["since"])
    whole = f" of {service}" if service else ""
    burst = f"{_amount(entry['spent'], unit)} in {entry['calls']} calls since {since}"
    if state != "fired":
        ended = "spends as others do again" if state == "recovered" else "has spent so for a day, now taken as usual"
        after = f", after {burst}" if entry["calls"] else ""
        return evidence(feature, f"{who}{whole} {ended}{after}", current=recent, baseline=usual)
    says = (
        f"{who}{whole} has spent {burst}:"
        f" {recent / usual:.0f} times the usual most in five minutes, {100 * entry['share']:.0f} %"
        f" of all {what} now, {_amount(entry['per_day'], unit)} a day at this rate"
    )
    return evidence(
        feature, says, baseline=usual, baseline_n=int(entry["blocks"]), current=recent, current_n=int(entry["calls"]),
        share=round(float(entry["share"]), 3), per_day=float(f"{entry['per_day']:.6g}"), unit=("USD", "tokens")[unit],
    )  # fmt: skip


def _amount(value: float, unit: int) -> str:
    if unit == 1:
        return f"{value / 1e6:,.1f} million tokens" if value >= 1e6 else f"{value:,.0f} tokens"
    return f"{value:,.2f} USD" if value >= 1 else f"{value:.2g} USD"
