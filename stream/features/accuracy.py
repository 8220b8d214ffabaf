"""Whether the answer is the one that was expected, where an expected one comes with the event.

It is the event's `gen_ai_evaluation_score_label` where `gen_ai_evaluation_name` is `expected`, else its tag or
attribute `expected`. One that comes later, in an event of its own whose `target_id` is this one, is compared in the
same way by the store's view `accuracy`.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from windvane.stream.batch import Batch
from windvane.stream.detector import EventSignal
from windvane.stream.signals import Signal, SignalInfo
from windvane.stream.text.texts import answers

__all__ = ["ExactMatch", "NormalizedMatch", "NumericMatch"]

_NAME, _LABEL, _ANSWER = "gen_ai_evaluation_name", "gen_ai_evaluation_score_label", "gen_ai_output_messages"
_COLUMNS: Final = (_ANSWER, _NAME, _LABEL, "target_id", "tags", "attributes")
_NUMBER: Final = r"(?:^|[^0-9])(?P<number>[-+]?[0-9][0-9,]*(?:\.[0-9]+)?)[^0-9]*$"


def _info(source: str, cost_us: float, doc: str) -> SignalInfo:
    return SignalInfo("match", "0 or 1", _COLUMNS, source, cost_us, doc)


class ExactMatch(EventSignal):
    """Whether the answer is the expected one to the letter, spaces around it apart.

    >>> from windvane.stream.testing import batch_of
    >>> asked = {"evaluation": "expected", "label": "Paris"}
    >>> said = [{**asked, "response": "Paris\\n"}, {**asked, "response": "paris"}, asked]
    >>> ExactMatch().score(batch_of(said)).tolist()
    [1.0, 0.0, nan]
    """

    name = Signal.EXACT_MATCH
    info = _info("definition", 2.0, "Whether the answer is the expected one to the letter, spaces around it apart.")

    def score(self, batch: Batch) -> NDArray[np.float64]:
        """See `EventSignal.score`."""
        rows, said, expected = batch.derived(_compared)
        return _where(rows, pc.equal(_trimmed(said), _trimmed(expected)), len(batch))


class NormalizedMatch(EventSignal):
    """Whether the answer is the expected one but for case, punctuation, articles and spaces.

    >>> from windvane.stream.testing import batch_of
    >>> asked = {"tags": {"expected": "Eiffel Tower"}}
    >>> said = [{**asked, "response": "The Eiffel tower."}, {**asked, "response": "A tower"}, {"response": "no"}]
    >>> NormalizedMatch().score(batch_of(said)).tolist()
    [1.0, 0.0, nan]
    """

    name = Signal.NORMALIZED_MATCH
    info = _info(
        "Rajpurkar et al. (2016), SQuAD: exact match",
        20.0,
        "Whether the answer is the expected one but for case, punctuation, articles and spaces.",
    )

    def score(self, batch: Batch) -> NDArray[np.float64]:
        """See `EventSignal.score`."""
        rows, said, expected = batch.derived(_compared)
        return _where(rows, pc.equal(_normalized(said), _normalized(expected)), len(batch))


class NumericMatch(EventSignal):
    """Whether the answer's last number is the expected one, to the decimals that the expected one has.

    >>> from windvane.stream.testing import batch_of
    >>> said = [("It is 1,200 euros.", 1200), ("3.14159", "3.14"), ("42.4", "42"), ("none", "1"), ("7", "seven")]
    >>> NumericMatch().score(batch_of({"response": answer, "expected": number} for answer, number in said)).tolist()
    [1.0, 1.0, 0.0, 0.0, nan]
    """

    name = Signal.NUMERIC_MATCH
    info = _info(
        "Cobbe et al. (2021), GSM8K: the last number is the answer",
        3.0,
        "Whether the answer's last number is the expected one's, to the decimals that the expected one has.",
    )

    def score(self, batch: Batch) -> NDArray[np.float64]:
        """See `EventSignal.score`."""
        rows, said, expected = batch.derived(_compared)
        asked = _last_number(expected)
        found, wanted = (pc.fill_null(one.cast(pa.float64()), np.nan).to_numpy() for one in (_last_number(said), asked))
        point = pc.find_substring(asked, ".")
        decimals = pc.if_else(pc.equal(point, -1), 0, pc.subtract(pc.subtract(pc.binary_length(asked), point), 1))
        places = pc.fill_null(decimals, 0).to_numpy().astype(np.float64)
        allowed = np.where(places > 0, 0.5 * 10.0**-places, 0.0) + 1e-9
        known = ~np.isnan(wanted)
        return _where(rows[known], pa.array((np.abs(found - wanted) <= allowed)[known]), len(batch))


def _compared(batch: Batch) -> tuple[NDArray[np.int64], pa.Array, pa.Array]:
    """Return the rows with an answer and an expected one, both: int64 (k,), string (k,), string (k,)."""
    expected = _expected(batch)
    said = batch.derived(answers)
    itself = pc.equal(pc.fill_null(batch.arrow("target_id"), ""), "")
    both = pc.and_(pc.and_(expected.is_valid(), said.is_valid()), itself)
    rows = pa.array(np.flatnonzero(both.to_numpy(zero_copy_only=False)))
    return rows.to_numpy(), said.take(rows), expected.take(rows)


def _expected(batch: Batch) -> pa.Array:
    named = pc.fill_null(pc.equal(batch.arrow(_NAME), "expected"), False)
    found = pc.if_else(named, batch.arrow(_LABEL), pa.scalar(None, pa.string()))
    for column in ("tags", "attributes"):
        rows, _, given = batch.entries(column, ("expected",))
        if len(rows):
            at = np.full(len(batch), -1, np.int64)
            at[rows] = np.arange(len(rows))
            values = given.take(pa.array(at, mask=at < 0))
            # An attribute is JSON: a text has its quotes.
            found = pc.coalesce(found, pc.replace_substring_regex(values, r'^"(.*)"$', r"\1"))
    return found


def _trimmed(texts: pa.Array) -> pa.Array:
    return pc.utf8_trim_whitespace(texts)


def _normalized(texts: pa.Array) -> pa.Array:
    plain = pc.replace_substring_regex(pc.utf8_lower(texts), r"[\pP\pS]", "")
    spaced = pc.binary_join_element_wise(" ", plain, " ", "")
    return _trimmed(pc.replace_substring_regex(spaced, r"\s(?:(?:a|an|the)\s|\s)*", " "))


def _last_number(texts: pa.Array) -> pa.Array:
    """Return the digits of the last number of each text, null where it has none."""
    found = pc.struct_field(pc.extract_regex(texts, _NUMBER), "number")
    return pc.replace_substring(found, ",", "")


def _where(rows: NDArray[np.int64], matches: pa.Array, count: int) -> NDArray[np.float64]:
    said = np.full(count, np.nan)
    said[rows] = matches.to_numpy(zero_copy_only=False)
    return said
