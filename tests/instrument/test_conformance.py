"""Every instrumented library keeps the same promises: one call is one row, and the app sees nothing of it."""

from __future__ import annotations

import asyncio
import gc
import importlib
import inspect
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

import windvane
from tests.instrument.playing import VARYING, Call, Host, client_of, hosts, outcome, play, play_later, run
from tests.servers.providers import ProviderServer
from windvane.collectors.instrument import failures, guarding, known
from windvane.collectors.instrument.claiming import Claim, release
from windvane.collectors.instrument.recording import Recording

Rows = Callable[[], list[dict[str, Any]]]

HOSTS = hosts()
CALLS = [pytest.param(host, call, id=f"{host.library}-{call.name}") for host in HOSTS.values() for call in host.calls]
BOTH = pytest.mark.parametrize("later", [False, True], ids=["sync", "async"])
EACH_CALL = pytest.mark.parametrize(("host", "call"), CALLS)
EACH_HOST = pytest.mark.parametrize("host", [pytest.param(host, id=name) for name, host in HOSTS.items()])


def test_every_instrumentation_has_a_host_here() -> None:
    assert list(HOSTS) == list(known())


def stored(row: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in row.items() if value is not None and name not in VARYING}


@BOTH
@EACH_CALL
def test_a_call_is_one_row_and_the_app_gets_what_it_got(
    host: Host, call: Call, later: bool, providers: ProviderServer, rows: Rows
) -> None:
    bare = outcome(host, providers.url, call, later=later)
    providers.requests.clear()
    windvane.instrument(host.library)
    seen = outcome(host, providers.url, call, later=later)
    assert seen == bare, "what the app gets"
    assert (seen.error is None) == (call.raises is None), seen.error
    if call.raises:
        assert seen.error[0].__name__ in call.raises.split("|")
    [row] = rows()
    expected = dict(call.row)
    if "error_type" in expected and "error_message" not in expected and row["error_message"]:
        expected["error_message"] = row["error_message"]  # in the words of a library below
    assert stored(row) == expected
    latency, ttft = row["gen_ai_client_operation_duration"], row["gen_ai_response_time_to_first_chunk"]
    streamed = call.read in ("stream", "left", "dropped", "manager", "lines") and "gen_ai_output_messages" in expected
    assert (ttft is not None) == streamed and 0 < (ttft or 1e-6) <= latency < 10
    assert len(row["trace_id"]) == 32 and len(row["span_id"]) == 16 and row["service_name"] == "shop"
    assert failures() == {}


PLAIN = {name: next(call for call in host.calls if call.name == "plain") for name, host in HOSTS.items()}
FAILS = {name: next(call for call in host.calls if call.name == "error_429") for name, host in HOSTS.items()}
STREAM = {name: next(call for call in host.calls if call.name == "stream") for name, host in HOSTS.items()}


@BOTH
@EACH_HOST
def test_the_request_is_the_apps_own(host: Host, later: bool, providers: ProviderServer, rows: Rows) -> None:
    sent = []
    for instrumented in (False, True):
        if instrumented:
            windvane.instrument()
        providers.requests.clear()
        for call in (PLAIN[host.library], STREAM[host.library]):
            outcome(host, providers.url, call, later=later)
        sent.append(list(providers.requests))
    assert sent[0] == sent[1] and len(sent[0]) == 2


@BOTH
@EACH_HOST
def test_what_is_around_a_call_is_in_its_row(host: Host, later: bool, providers: ProviderServer, rows: Rows) -> None:
    windvane.instrument()
    with (
        windvane.context(user="ann", session="s-1", tags={"region": "eu"}, prompt=("answer", "7")),
        windvane.tool("agent") as outer,
    ):
        for call in (PLAIN[host.library], STREAM[host.library]):
            outcome(host, providers.url, call, later=later)
    found = [row for row in rows() if row["gen_ai_operation_name"] == "chat"]
    assert len(found) == 2
    for row in found:
        assert (row["user_id"], row["gen_ai_conversation_id"], row["tags"]) == ("ann", "s-1", {"region": "eu"})
        assert (row["gen_ai_prompt_name"], row["gen_ai_prompt_version"]) == ("answer", "7")
        assert (row["trace_id"], row["parent_span_id"]) == (outer.trace_id, outer.span_id)


