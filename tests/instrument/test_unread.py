"""What the app's thread leaves unread is read by the sender, of this process or of the next."""

from __future__ import annotations

import importlib
import pkgutil
from typing import Any

import msgspec
import pytest

from windvane.collectors.event import INDEX, NAMES
from windvane.collectors.instrument import guarding, wire
from windvane.collectors.instrument.unread import Unread, whole
from windvane.collectors.instrument.wire.base import Wire

MODULES = [f"{wire.__name__}.{module.name}" for module in pkgutil.iter_modules(wire.__path__)]
WIRES = [
    pytest.param(found, f"{module.rpartition('.')[2]}.{name}", id=found.name)
    for module in MODULES
    for name, found in vars(importlib.import_module(module)).items()
    if isinstance(found, Wire) and found.name
]
REQUEST = b'{"model":"gpt","messages":[{"role":"user","content":"hi"}]}'
ANSWER = b'{"model":"gpt-1","choices":[{"message":{"content":"Paris"},"finish_reason":"stop"}]}'


@pytest.fixture(autouse=True)
def counted() -> Any:
    yield
    guarding._counts.clear()


@pytest.mark.parametrize(("found", "where"), WIRES)
def test_a_form_is_found_again_by_its_name(found: Wire, where: str) -> None:
    assert found.name == where
    row = row_of(Unread({}, found.name, b"{}", b"", False))
    assert len(row) == len(NAMES) and guarding.failures() == {}


def test_what_the_app_knew_goes_before_what_the_provider_says() -> None:
    known = {"gen_ai_request_model": "asked", "gen_ai_response_model": None}
    row = row_of(Unread(known, "openai_chat.CHAT", REQUEST, ANSWER, False))
    said = dict(zip(NAMES, row, strict=True))
    assert (said["gen_ai_request_model"], said["gen_ai_response_model"]) == ("asked", "gpt-1")
    assert said["gen_ai_input_messages"] == '[{"role":"user","parts":[{"type":"text","content":"hi"}]}]'
    assert said["gen_ai_output_messages"].startswith('[{"role":"assistant","parts":[{"type":"text","content":"Paris"}]')


def test_a_column_that_another_version_had_is_passed_over() -> None:
    row = row_of(Unread({"gone": 1}, "openai_chat.CHAT", REQUEST, b"", False))
    assert len(row) == len(NAMES) and row[INDEX["gen_ai_request_model"]] == "gpt"


@pytest.mark.parametrize(
    ("form", "request_", "answer"),
    [("openai_chat.GONE", REQUEST, ANSWER), ("gone.CHAT", REQUEST, ANSWER), ("openai_chat.CHAT", b"{", b"[1]")],
)
def test_what_cannot_be_read_is_left_out_and_counted(form: str, request_: bytes, answer: bytes) -> None:
    row = row_of(Unread({"id": "a"}, form, request_, answer, False))
    assert row[INDEX["id"]] == "a" and sum(cell is not None for cell in row) == 1
    assert guarding.failures()


def test_a_row_is_passed_on_as_it_is() -> None:
    data = memoryview(msgspec.msgpack.encode([None] * len(NAMES)))
    assert whole(data) is data


def row_of(unread: Unread) -> list[Any]:
    found: list[Any] = msgspec.msgpack.decode(whole(memoryview(msgspec.msgpack.encode(unread))))
    return found
