"""One provider's trouble, seen by several services at once."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, ClassVar, Final

import numpy as np
import pyarrow.compute as pc
from numpy.typing import NDArray

from windvane.stream.batch import Batch
from windvane.stream.compare.keyed import Beside, Keyed, key_of, words_of
from windvane.stream.compare.states import STATES
from windvane.stream.compare.trouble import FOUND, PROVIDER, follow
from windvane.stream.compare.usual import ERRORS, USUAL
from windvane.stream.detector import Change, State
from windvane.stream.evidence import at_time, evidence
from windvane.stream.series import Members, Series
from windvane.stream.signals import Signal, SignalInfo
from windvane.stream.state import ArrayState

__all__ = ["ProviderTrouble"]

_PROVIDER: Final = "gen_ai_provider_name"
_LATENCY: Final = "gen_ai_client_operation_duration"
_RETRYABLE: Final = (
    r"(?i)(^|[^0-9])(408|429|5\d\d)([^0-9]|$)|time.?out|timed.?out|connect|overload|unavailable|rate.?limit"
    r"|server.?error|too.?many|throttl|deadline|exhausted|reset"
)
"""Failures that another attempt may not meet: the provider's, or the way's to it, but not the request's."""


class Providers(Keyed):
    """The providers of a partition."""

    name = "providers"
    dtype: ClassVar = PROVIDER


class ProviderTrouble(Beside):
    """Says when a provider fails, or is slow, for at least two services or models at once.

    Failures are those that another attempt may not meet: timeouts, 408, 429, 5xx, connections. Slow is what takes twice
    the time that is usual for its own series, so that services mix. Where failures begin at once, two of a service in
    few calls are enough beside those of another; else, and of slowness, it takes more. Whether other providers are in
    trouble in the same minutes is said, too: if all are, it is more likely the way to them. It sees the services of one
    partition, and of a provider the sixteen series that called it last. It ends when calls are as usual again, or, the
    baseline being learned anew, after six hours.

    >>> from windvane.stream.pipeline import Pipeline
    >>> from windvane.stream.testing import batch_of
    >>> def calls(bad):
    ...     for n in range(600):
    ...         error = {"error": "503"} if n in bad and n % 3 else {"latency": 1 + n % 7 / 10}
    ...         yield {"service": ("chat", "search")[n % 2], "provider": "openai", **error}
    >>> found = Pipeline([ProviderTrouble()]).score(batch_of(calls(range(300, 400)))).changes
    >>> [(change.row, change.state) for change in found]
    [(305, 'fired'), (412, 'recovered')]
    >>> print(*found[0].evidence["says"].split(", "), sep="\\n")
    openai is in trouble: 4 of 5 calls failed
    usually 0.4 %
    since 22:18:21 UTC
    seen by chat (2 of 2 calls failed) and search (2 of 3 calls failed); no other provider was called to compare with
    >>> Pipeline([ProviderTrouble()]).score(batch_of(calls(()))).changes
    []
    """

    name = "provider_trouble"
    infos: ClassVar = {
        Signal.PROVIDER_TROUBLE: SignalInfo(
            unit="change of state",
            range="fired, recovered, accepted",
            columns=(_PROVIDER, "service_name", "gen_ai_request_model", "error_type", _LATENCY),
            source="likelihood ratios against each series' own usual share, Shiryaev-Roberts sums",
            cost_us=0.5,
            doc="A provider fails, or is slow, for two services or models at once.",
        )
    }
    dtype: ClassVar = USUAL

    def __init__(self) -> None:
        super().__init__()
        self._providers = Providers()

    def besides(self) -> Sequence[ArrayState]:
        """See `Beside.besides`."""
        return [self._providers]

    def follow(self, batch: Batch, members: Members) -> list[Change]:
        """See `ArrayDetector.follow`."""
        own = np.flatnonzero(np.diff(members.rows, prepend=-1))
        homes = key_of([words_of(batch, "service_name"), words_of(batch, "gen_ai_request_model")], 1)
        known, found = np.array([len(self._providers), 0]), np.zeros(16, FOUND)
        places = self._providers.places(words_of(batch, _PROVIDER))
        answered = batch.arrow("error_type").is_null().to_numpy(zero_copy_only=False)
        latency = np.where(answered, batch.numbers(_LATENCY), np.nan)
        changes: list[Change] = []
        row = 0
        while row < len(batch):
            row = follow(
                row, self.state, self._providers.state, known, members.series[own], members.begins[own], places, homes,
                _failed(batch), latency, batch.times_us(), self.alarms_per_week, found,
            )  # fmt: skip
            for entry in found[: known[1]]:
                at = int(entry["row"])
                state, provider = STATES[int(entry["state"])], str(batch.cells(_PROVIDER)[at])
                told = _told(entry, state, provider, members.keys)
                changes.append(Change(at, int(entry["teller"]), self.name, state, int(entry["since"]), told))
            known[1] = 0
        return changes


