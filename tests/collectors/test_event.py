"""What an event may look like: every name of every column, every way to write a value, and what is refused and why."""

from __future__ import annotations

import math
from collections import UserDict
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from enum import StrEnum
from typing import Any

import numpy as np
import pytest

from windvane.collectors.event import COLUMNS, INDEX, MAX_EVENT_BYTES, NAMES, Column, Kind
from windvane.collectors.normalize import EARLIEST_US, LATEST_US, normalize
from windvane.errors import EventRefused, Reason

NOON_US = 1_767_268_800_000_000
SAMPLES: dict[Kind, tuple[Any, Any]] = {
    Kind.TEXT: ("a word", "a word"),
    Kind.TIME: ("2026-01-01T12:00:00Z", NOON_US),
    Kind.COUNT: (7, 7),
    Kind.NUMBER: (-0.5, -0.5),
    Kind.SECONDS: (1.25, 1.25),
    Kind.MONEY: ("0.1", "0.100000000"),
    Kind.TEXTS: (["one", "two"], ["one", "two"]),
    Kind.NUMBERS: ([0.5, -1], [0.5, -1.0]),
    Kind.MAP: ({"region": "eu"}, {"region": "eu"}),
}
"""For each kind, what someone writes and what the cell then holds."""


def cell(row: tuple[Any, ...], name: str) -> Any:
    return row[INDEX[name]]


def names(column: Column) -> tuple[str, ...]:
    return tuple(dict.fromkeys((column.name, column.attribute, *column.aliases)))


def only(name: str, value: Any) -> tuple[Any, ...]:
    """A row that holds one cell."""
    return tuple(value if other == name else None for other in NAMES)


@pytest.mark.parametrize(("column", "name"), [(column, name) for column in COLUMNS for name in names(column)])
def test_every_name_of_a_column_is_accepted(column: Column, name: str) -> None:
    given, held = SAMPLES[column.kind]
    assert normalize({name: given}) == only(column.name, held)


def test_a_column_is_its_attribute_with_underscores_and_no_name_means_two_columns() -> None:
    assert [column.attribute.replace(".", "_") for column in COLUMNS] == list(NAMES)
    every = [name for column in COLUMNS for name in names(column)]
    assert len(every) == len(set(every))


@pytest.mark.parametrize("column", COLUMNS, ids=lambda column: column.name)
def test_none_is_absent_and_so_is_the_empty_text_where_text_is_not_what_is_held(column: Column) -> None:
    assert normalize({column.name: None}) == (None,) * len(COLUMNS)
    assert cell(normalize({column.name: ""}), column.name) == ("" if column.kind is Kind.TEXT else None)


def test_what_no_column_takes_is_kept_as_json_under_its_own_name() -> None:
    row = normalize({"model": "m", "team.name": "search", "n": 3, "deep": {"a": [1, 10**30]}, "attributes": {"x": "y"}})
    kept = {"x": "y", "team.name": '"search"', "n": "3", "deep": '{"a":[1,1000000000000000000000000000000]}'}
    assert cell(row, "attributes") == kept


@pytest.mark.parametrize(
    "given",
    [
        "2026-01-01T12:00:00Z",
        "2026-01-01T12:00:00",
        "2026-01-01 14:00:00+02:00",
        "1767268800",
        "1767268800000000000",
        1_767_268_800,
        1_767_268_800.0,
        1_767_268_800_000,
        NOON_US,
        NOON_US * 1000,
        datetime(2026, 1, 1, 12, tzinfo=UTC),
        datetime(2026, 1, 1, 12),  # noqa: DTZ001
        datetime(2026, 1, 1, 14, tzinfo=timezone(timedelta(hours=2))),
    ],
)
def test_a_time_may_be_written_in_many_ways(given: Any) -> None:
    assert cell(normalize({"time": given}), "time") == NOON_US


def test_whole_microseconds_stay_exact() -> None:
    assert cell(normalize({"time": NOON_US + 1}), "time") == NOON_US + 1
    assert cell(normalize({"time": EARLIEST_US}), "time") == EARLIEST_US


@pytest.mark.parametrize(
    ("given", "held"),
    [("0.1", "0.100000000"), (0.1, "0.100000000"), (Decimal("1e-9"), "0.000000001"), (3, "3.000000000")],
)
def test_money_is_decimal_never_binary(given: Any, held: str) -> None:
    assert cell(normalize({"cost": given}), "cost") == held


def test_numbers_may_come_as_text_and_arrays_from_numpy() -> None:
    row = normalize(
        {"input_tokens": "12", "latency": "0.5", "logprobs": "[-0.5, 0]", "embedding": np.array([1, 2.5], np.float32)}
        | {"output_tokens": np.int64(3), "ttft": np.float32(0.25), "tags": ["beta"], "context": {"content": "doc"}}
    )
    assert [cell(row, name) for name in ("logprobs", "embedding")] == [[-0.5, 0.0], [1.0, 2.5]]
    assert (cell(row, "gen_ai_usage_input_tokens"), cell(row, "gen_ai_usage_output_tokens")) == (12, 3)
    assert cell(row, "gen_ai_response_time_to_first_chunk") == 0.25
    assert (cell(row, "tags"), cell(row, "gen_ai_retrieval_documents")) == ({"beta": ""}, ["doc"])


