"""LiteLLM: what is its own, beside the promises of every library."""

from __future__ import annotations

import gc
import inspect
import time
from collections.abc import Callable
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest

import windvane
from tests.instrument.hosts import litellm as host
from tests.instrument.hosts import openai
from tests.instrument.playing import Call, client_of, outcome, play, run
from tests.instrument.test_conformance import stored
from tests.servers.providers import ProviderServer
from windvane.collectors.instrument import failures

litellm = pytest.importorskip("litellm")
Rows = Callable[[], list[dict[str, Any]]]
HOST: Any = host.HOST
CALLS = {call.name: call for call in HOST.calls}
BOTH = pytest.mark.parametrize("later", [False, True], ids=["sync", "async"])
HI: Any = [{"role": "user", "content": "hi"}]


def places(url: str) -> dict[str, Any]:
    return {"api_base": url, "api_key": "none"}


@pytest.mark.parametrize("name", ["completion", "acompletion", "embedding", "aembedding", "responses", "aresponses"])
def test_a_function_that_was_imported_before_is_told_of(name: str, providers: ProviderServer, rows: Rows) -> None:
    function = getattr(litellm, name)
    inner = inspect.unwrap(function, stop=lambda one: bool(one.__code__.co_freevars))

    def seen() -> list[Any]:
        code = inner.__code__.co_name, inner.__code__.co_qualname
        return [*code, inspect.signature(function), inspect.iscoroutinefunction(function), function.__doc__]

    code, before = inner.__code__, seen()
    windvane.instrument("litellm")
    assert getattr(litellm, name) is function and inner.__code__ is not code and seen() == before
    given = {"messages": HI} if "completion" in name else {"input": "hi"}
    result = function(model="openai/plain", **given, **places(providers.url + "/v1"))
    if inspect.iscoroutine(result):
        run(result)
    [row] = rows()
    assert (row["gen_ai_request_model"], row["gen_ai_provider_name"]) == ("plain", "openai")
    windvane.uninstrument()
    assert inner.__code__ is code


SAME = [
    call
    for call in openai.HOST.calls
    if call.read in ("whole", "stream") and not call.raises and not call.options and "." not in call.needs
]


@BOTH
@pytest.mark.parametrize("call", [pytest.param(call, id=call.name) for call in SAME])
def test_over_openais_library_the_row_is_the_same(
    call: Call, later: bool, providers: ProviderServer, rows: Rows
) -> None:
    """The very calls of OpenAI's library, made by LiteLLM: what was on the wire goes into the row."""
    own = client_of(HOST, providers.url, CALLS["plain"], later=later)

    def made(name: str) -> Any:
        def create(model: str, **more: Any) -> Any:
            return getattr(own, name)(model=f"openai/{model}", **more)

        return SimpleNamespace(create=create)

    client = SimpleNamespace(
        chat=SimpleNamespace(completions=made("completion")),
        responses=made("responses"), embeddings=made("embedding"),
    )  # fmt: skip
    windvane.instrument()
    same = replace(call, make=lambda _: call.make(client), needs="")
    assert outcome(HOST, providers.url, same, later=later).error is None
    [row] = rows()
    assert stored(row) == dict(call.row)
    assert failures() == {}


@BOTH
@pytest.mark.parametrize("name", ["router", "router_retry", "router_fallback", "router_stream", "fallback", "retry",
                                  "http_fallback"])  # fmt: skip
def test_retries_and_fallbacks_over_instrumented_libraries_are_one_row(
    name: str, later: bool, providers: ProviderServer, rows: Rows
) -> None:
    windvane.instrument()
    assert outcome(HOST, providers.url, CALLS[name], later=later).error is None
    [row] = rows()
    assert stored(row) == dict(CALLS[name].row)


@BOTH
def test_a_failure_of_the_router_is_one_row(later: bool, providers: ProviderServer, rows: Rows) -> None:
    windvane.instrument()
    assert outcome(HOST, providers.url, CALLS["router_error"], later=later).error is not None
    [row] = rows()
    assert stored(row) == {**CALLS["router_error"].row, "error_message": "Too much."}


