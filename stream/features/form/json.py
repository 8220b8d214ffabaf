"""Whether an answer that is to be JSON is JSON."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

import msgspec
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from windvane.stream.batch import Batch
from windvane.stream.detector import EventSignal
from windvane.stream.signals import Signal, SignalInfo
from windvane.stream.text.texts import answer_words, answers

__all__ = ["BROKEN", "JsonValid", "answer_json", "read"]

BROKEN: Final = object()
"""What is read of text that is no JSON; no value of JSON is it."""
_ASKED: Final = pa.array(["json", "json_object", "json_schema", "application/json"])
_BEGINS: Final = re.compile(r'\s*(\{\s*["}]|\[\s*[{\[]\s*["{\[]|```json\s)', re.IGNORECASE)
"""What an answer in JSON begins with, though nobody said that it would be: an object, a list of them, a fence."""
_MAY_BEGIN: Final = np.zeros(256, bool)
_MAY_BEGIN[list(b"{[` \t\r\n")] = True
_FENCE: Final = "```"


class JsonValid(EventSignal):
    """1 where the answer is JSON, 0 where it is broken.

    Asked of calls that want JSON by their output type, and of answers that begin as JSON. One code fence around the
    whole is passed over.

    >>> from windvane.stream.testing import batch_of
    >>> answers = ['{"a": 1}', '{"a": 1', "Sure! Here you are", '```json\\n{"a": 1}\\n```']
    >>> JsonValid().score(batch_of({"response": answer} for answer in answers)).tolist()
    [1.0, 0.0, nan, 1.0]
    >>> JsonValid().score(batch_of({"response": answer, "output_type": "json"} for answer in answers)).tolist()
    [1.0, 0.0, 0.0, 1.0]
    """

    name = Signal.JSON_VALID
    info = SignalInfo(
        unit="yes or no",
        range="0 or 1",
        columns=("gen_ai_output_messages", "gen_ai_output_type"),
        source="RFC 8259",
        cost_us=3.0,
        doc="1 where the answer is JSON, 0 where it is broken: of calls that ask for JSON by their output type, and of "
        "answers that begin as JSON. One code fence around the whole is passed over.",
    )

    def score(self, batch: Batch) -> NDArray[np.float64]:
        """See `EventSignal.score`."""
        found = np.full(len(batch), np.nan)
        for row, value in batch.derived(answer_json).items():
            found[row] = value is not BROKEN
        return found


def _is_asked(batch: Batch) -> NDArray[np.bool_]:
    """Return whether each call asks for JSON by its output type."""
    if batch.arrow("gen_ai_output_type").null_count == len(batch):
        return np.zeros(len(batch), bool)
    kinds = batch.codes("gen_ai_output_type")
    asked = pc.is_in(pc.utf8_lower(kinds.dictionary), _ASKED)
    return np.asarray(pc.fill_null(asked.take(kinds.indices), False).to_numpy(zero_copy_only=False))


def answer_json(batch: Batch) -> Mapping[int, Any]:
    """Return what is read of the answers that are to be JSON, by their places."""
    said, words, asked = batch.derived(answers), batch.derived(answer_words), _is_asked(batch)
    rows = np.flatnonzero(asked | _MAY_BEGIN.take(words.raw[words.text[:-1]]))
    found = zip(rows.tolist(), said.take(rows).to_pylist(), strict=True)
    return {row: read(text) for row, text in found if text is not None and (asked[row] or _BEGINS.match(text))}


def read(text: str) -> Any:
    """Return what an answer in JSON holds, `BROKEN` if it is none."""
    body = text.strip()
    if body.startswith(_FENCE) and body.endswith(_FENCE) and body.count(_FENCE) == 2:
        body = body[len(_FENCE) : -len(_FENCE)].strip().removeprefix("json").removeprefix("JSON")
    try:
        return msgspec.json.decode(body)
    except (msgspec.DecodeError, RecursionError, UnicodeError):
        return BROKEN
