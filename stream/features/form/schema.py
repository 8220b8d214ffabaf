"""Whether an answer keeps to the JSON schema that was asked for."""

from __future__ import annotations

from functools import lru_cache
from typing import Any, Final

import jsonschema_rs
import msgspec
import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from windvane.stream.batch import Batch
from windvane.stream.detector import EventSignal
from windvane.stream.features.form.json import BROKEN, answer_json, read
from windvane.stream.signals import Signal, SignalInfo
from windvane.stream.text.texts import answers

__all__ = ["SchemaValid"]

_NAMES: Final = (
    "response_format",
    "json_schema",
    "response_schema",
    "gen_ai.request.response_format",
    "gen_ai.request.json_schema",
    "gen_ai.output.json_schema",
)
_INSIDE: Final = ("json_schema", "schema")
"""Where providers wrap it: `{"type": "json_schema", "json_schema": {"name": …, "schema": {…}}}`."""
_SAYS: Final = {
    "type",
    "properties",
    "items",
    "required",
    "enum",
    "const",
    "anyOf",
    "oneOf",
    "allOf",
    "not",
    "$ref",
    "$schema",
}


class SchemaValid(EventSignal):
    """1 where the answer keeps to the JSON schema that came with the call, 0 where it does not or is no JSON.

    The schema is an attribute of the event: `response_format` as providers take it, `json_schema`, `response_schema`,
    or one of these under `gen_ai.request.`. Nothing is fetched: a schema that refers to another place, or is none, says
    nothing of the answer.

    >>> from windvane.stream.testing import batch_of
    >>> schema = {"type": "object", "required": ["name"], "properties": {"name": {"type": "string"}}}
    >>> answers = ['{"name": "Ada"}', '{"name": 1}', "Ada"]
    >>> events = [{"response": answer, "json_schema": schema} for answer in answers]
    >>> SchemaValid().score(batch_of([*events, {"response": answers[0]}])).tolist()
    [1.0, 0.0, 0.0, nan]
    """

    name = Signal.SCHEMA_VALID
    info = SignalInfo(
        unit="yes or no",
        range="0 or 1",
        columns=("gen_ai_output_messages", "gen_ai_output_type", "attributes"),
        source="JSON Schema, drafts 4 to 2020-12",
        cost_us=10.0,
        doc="1 where the answer keeps to the JSON schema that came with the call (an attribute such as "
        "response_format or json_schema), 0 where it does not or is no JSON.",
    )

    def score(self, batch: Batch) -> NDArray[np.float64]:
        """See `EventSignal.score`."""
        found = np.full(len(batch), np.nan)
        rows, schemas = _schemas(batch)
        if not len(rows):
            return found
        known, said = batch.derived(answer_json), batch.derived(answers).take(rows).to_pylist()
        for row, schema, text in zip(rows.tolist(), schemas, said, strict=True):
            validator = None if text is None else _validator(schema)
            if validator is not None:
                value = known[row] if row in known else read(text)
                found[row] = value is not BROKEN and _keeps(value, validator)
        return found


def _schemas(batch: Batch) -> tuple[NDArray[np.int64], list[str]]:
    """Return the events that have a schema, in order, and what it is, as JSON."""
    found, _, given = batch.entries("attributes", _NAMES)
    rows, first = np.unique(found, return_index=True)
    return rows, given.take(pa.array(first)).to_pylist()


@lru_cache(256)
def _validator(text: str) -> jsonschema_rs.Validator | None:
    """Return what checks a value by the schema, None where it is none."""
    try:
        schema = msgspec.json.decode(text)
        if isinstance(schema, str):
            schema = msgspec.json.decode(schema)
        for name in _INSIDE:
            if isinstance(schema, dict) and isinstance(schema.get(name), dict):
                schema = schema[name]
        if not isinstance(schema, dict) or not schema.keys() & _SAYS:
            return None
        return jsonschema_rs.validator_for(schema, retriever=_nowhere)
    except (ValueError, RecursionError, jsonschema_rs.ReferencingError):
        return None


def _keeps(value: Any, validator: jsonschema_rs.Validator) -> bool:
    try:
        return validator.is_valid(value)
    except ValueError:  # nested deeper than it goes
        return False


def _nowhere(uri: str) -> Any:
    raise ValueError(f"{uri} is not fetched")