@EACH_HOST
def test_a_stream_belongs_to_who_began_it(host: Host, providers: ProviderServer, rows: Rows) -> None:
    windvane.instrument()
    call = STREAM[host.library]
    client = client_of(host, providers.url, call, later=False)
    with windvane.context(user="ann"):
        stream = call.make(client)
    with windvane.context(user="bob", session="s-2"):
        list(stream)
    [row] = rows()
    assert (row["user_id"], row["gen_ai_conversation_id"]) == ("ann", None)


@EACH_HOST
def test_a_thousand_calls_at_once_are_a_thousand_rows(host: Host, providers: ProviderServer, rows: Rows) -> None:
    windvane.instrument()
    call, count = PLAIN[host.library], 1000

    client = client_of(host, providers.url, call, later=True)

    async def runs() -> None:
        turn = asyncio.Semaphore(100)  # of connections: they all begin and end in each other's midst

        async def one(number: int) -> None:
            with windvane.context(user=f"user-{number}"):
                async with turn:
                    assert (await play_later(call, client)).error is None

        await asyncio.gather(*(one(number) for number in range(count)))

    run(runs())
    found = rows()
    assert len(found) == count
    assert {row["user_id"] for row in found} == {f"user-{number}" for number in range(count)}
    assert all(stored(row).items() >= dict(call.row).items() for row in found)


@EACH_HOST
def test_threads_keep_their_calls_apart(host: Host, providers: ProviderServer, rows: Rows) -> None:
    windvane.instrument()
    calls = (PLAIN[host.library], STREAM[host.library])
    client = client_of(host, providers.url, calls[0], later=False)

    def one(number: int) -> None:
        with windvane.context(user=f"user-{number}"):
            assert play(calls[number % 2], client).error is None

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(one, range(200)))
    found = rows()
    assert sorted(row["user_id"] for row in found) == sorted(f"user-{number}" for number in range(200))
    for row in found:
        assert (row["gen_ai_response_time_to_first_chunk"] is not None) == bool(int(row["user_id"][5:]) % 2)


BREAKS = [pytest.param(host, place, id=f"{name}-{place}") for name, host in HOSTS.items() for place in host.ours]


@BOTH
@pytest.mark.parametrize(("host", "broken"), BREAKS)
def test_a_failure_of_ours_stays_ours(
    host: Host, broken: str, later: bool, providers: ProviderServer, rows: Rows, monkeypatch: pytest.MonkeyPatch
) -> None:
    chosen = [call for call in host.calls if call.name in ("plain", "stream", "body", "error_429", "broken")]
    bare = [outcome(host, providers.url, call, later=later) for call in chosen]
    windvane.instrument()

    def fails(*_: object, **__: object) -> None:
        raise RuntimeError("ours")

    break_everywhere(monkeypatch, broken, fails)
    seen = [outcome(host, providers.url, call, later=later) for call in chosen]
    assert seen == bare
    rows()
    assert failures() or broken == "failing:error_of"


def break_everywhere(monkeypatch: pytest.MonkeyPatch, broken: str, fails: Callable[..., None]) -> None:
    """Replace a function, also where it was imported by its name."""
    place, _, name = broken.partition(":")
    package = "windvane.collectors.instrument"
    owner = importlib.import_module(f"{package}.{place}")
    if "." in name:
        kind, name = name.split(".")
        monkeypatch.setattr(getattr(owner, kind), name, fails)
        return
    own = getattr(owner, name)
    for module in [module for key, module in list(sys.modules.items()) if key.startswith(package)]:
        if getattr(module, name, None) is own:
            monkeypatch.setattr(module, name, fails)


