"""Version against version, while both are live."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, ClassVar, Final

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from windvane.stream.batch import Batch
from windvane.stream.compare.keyed import Beside, Keyed, key_of, words_of
from windvane.stream.compare.rated import Rated, ids_of
from windvane.stream.compare.states import NAMED, STATES
from windvane.stream.compare.version_words import COLUMNS, told
from windvane.stream.compare.versions import GROUP, NAME_BYTES, ROOM, TOLD, Pairs, follow
from windvane.stream.detector import Change
from windvane.stream.series import Members
from windvane.stream.signals import Signal, SignalInfo
from windvane.stream.state import ArrayState
from windvane.stream.text.hashes import text_hashes

__all__ = ["VersionDifference"]

_AXES: Final = ("gen_ai_prompt_version", "gen_ai_request_model", "service_version")
_SAME: Final = ("service_name", "gen_ai_operation_name", "gen_ai_prompt_name")


class VersionDifference(Keyed, Beside):
    """Says when a prompt version, model or release does otherwise than the one beside it, of the same traffic.

    Two are compared while both are live: a rollout, an A/B. Each new one is set beside the one that had most traffic,
    of the same service, operation and prompt; prompt versions of one model, models of one prompt version, releases of
    one of both. Compared are failures, latency, cost and output tokens (by their logarithms, which one absurd value
    does not move), feedback, by the call that it is about, and groundedness. It fires when the bets on the difference
    have gained what the budget asks for, its interval has left zero, and it is one to act on: a point and a third more
    failures, a tenth in latency, cost and tokens, a fifth of a standard deviation in feedback, 0.03 in groundedness. It
    ends when the difference is gone, one of the two has had no traffic for an hour, or after a week.

    >>> from windvane.stream.pipeline import Pipeline
    >>> from windvane.stream.testing import batch_of
    >>> calls = [
    ...     {"prompt_version": "34"[n % 5 == 0], "latency": 1 + n % 7 / 10, "error": "500" if n % 10 == 5 else None}
    ...     for n in range(2000)
    ... ]
    >>> [change] = Pipeline([VersionDifference()]).score(batch_of(calls)).changes
    >>> change.row, change.state
    (380, 'fired')
    >>> print(*change.evidence["says"].split(", "), sep="\\n")
    prompt version 4 fails 50 % of its calls
    version 3 0 % (29.5 to 69.9 points more
    95 % at any time)
    64 and 253 calls
    >>> alike = ({**call, "error": None} for call in calls)
    >>> Pipeline([VersionDifference()]).score(batch_of(alike)).changes
    []
    """

    name = "version_difference"
    infos: ClassVar = {
        Signal.VERSION_DIFFERENCE: SignalInfo(
            unit="change of state",
            range="fired, recovered, accepted",
            columns=(*_AXES, *_SAME, *COLUMNS[:2], *COLUMNS[3:5], "target_id"),
            source="bets on pairs of the same time (exchangeable if nothing differs), Shiryaev-Roberts sums; intervals:"
            " Waudby-Smith et al. (2024), asymptotic confidence sequences",
            cost_us=1.0,
            doc="A prompt version, model or release differs from the one that is live beside it.",
        )
    }

    dtype: ClassVar = GROUP

    def __init__(self) -> None:
        super().__init__()
        self._pairs, self._rated = Pairs(), Rated()

    def besides(self) -> Sequence[ArrayState]:
        """See `Beside.besides`."""
        return [self._pairs, self._rated]

    def update(self, batch: Batch, members: Members) -> list[Change]:
        """See `Detector.update`."""
        return self.follow(batch, members)

    def follow(self, batch: Batch, members: Members) -> list[Change]:
        """See `ArrayDetector.follow`: a record is one of a group of versions, not of a series."""
        series = members.series[np.flatnonzero(np.diff(members.rows, prepend=-1))]
        counts, found = np.array([len(self._pairs), len(self), 0]), np.zeros(4 * ROOM, TOLD)
        versions = np.stack([words_of(batch, name) for name in _AXES], axis=1)
        places = self.places(_groups(batch, versions))
        values, times, ids = _values(batch), batch.times_us(), ids_of(batch)
        calls, marked = self._rated.room()
        changes: list[Change] = []
        row = 0
        while row < len(batch):
            pairs, touched = self._pairs.room(int(counts[0]))
            row = follow(
                row, self.state, pairs, counts, touched, series, places, versions, values, times,
                *ids, calls, marked, self.alarms_per_week, found,
            )  # fmt: skip
            changes += self._changes(batch, found[: counts[2]])
            counts[2] = 0
        self._pairs.room(int(counts[0]))
        return changes

    def _changes(self, batch: Batch, found: Any) -> Iterator[Change]:
        for entry in found:
            names = self.state["name"][entry["group"]]
            if entry["state"] == NAMED:
                name = str(batch.cells(_AXES[entry["axis"]])[entry["row"]]).encode()[:NAME_BYTES]
                names[entry["slot"]] = np.frombuffer(name.ljust(NAME_BYTES, b"\0"), np.uint8)
                continue
            new, old = (bytes(names[entry[slot]]).rstrip(b"\0").decode(errors="replace") for slot in ("slot", "main"))
            yield Change(
                int(entry["row"]), int(entry["series"]), self.name, STATES[int(entry["state"])], int(entry["since"]),
                told(entry, new, old),
            )  # fmt: skip


def _groups(batch: Batch, versions: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Return the key of what each event is a version of, uint64 (n, 3), 0 where it does not say which."""
    same = [words_of(batch, name) for name in _SAME]
    prompt, model, _ = versions.T
    keys = [key_of([*same, model], 1), key_of([*same, prompt], 2), key_of([*same, model, prompt], 3)]
    return np.where(versions != 0, np.stack(keys, axis=1), np.uint64(0))


def _values(batch: Batch) -> NDArray[np.float64]:
    """Return what is compared of each event, float64 (n, 6), NaN where there is nothing: see `paired`."""
    failed = batch.arrow("error_type").is_valid().to_numpy(zero_copy_only=False)
    calls = words_of(batch, "gen_ai_operation_name") != text_hashes(pa.array(["feedback"]))[0]
    sound = [
        np.where(failed, np.nan, batch.numbers(COLUMNS[1])),
        batch.signal(Signal.COST),
        np.where(failed, np.nan, batch.numbers(COLUMNS[3])),
    ]
    with np.errstate(divide="ignore", invalid="ignore"):
        logarithms = [np.clip(np.log(np.where(one > 0, one, np.nan)), -20.0, 25.0) for one in sound]
    score = np.clip(batch.numbers(COLUMNS[4]), -100.0, 100.0)
    return np.stack(
        [np.where(calls, failed, np.nan), *logarithms, score, batch.signal(Signal.GROUNDEDNESS)], axis=1
    )  # fmt: skip
