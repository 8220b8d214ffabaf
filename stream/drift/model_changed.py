"""Whether the provider answers with another model than before, by its own account."""

from __future__ import annotations

from typing import Any, ClassVar, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from windvane.stream.batch import Batch
from windvane.stream.compiled import compiled
from windvane.stream.detector import ArrayDetector, Change, State
from windvane.stream.evidence import at_time, evidence
from windvane.stream.series import Members
from windvane.stream.signals import Signal, SignalInfo
from windvane.stream.text.hashes import text_hashes

__all__ = ["ModelChanged"]

_LEARNED: Final = 20
_RETURNED: Final = 50
_STAYED: Final = 200
_STALE: Final = 200
_HELD: Final = 6
_NAME: Final = 64
_FINGERPRINTS: Final = (
    "gen_ai.openai.response.system_fingerprint", "openai.response.system_fingerprint", "system_fingerprint",
)  # fmt: skip
_FEATURES: Final = {"response_model": "response model", "system_fingerprint": "system fingerprint"}
_FIRED, _RECOVERED, _ACCEPTED = 1, 2, 3
_STATES: Final[dict[int, State]] = {_FIRED: "fired", _RECOVERED: "recovered", _ACCEPTED: "accepted"}


class ModelChanged(ArrayDetector):
    """Fires at the second answer under a model's name, or a fingerprint, that the series has not been answered under.

    What it has been answered under is known once 20 answers in a row brought nothing new: aliases that alternate are
    learned, and a provider that gives every answer a name of its own is never judged. Recovered when the new name has
    stayed away for 50 answers, and ten times as long as it used to; accepted when it has given 200 answers, whether the
    old one still answers or not, or when yet another comes. A release of the app is no reason for it, unless the app
    does not say which model it asks for: then it learns anew.

    >>> from windvane.stream.pipeline import Pipeline
    >>> from windvane.stream.testing import batch_of
    >>> calls = [{"model": "m", "response_model": "m-0613" if n >= 30 else "m-0301"} for n in range(300)]
    >>> changes = Pipeline([ModelChanged()]).score(batch_of(calls)).changes
    >>> [(change.row, change.state) for change in changes]
    [(31, 'fired'), (229, 'accepted')]
    >>> changes[0].evidence["says"]
    'response model went from m-0301 to m-0613, in 2 of 2 calls since 22:13:50 UTC'
    >>> Pipeline([ModelChanged()]).score(batch_of(calls[:30])).changes
    []
    """

    name = "model_changed"
    infos: ClassVar = {
        Signal.MODEL_CHANGED: SignalInfo(
            unit="change of state",
            range="fired, recovered, accepted",
            columns=("gen_ai_response_model", "attributes"),
            source="definition",
            cost_us=0.5,
            doc="The provider says that another model, or another fingerprint of it, answers than those known so far.",
        )
    }
    share: ClassVar = 0.0
    # Of each feature, the names lately: their hash, the text, the numbers of their first and last answer among those
    # that have one, how many they gave. `calm`: answers since one was new; `fired`: the place of the new one, from 1.
    dtype: ClassVar = np.dtype([
        ("key", "u8", (2, _HELD)), ("name", "u1", (2, _HELD, _NAME)), ("known", "u1", (2, _HELD)),
        ("first", "i8", (2, _HELD)), ("last", "i8", (2, _HELD)), ("count", "i8", (2, _HELD)),
        ("first_us", "i8", (2, _HELD)), ("answers", "i8", (2,)), ("calm", "i8", (2,)), ("fired", "i8", (2,)),
    ])  # fmt: skip

    def follow(self, batch: Batch, members: Members) -> list[Change]:
        """See `ArrayDetector.follow`."""
        forgets = members.begins.copy()
        for begin in np.flatnonzero(forgets):
            forgets[begin] = not members.keys[members.series[begin]].gen_ai_request_model
        changes = []
        told = np.zeros(6, np.int64)
        for feature, values in enumerate((batch.codes("gen_ai_response_model"), _fingerprints(batch))):
            keys, which, names = _hashed(values)
            at = -1
            while at < len(members.rows):
                # It stops where there is something to say, so that the state is as of that answer.
                at = _follow(self.state, at + 1, members.rows, members.series, forgets, batch.times_us(), feature, keys,
                             which, names, told)  # fmt: skip
                if at < len(members.rows):
                    changes.append(self._change(int(members.rows[at]), int(members.series[at]), feature, told))
        return changes

    def _change(self, row: int, series: int, feature: int, told: NDArray[np.int64]) -> Change:
        what, old, new, count, calls, first_us = told.tolist()
        held = self.state[series]
        before, now = _text(held["name"][feature, old]), _text(held["name"][feature, new])
        name = list(_FEATURES)[feature]
        kind, clock = _FEATURES[name], at_time(first_us)
        lately = f"in {count} of {calls} calls since {clock}"
        says = {
            _FIRED: f"{kind} went from {before} to {now}, {lately}",
            _RECOVERED: f"{kind} is {before} again; it was {now} {lately}",
            _ACCEPTED: f"{kind} {now} counts as usual from now on, after {before}: {lately}",
        }[what]
        return Change(row, series, Signal.MODEL_CHANGED, _STATES[what], first_us, evidence(
            name, says, baseline=before, baseline_n=int(held["count"][feature, old]), current=now, current_n=count,
            share=count / calls,
        ))  # fmt: skip