@EACH_HOST
def test_a_failure_is_logged_once_per_place(
    host: Host, providers: ProviderServer, rows: Rows, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    windvane.instrument()
    break_everywhere(monkeypatch, "recording:_to_msgpack", lambda *_: 1 / 0)  # type: ignore[arg-type]
    for _ in range(5):
        outcome(host, providers.url, PLAIN[host.library], later=False)
    told = [record for record in caplog.records if record.name == "windvane" and "failed" in record.message]
    assert len(told) == 1 and "ZeroDivisionError" in told[0].message and sum(failures().values()) == 5


def functions(host: Host) -> list[Any]:
    found = []
    for path in host.patched:
        place, _, names = path.partition(":")
        kind, name = names.split(".")
        found.append(vars(getattr(importlib.import_module(place), kind))[name])
    return found


@EACH_HOST
def test_uninstrument_restores_the_very_functions(host: Host, providers: ProviderServer, rows: Rows) -> None:
    pytest.importorskip(host.library)
    before = functions(host)
    for _ in range(2):
        windvane.instrument()
        windvane.instrument(host.library)
        between = functions(host)
        for old, new in zip(before, between, strict=True):
            assert new is not old and new.__wrapped__ is old and inspect.signature(new) == inspect.signature(old)
            assert inspect.iscoroutinefunction(new) == inspect.iscoroutinefunction(old)
            assert (new.__name__, new.__doc__, new.__qualname__) == (old.__name__, old.__doc__, old.__qualname__)
        windvane.uninstrument()
        assert all(new is old for new, old in zip(functions(host), before, strict=True))
    outcome(host, providers.url, PLAIN[host.library], later=False)
    assert rows() == []


@EACH_HOST
def test_what_another_has_wrapped_since_is_left_and_silent(
    host: Host, providers: ProviderServer, rows: Rows, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip(host.library)
    place, _, names = host.patched[0].partition(":")
    kind, name = names.split(".")
    owner = getattr(importlib.import_module(place), kind)
    monkeypatch.setattr(owner, name, vars(owner)[name])  # put back in the end
    windvane.instrument()
    ours, heard = vars(owner)[name], []

    def theirs(*args: Any, **kwargs: Any) -> Any:
        heard.append(1)
        return ours(*args, **kwargs)

    setattr(owner, name, theirs)
    windvane.uninstrument()
    assert vars(owner)[name] is theirs
    for call in (PLAIN[host.library], STREAM[host.library]):
        assert outcome(host, providers.url, call, later=False).error is None
    assert heard and rows() == []


@BOTH
@EACH_HOST
def test_what_a_library_above_has_claimed_is_told_in_its_row(
    host: Host, later: bool, providers: ProviderServer, rows: Rows
) -> None:
    windvane.instrument()
    above = Recording(None, {"gen_ai_operation_name": "chat", "gen_ai_request_model": "above"}, Claim())
    assert above.claim is not None
    token = above.claim.begin()
    try:
        assert outcome(host, providers.url, FAILS[host.library], later=later).error is not None
        assert outcome(host, providers.url, PLAIN[host.library], later=later).error is None
    finally:
        release(token)
    above.end()
    [row] = rows()
    assert stored(row) == dict(PLAIN[host.library].row)


@EACH_HOST
def test_each_call_below_that_has_cost_something_is_a_row(host: Host, providers: ProviderServer, rows: Rows) -> None:
    windvane.instrument()
    above = Recording(None, {"gen_ai_operation_name": "chat"}, Claim())
    assert above.claim is not None
    token = above.claim.begin()
    try:
        for call in (PLAIN[host.library], STREAM[host.library]):
            assert outcome(host, providers.url, call, later=False).error is None
    finally:
        release(token)
    above.end()
    first, last = rows()
    assert stored(first) == dict(PLAIN[host.library].row) and stored(last) == dict(STREAM[host.library].row)


@EACH_HOST
def test_a_dropped_stream_is_freed_at_once(host: Host, providers: ProviderServer, rows: Rows) -> None:
    """No cycle of ours keeps a response, and its connection, until the garbage collector comes."""
    call = next((call for call in host.calls if call.name == "dropped"), None)
    if call is None:
        pytest.skip(f"a stream of {host.library} has no response that an app could keep")

    def left_over(client: Any) -> int:
        gc.collect()
        gc.disable()
        try:
            stream = call.make(client)
            next(stream)
            response = stream.response
            del stream
            before = len(gc.get_referrers(response))
            del response
            return before
        finally:
            gc.enable()

    client = client_of(host, providers.url, call, later=False)
    bare = left_over(client)
    windvane.instrument()
    assert left_over(client) <= bare
    assert guarding.failures() == {}
