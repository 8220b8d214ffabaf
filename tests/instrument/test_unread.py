"""What the app's thread leaves unread is read by the sender, of this process or of the next."""

from __future__ import annotations

import importlib
import pkgutil
from typing import Any

import msgspec
import pytest

from tests.instrument.playing import VARYING
from windvane.collectors.context import Around
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
    row = row_of(left(found.name, b"{}"))
    assert len(row) == len(NAMES) and guarding.failures() == {}


def test_what_the_app_knew_goes_before_what_the_provider_says() -> None:
    known = {"gen_ai_request_model": "asked", "gen_ai_response_model": None}
    row = row_of(left("openai_chat.CHAT", REQUEST, ANSWER, known))
    said = dict(zip(NAMES, row, strict=True))
    assert (said["gen_ai_request_model"], said["gen_ai_response_model"]) == ("asked", "gpt-1")
    assert said["gen_ai_input_messages"] == '[{"role":"user","parts":[{"type":"text","content":"hi"}]}]'
    assert said["gen_ai_output_messages"].startswith('[{"role":"assistant","parts":[{"type":"text","content":"Paris"}]')


def test_what_is_around_a_call_and_what_its_client_says_is_in_its_row() -> None:
    unread = left("openai_chat.CHAT", REQUEST)
    unread.about = ("shop", "2.1", "prod", {"team": "a", "region": "us"})
    unread.around = Around("ann", "s-1", {"region": "eu"}, "answer", "7", "f" * 32, "e" * 16)
    unread.first, unread.error = 0.5, ("timeout", None)
    said = dict(zip(NAMES, row_of(unread), strict=True))
    assert {name: said[name] for name in said if said[name] is not None and name not in ("id", "span_id")} == {
        "time": 10**15, "service_name": "shop", "service_version": "2.1", "deployment_environment_name": "prod",
        "tags": {"team": "a", "region": "eu"}, "user_id": "ann", "gen_ai_conversation_id": "s-1",
        "gen_ai_prompt_name": "answer", "gen_ai_prompt_version": "7", "trace_id": "f" * 32, "parent_span_id": "e" * 16,
        "gen_ai_client_operation_duration": 1.0, "gen_ai_response_time_to_first_chunk": 0.5, "error_type": "timeout",
        "gen_ai_request_model": "gpt",
        "gen_ai_input_messages": '[{"role":"user","parts":[{"type":"text","content":"hi"}]}]',
    }  # fmt: skip
    assert said["id"] == f"{said['span_id']}-ffffffff"


def test_a_column_that_another_version_had_is_passed_over() -> None:
    row = row_of(left("openai_chat.CHAT", REQUEST, known={"gone": 1}))
    assert len(row) == len(NAMES) and row[INDEX["gen_ai_request_model"]] == "gpt"


@pytest.mark.parametrize(
    ("form", "request_", "answer"),
    [("openai_chat.GONE", REQUEST, ANSWER), ("gone.CHAT", REQUEST, ANSWER), ("openai_chat.CHAT", b"{", b"[1]")],
)
def test_what_cannot_be_read_is_left_out_and_counted(form: str, request_: bytes, answer: bytes) -> None:
    row = row_of(left(form, request_, answer))
    said = {name: cell for name, cell in zip(NAMES, row, strict=True) if name not in VARYING and cell is not None}
    assert row[INDEX["service_name"]] == "shop" and said == {}
    assert guarding.failures()


def test_a_row_is_passed_on_as_it_is() -> None:
    data = memoryview(msgspec.msgpack.encode([None] * len(NAMES)))
    assert whole(data) is data


def left(form: str, request: bytes, answer: bytes = b"", known: dict[str, Any] | None = None) -> Unread:
    about = ("shop", None, None, dict[str, str]())
    return Unread(form, known or {}, about, None, 10**18, bytes(24), 1.0, None, None, request, answer, False)


def row_of(unread: Unread) -> list[Any]:
    found: list[Any] = msgspec.msgpack.decode(whole(memoryview(msgspec.msgpack.encode(unread))))
    return found