@pytest.mark.parametrize(
    ("name", "value", "reason"),
    [
        *((name, value, Reason.OUT_OF_RANGE) for name in ("latency", "temperature", "time", "cost", "input_tokens")
          for value in (math.nan, math.inf, "-inf", 10**400)),
        *((name, value, Reason.OUT_OF_RANGE) for name in ("latency", "cost", "input_tokens") for value in (-1, "-1")),
        *((name, value, Reason.WRONG_TYPE) for name in ("latency", "temperature", "time", "cost", "input_tokens")
          for value in (True, "soon", [1], {"a": 1})),
        ("input_tokens", 1.5, Reason.WRONG_TYPE),
        ("input_tokens", 2**32, Reason.OUT_OF_RANGE),
        ("time", 0, Reason.OUT_OF_RANGE),
        ("time", LATEST_US, Reason.OUT_OF_RANGE),
        ("time", datetime.max.replace(tzinfo=UTC), Reason.OUT_OF_RANGE),
        ("cost", "999999999.9999999999", Reason.OUT_OF_RANGE),
        ("cost", "1e999999999", Reason.OUT_OF_RANGE),
        ("embedding", [1e39], Reason.OUT_OF_RANGE),
        ("logprobs", [math.nan], Reason.OUT_OF_RANGE),
        ("logprobs", "[" * 100_000, Reason.WRONG_TYPE),
        ("embedding", np.zeros((2, 2)), Reason.WRONG_TYPE),
        ("tags", 3, Reason.WRONG_TYPE),
    ],
)  # fmt: skip
def test_a_value_that_its_column_cannot_hold_refuses_the_event_and_names_the_field(
    name: str, value: Any, reason: Reason
) -> None:
    with pytest.raises(EventRefused) as refused:
        normalize({"model": "m", name: value})
    assert (refused.value.reason, refused.value.field) == (reason, name)
    assert name in refused.value.detail and len(refused.value.detail) < 300


@pytest.mark.parametrize("given", [None, 3, "text", ["model"], b"model"])
def test_an_event_is_an_object(given: Any) -> None:
    with pytest.raises(EventRefused) as refused:
        normalize(given)
    assert refused.value.reason is Reason.NOT_AN_OBJECT


def test_an_event_above_the_limit_is_refused_as_oversize() -> None:
    with pytest.raises(EventRefused, match=str(MAX_EVENT_BYTES)) as refused:
        normalize({"prompt": "x" * MAX_EVENT_BYTES})
    assert refused.value.reason is Reason.OVERSIZE
    assert normalize({"prompt": "x" * (MAX_EVENT_BYTES - 100)})


def test_half_a_surrogate_pair_becomes_the_replacement_character_wherever_it_is() -> None:
    half, pair = "cut \ud83d", "\ud83d\ude00"
    row = normalize(
        {"prompt": half, "response": pair, "context": [half], "tags": {half: half}, "x": half, "system": {"a": half}}
    )
    assert cell(row, "gen_ai_input_messages") == "cut \ufffd" and cell(row, "gen_ai_output_messages") == "\U0001f600"
    assert cell(row, "gen_ai_retrieval_documents") == ["cut \ufffd"] and cell(row, "tags") == {
        "cut \ufffd": "cut \ufffd"
    }
    assert cell(row, "attributes") == {"x": '"cut \ufffd"'}
    assert cell(row, "gen_ai_system_instructions") == '{"a":"cut \ufffd"}'


class Hostile:
    """An object of an app's own that fails at whatever is asked of it."""

    def __str__(self) -> str:
        raise RuntimeError

    __repr__ = __float__ = __iter__ = __eq__ = __hash__ = __str__  # type: ignore[assignment]


class HostileMapping(UserDict[str, Any]):
    def __iter__(self) -> Iterator[str]:
        raise KeyError


def nested(depth: int) -> list[Any]:
    value: list[Any] = []
    for _ in range(depth):
        value = [value]
    return value


def cycle() -> dict[str, Any]:
    value: dict[str, Any] = {}
    value["self"] = value
    return value


@pytest.mark.parametrize(
    "event",
    [{column.name: Hostile()} for column in COLUMNS]
    + [
        {"x": Hostile()},
        HostileMapping(),
        {"prompt": cycle()},
        {"tags": cycle()},
        {"x": nested(100_000)},
        {"x": cycle()},
    ],
    ids=lambda event: next(iter(event.data if isinstance(event, UserDict) else event), "mapping"),
)
def test_an_object_that_cannot_be_read_refuses_the_event_and_raises_nothing_else(event: Any) -> None:
    with pytest.raises(EventRefused) as refused:
        normalize(event)
    assert refused.value.reason is Reason.WRONG_TYPE


def test_names_that_are_no_text_are_kept_as_attributes() -> None:
    assert cell(normalize({1: "a", None: "b", (2, "c"): "d"}), "attributes") == {
        "1": '"a"',
        "null": '"b"',
        '[2,"c"]': '"d"',
    }


def test_texts_of_a_kind_of_their_own_are_text() -> None:
    class Model(StrEnum):
        SMALL = "small"

    row = normalize({"model": Model.SMALL, "service": np.str_("s")})
    held = cell(row, "gen_ai_request_model"), cell(row, "service_name")
    assert held == ("small", "s") and {type(text) for text in held} == {str}