def _failed(batch: Batch) -> NDArray[np.bool_]:
    """Return which events failed in a way that another attempt may not."""
    coded = batch.codes("error_type")
    retryable = np.append(pc.match_substring_regex(coded.dictionary, _RETRYABLE).to_numpy(zero_copy_only=False), False)
    found: NDArray[np.bool_] = retryable.astype(bool)[coded.indices.fill_null(-1).to_numpy(zero_copy_only=False)]
    return found


def _told(entry: Any, state: State, provider: str, keys: Sequence[Series]) -> dict[str, Any]:
    errors, count = entry["kind"] == ERRORS, round(entry["count"])
    feature = f"{provider} {'errors' if errors else 'latency'}"
    now = float(entry["sum"] / entry["count"]) if errors else math.exp(entry["sum"] / entry["count"])
    usual = float(entry["usual"] / entry["count"]) if errors else 1.0
    shown = _amount(entry["sum"], count, errors)
    more = {"current": now, "current_n": count, "provider": provider, "other_providers": int(entry["others"])}
    since = at_time(entry["since"])
    if state != "fired":
        ended = "is as usual again" if state == "recovered" else "has been in trouble for six hours, now taken as usual"
        return evidence(feature, f"{provider} {ended}: {shown} since {since}", **more)
    concerned = _services(entry, keys)
    places = " and ".join(f"{name} ({_amount(total, calls, errors)})" for name, total, calls in concerned)
    usually = f", usually {100 * usual:.1f} %" if errors else " of what is usual"
    says = (
        f"{provider} is in trouble: {shown}{usually}, since {since}, seen by {places}"
        f"; {_beside(int(entry['others']), int(entry['alike']))}"
    )
    whole = sum(total for _, total, _ in concerned) or 1.0
    moved = [(name, total / whole) for name, total, _ in concerned]
    return evidence(feature, says, baseline=usual, moved=moved, **more)


def _amount(total: float, count: int, errors: bool) -> str:
    if errors:
        return f"{total:.0f} of {count} calls failed"
    return f"{count} calls took {math.exp(total / count):.1f} times the time"


def _beside(others: int, alike: int) -> str:
    if not others:
        return "no other provider was called to compare with"
    if alike == others:
        return "all others called are in trouble alike, so it is probably the network or the app"
    return f"of {others} other providers called {alike or 'none'} is in trouble"


def _services(entry: Any, keys: Sequence[Series]) -> list[tuple[str, float, int]]:
    """Return the services concerned, of several models each with its model: sum and calls, the most first."""
    found: dict[tuple[str, str], tuple[float, float]] = {}
    for number, total, count in zip(entry["series"], entry["sums"], entry["counts"], strict=True):
        if number >= 0:
            key = keys[number].service_name, keys[number].gen_ai_request_model
            before, calls = found.get(key, (0.0, 0.0))
            found[key] = before + float(total), calls + float(count)
    services = [service for service, _ in found]
    named = [
        (" ".join(filter(None, key)) if services.count(key[0]) > 1 else key[0] or key[1], total, round(calls))
        for key, (total, calls) in found.items()
    ]
    return sorted(named, key=lambda one: -one[1])