@compiled
def _follow(
    state: Any, start: int, rows: NDArray[np.int64], series: NDArray[np.int64], forgets: NDArray[np.bool_],
    times: NDArray[np.int64], feature: int, keys: NDArray[np.uint64], which: NDArray[np.int64],
    names: NDArray[np.uint8], told: NDArray[np.int64],
) -> int:  # fmt: skip
    """Return the first place from `start` on where there is something to say, and write it into `told`."""
    for at in range(start, len(rows)):
        row = rows[at]
        held = state[series[at]]
        if forgets[at]:
            fired = held.fired[feature] > 0
            if fired:
                _tell(held, feature, _ACCEPTED, held.fired[feature] - 1, told)
            for place in range(_HELD):
                held.key[feature, place] = 0
            held.calm[feature] = held.fired[feature] = 0
            if fired:
                return at
        if keys[row] != 0:
            place, new = _place(held, feature, keys[row], times[row], names, which[row])
            if _judged(held, feature, place, new, told):
                return at
    return len(rows)


@compiled
def _place(held: Any, feature: int, key: Any, time_us: int, names: NDArray[np.uint8], which: int) -> tuple[int, bool]:
    """Count an answer under a name. Return its place, and whether it has just got it."""
    held.answers[feature] += 1
    number = held.answers[feature]
    given, oldest = 0, number + 1
    for place in range(_HELD):
        if held.key[feature, place] == key:
            stale = not held.known[feature, place] and number - held.last[feature, place] > _STALE
            if stale and held.fired[feature] != place + 1:
                held.count[feature, place] = 0
            if held.count[feature, place] == 0:
                held.first[feature, place], held.first_us[feature, place] = number, time_us
            held.last[feature, place] = number
            held.count[feature, place] += 1
            return place, False
        # What is given up for a new name: a free place, then one not known, then the one that was not heard of longest.
        age = held.last[feature, place]
        if held.key[feature, place] == 0:
            age = -2 * number
        elif not held.known[feature, place]:
            age -= number
        if age < oldest and held.fired[feature] != place + 1:
            given, oldest = place, age
    if held.key[feature, given] != 0 and held.known[feature, given] and held.fired[feature] == 0:
        held.calm[feature] = 0  # more names than are held: learn anew
    held.key[feature, given], held.known[feature, given], held.count[feature, given] = key, 0, 1
    held.first[feature, given] = held.last[feature, given] = number
    held.first_us[feature, given] = time_us
    for at in range(_NAME):
        held.name[feature, given, at] = names[which, at]
    return given, True


@compiled
def _judged(held: Any, feature: int, place: int, new: bool, told: NDArray[np.int64]) -> bool:
    """Return whether there is something to say at an answer under the name at `place`, and write it into `told`."""
    number, fired = held.answers[feature], held.fired[feature] - 1
    if held.calm[feature] < _LEARNED:
        held.known[feature, place] = 1
        held.calm[feature] = 0 if new else held.calm[feature] + 1
        return False
    another = not held.known[feature, place] and held.count[feature, place] > 1
    what, about = 0, fired
    if fired < 0:
        if another:
            what, about = _FIRED, place
    else:
        away, count = number - held.last[feature, fired], held.count[feature, fired]
        if count >= _STAYED or (another and place != fired):
            what = _ACCEPTED
        elif away >= _RETURNED and away * count >= 10 * (held.last[feature, fired] - held.first[feature, fired] + 1):
            what = _RECOVERED
    if what != 0:
        _tell(held, feature, what, about, told)
        held.fired[feature] = about + 1 if what == _FIRED else 0
        if what == _ACCEPTED:
            held.known[feature, about] = 1
        elif what == _RECOVERED:
            held.count[feature, about] = 0
    return what != 0


@compiled
def _tell(held: Any, feature: int, what: int, about: int, told: NDArray[np.int64]) -> None:
    """Write down what there is to say about the name at the place `about`, and which known one was heard of last."""
    old = -1
    for other in range(_HELD):
        usual = held.key[feature, other] != 0 and held.known[feature, other] and other != about
        if usual and (old < 0 or held.last[feature, other] > held.last[feature, old]):
            old = other
    told[0], told[1], told[2] = what, old, about
    told[3], told[4] = held.count[feature, about], held.answers[feature] - held.first[feature, about] + 1
    told[5] = held.first_us[feature, about]


def _fingerprints(batch: Batch) -> pa.DictionaryArray:
    """Return the fingerprints of the models that answered, null where there is none."""
    rows, _, values = batch.entries("attributes", _FINGERPRINTS)
    places = np.full(len(batch), -1)
    places[rows] = np.arange(len(rows))
    at = pa.array(places, mask=places < 0)
    return pc.utf8_trim(values, '"').take(at).dictionary_encode()


def _hashed(values: pa.DictionaryArray) -> tuple[NDArray[np.uint64], NDArray[np.int64], NDArray[np.uint8]]:
    """Return of each event the hash of its value, 0 where it has none, and its place among the texts, 64 bytes each."""
    texts = values.dictionary.to_pylist()
    which = values.indices.fill_null(-1).to_numpy().astype(np.int64)
    hashes = np.append(text_hashes(values.dictionary.cast(pa.string())) | np.uint64(1), np.uint64(0))
    hashes[[place for place, text in enumerate(texts) if text in ("", "null")]] = 0
    names = np.array([*(text.encode()[:_NAME] for text in texts), b""], f"S{_NAME}")
    return hashes[which], which, names.view(np.uint8).reshape(-1, _NAME)


def _text(name: NDArray[np.uint8]) -> str:
    return name.tobytes().rstrip(b"\0").decode(errors="ignore")