def test_a_stream_that_is_given_up_is_told(providers: ProviderServer, rows: Rows) -> None:
    windvane.instrument("litellm")
    stream = litellm.completion("anthropic/slow", HI, stream=True, **places(providers.url))
    assert [next(stream).choices[0].delta.content for _ in range(2)] == ["Paris", " is"]
    del stream
    # Old versions keep the last one until the next call.
    litellm.completion("anthropic/plain", HI, mock_response="Hi.")
    found: list[dict[str, Any]] = []
    for _ in range(100):  # until LiteLLM's own thread has let go of it
        gc.collect()
        found = [row for row in rows() if row["gen_ai_request_model"] == "slow"]
        if found:
            break
        time.sleep(0.05)
    [row] = found
    assert row["gen_ai_output_messages"] == openai.said(openai.text("Paris is"), reason=None)
    assert row["gen_ai_usage_input_tokens"] == 12 and row["gen_ai_usage_output_tokens"] is None
    assert row["error_type"] is None and row["gen_ai_response_finish_reasons"] is None


def test_responses_of_a_provider_that_has_none_are_one_row(providers: ProviderServer, rows: Rows) -> None:
    windvane.instrument()
    given = {"input": "hi", "instructions": "Be kind.", "max_output_tokens": 50}
    litellm.responses(model="anthropic/plain", **given, **places(providers.url))
    [row] = rows()
    expected = host.over_http("plain", gen_ai_input_messages=openai.HI, gen_ai_request_max_tokens=50, **host.none)
    assert stored(row) == expected


def test_what_comes_out_of_its_cache_has_used_nothing(
    providers: ProviderServer, rows: Rows, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(litellm, "cache", litellm.Cache(type="local"))
    windvane.instrument()
    try:
        for _ in range(2):
            litellm.completion("openai/plain", HI, caching=True, **places(providers.url + "/v1"))
    except ModuleNotFoundError as missing:
        pytest.skip(f"this version's cache imports its proxy: {missing}")
    first, second = rows()
    assert (first["gen_ai_usage_input_tokens"], second["gen_ai_usage_input_tokens"]) == (12, None)
    assert second["gen_ai_output_messages"] == first["gen_ai_output_messages"]


def test_the_apps_callbacks_are_the_apps(providers: ProviderServer, rows: Rows) -> None:
    names = ("callbacks", "success_callback", "failure_callback", "input_callback", "_async_success_callback")
    before = {name: list(getattr(litellm, name)) for name in names}
    windvane.instrument("litellm")
    litellm.completion("openai/plain", HI, **places(providers.url + "/v1"))
    assert {name: list(getattr(litellm, name)) for name in names} == before


@pytest.mark.parametrize(
    ("model", "more", "provider", "asked"),
    [
        ("gemini/gemini-2.5-pro", {}, "gcp.gemini", "gemini-2.5-pro"),
        ("openrouter/anthropic/claude-sonnet-4", {}, "openrouter", "anthropic/claude-sonnet-4"),
        ("gpt-4o", {}, "openai", "gpt-4o"),
        ("mine", {"custom_llm_provider": "azure"}, "azure.ai.openai", "mine"),
        ("unknown/model", {"custom_llm_provider": "openai"}, "openai", "unknown/model"),
    ],
)
def test_providers_have_their_well_known_names(
    model: str, more: dict[str, Any], provider: str, asked: str, rows: Rows
) -> None:
    windvane.instrument("litellm")
    litellm.completion(model, HI, mock_response="Hi.", **more)
    [row] = rows()
    assert (row["gen_ai_provider_name"], row["gen_ai_request_model"]) == (provider, asked)


def test_nobody_there_is_a_lost_connection(rows: Rows) -> None:
    windvane.instrument("litellm")
    made = Call("nobody", lambda _: litellm.completion("anthropic/plain", HI, **places("http://127.0.0.1:9")), {})
    assert play(made, None).error is not None
    [row] = rows()
    assert row["error_type"] == "connection"
