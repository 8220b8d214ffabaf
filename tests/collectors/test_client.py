"""What emit and its neighbours promise the app (`windvane.collectors.client`)."""

from __future__ import annotations

import asyncio
import gc
import os
import signal
import subprocess
import sys
import threading
import time
import weakref
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.apps import Arrived, nobody, run_app
from tests.running import until
from windvane import Client
from windvane.collectors.counts import Stats
from windvane.errors import ConfigError

Make = Callable[..., Client]


@pytest.fixture
def arrived(tmp_path: Path) -> Arrived:
    return Arrived(tmp_path / "arrived")


@pytest.fixture
def make(arrived: Arrived) -> Iterator[Make]:
    made: list[Client] = []

    def one(endpoint: str = "", service: str = "shop", **more: Any) -> Client:
        made.append(Client(endpoint or arrived.endpoint, service, **more))
        return made[-1]

    yield one
    for client in made:
        client.shutdown()


def balanced(stats: Stats) -> bool:
    return stats.emitted == stats.delivered + stats.spooled + sum(stats.dropped.values())


class Raises:
    """An object of the app's that fails at everything."""

    def __getattr__(self, name: str) -> Any:
        raise RuntimeError(name)

    __str__ = __repr__ = __iter__ = __len__ = __bool__ = __eq__ = __hash__ = None  # type: ignore[assignment]


ENDLESS: dict[str, Any] = {}
ENDLESS["again"] = ENDLESS


@pytest.mark.parametrize("tags", [{"checkout": "", "prod": ""}, ["checkout", "prod"], ("checkout", "prod")], ids=str)
@pytest.mark.parametrize("user", ["u-1", 17])
def test_each_field_arrives_in_its_column(make: Make, arrived: Arrived, tags: Any, user: Any) -> None:
    client = make(service_version="1.2", environment="prod")
    before_us = time.time_ns() // 1000
    given: dict[str, Any] = {
        "prompt": "why?", "response": "because", "model": "gpt-4o", "provider": "openai", "operation": "chat",
        "input_tokens": 312, "output_tokens": 187, "cached_tokens": 3, "reasoning_tokens": 5, "latency": 1.5,
        "ttft": 0.2, "error": "timeout", "context": ["a", "b"], "session": "s", "trace_id": "0" * 32,
        "prompt_name": "greeting", "prompt_version": "3", "id": "e-1",
    }  # fmt: skip
    assert client.emit(**given, tags=tags, user=user) == "e-1"
    assert client.flush()
    (row,) = arrived.read().rows
    assert before_us <= row.pop("time") <= time.time_ns() // 1000
    assert {name: cell for name, cell in row.items() if cell is not None} == {
        "id": "e-1", "service_name": "shop", "gen_ai_operation_name": "chat", "gen_ai_provider_name": "openai",
        "gen_ai_request_model": "gpt-4o", "gen_ai_input_messages": "why?", "gen_ai_output_messages": "because",
        "gen_ai_retrieval_documents": ["a", "b"], "gen_ai_usage_input_tokens": 312, "gen_ai_usage_output_tokens": 187,
        "gen_ai_usage_cache_read_input_tokens": 3, "gen_ai_usage_reasoning_output_tokens": 5,
        "gen_ai_client_operation_duration": 1.5, "gen_ai_response_time_to_first_chunk": 0.2, "error_type": "timeout",
        "user_id": str(user), "gen_ai_conversation_id": "s", "trace_id": "0" * 32, "gen_ai_prompt_name": "greeting",
        "gen_ai_prompt_version": "3", "service_version": "1.2", "deployment_environment_name": "prod",
        "tags": {"checkout": "", "prod": ""},
    }  # fmt: skip


def test_an_event_may_be_a_mapping_and_fields_and_the_fields_win(make: Make, arrived: Arrived) -> None:
    client = make(tags={"region": "eu", "tier": "1"})
    assert (
        client.emit({"id": "e-1", "model": "m", "service": "other", "shelf": 4}, model="n", tags={"tier": "2"}) == "e-1"
    )
    named = client.emit(model="m", error=TimeoutError("30 s"))
    assert client.flush()
    first, second = arrived.read().rows
    assert (first["gen_ai_request_model"], first["service_name"], first["attributes"]) == ("n", "other", {"shelf": "4"})
    assert (first["tags"], second["tags"]) == ({"region": "eu", "tier": "2"}, {"region": "eu", "tier": "1"})
    assert (second["id"], second["error_type"], second["error_message"]) == (named, "TimeoutError", "30 s")


@pytest.mark.parametrize(
    "event",
    [
        {"prompt": Raises()}, {"model": Raises()}, {"tags": Raises()}, {"context": [Raises()]}, {"id": Raises()},
        {"error": Raises()}, {"user": Raises()}, {"prompt": ENDLESS}, {"anything": ENDLESS}, {"model": ["list"]},
        {"input_tokens": 2**70}, {"input_tokens": -1}, {"latency": float("nan")}, {"prompt": "half \ud83d a pair"},
        {"tags": {"half": "\ud83d"}}, {"prompt": "x" * 600_000}, {"model": "x" * 500_000}, {"tags": "[["},
        {"prompt": b"bytes"}, {"service": 5}, {"error": ValueError(Raises())}, {"time": "never"},
    ],
    ids=lambda event: next(iter(event)),
)  # fmt: skip
def test_nothing_that_is_emitted_raises_and_what_cannot_be_taken_is_counted(
    make: Make, arrived: Arrived, event: dict[str, Any]
) -> None:
    client = make()
    client.emit(**event)
    client.emit(event)
    client.emit(model="m", id="sound")
    assert client.flush()
    stats = client.stats()
    assert balanced(stats) and stats.emitted == 3 and stats.spooled == 0
    assert arrived.count() == 3 - sum(stats.dropped.values())


def test_what_is_no_event_is_dropped_as_such(make: Make) -> None:
    client = make()
    assert client.emit(["no", "mapping"]) == ""  # type: ignore[arg-type]
    assert client.emit({"prompt": "x" * 600_000}) == client.emit({"latency": "soon"}) == ""
    assert client.stats().dropped == {"not_an_object": 1, "oversize": 1, "wrong_type": 1}


def test_after_shutdown_events_are_dropped_and_counted(make: Make, arrived: Arrived) -> None:
    client = make()
    client.emit(id="before")
    assert client.shutdown() and client.shutdown() and client.flush()
    client.emit(id="after")
    stats = client.stats()
    assert (stats.emitted, stats.delivered, stats.spooled, stats.dropped) == (2, 1, 0, {"closed": 1})
    assert arrived.read().ids == ["before"]


def test_threads_that_emit_at_once_lose_nothing_and_keep_the_order_of_each(make: Make, arrived: Arrived) -> None:
    client = make(spool_mb=64)

    def work(name: int) -> None:
        for number in range(1500):
            client.emit(model=f"m{name % 3}", prompt="x" * 2000, id=f"{name}-{number:04}")

    threads = [threading.Thread(target=work, args=(name,)) for name in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert client.flush(30)
    ids = arrived.read().ids
    assert len(ids) == len(set(ids)) == 6 * 1500
    for name in range(6):
        of_it = [id for id in ids if id.startswith(f"{name}-")]
        assert of_it == sorted(of_it)


def test_a_signal_handler_may_emit_in_the_middle_of_an_emit(make: Make, arrived: Arrived) -> None:
    client = make()
    _under_signals(client, lambda *_: client.emit(model="h"))
    assert client.flush(30)
    stats = client.stats()
    assert balanced(stats) and set(stats.dropped) <= {"reentrant"} and stats.emitted > 100
    assert len(set(arrived.read().ids)) == arrived.count() == stats.delivered


def test_a_signal_handler_may_raise_in_the_middle_of_an_emit(make: Make, arrived: Arrived) -> None:
    class Enough(BaseException):
        pass

    def handler(*_: object) -> None:
        raise Enough

    client = make()
    returned: list[str] = []
    before = signal.signal(signal.SIGALRM, handler)
    until_s = time.monotonic() + 0.5
    while time.monotonic() < until_s:
        try:
            signal.setitimer(signal.ITIMER_REAL, 0.0005)
            while True:
                client.emit(model="m", id=(name := f"e-{len(returned)}"))
                returned.append(name)
        except Enough:
            pass
    signal.signal(signal.SIGALRM, before)
    assert client.flush(30), "the books still balance"
    assert balanced(client.stats()) and not client.stats().dropped
    assert set(returned) <= set(arrived.read().ids)
    assert arrived.count() == client.stats().emitted


def test_a_signal_handler_may_flush(make: Make) -> None:
    client = make()
    _under_signals(client, lambda *_: client.flush(0.2), every_s=0.01)
    assert client.flush(30) and balanced(client.stats())


def _under_signals(client: Client, handler: Callable[..., object], every_s: float = 0.0002) -> None:
    before = signal.signal(signal.SIGALRM, handler)
    signal.setitimer(signal.ITIMER_REAL, every_s, every_s)
    try:
        until_s = time.monotonic() + 0.5
        while time.monotonic() < until_s:
            client.emit(model="m", prompt="why?")
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def test_a_finalizer_may_emit_wherever_the_collector_runs_it(make: Make, arrived: Arrived) -> None:
    client = make()

    class Emits:
        def __init__(self) -> None:
            self.itself = self

        def __del__(self) -> None:
            client.emit(model="finalizer")

    for _ in range(2000):
        Emits()
        client.emit(model="m", tags={"some": "garbage"})
    gc.collect()
    assert client.flush(30)
    stats = client.stats()
    assert balanced(stats) and stats.emitted == 4000 and set(stats.dropped) <= {"reentrant"}
    assert arrived.count() == stats.delivered


def test_a_coroutine_that_emits_does_not_hold_its_loop_up_while_nobody_answers(make: Make) -> None:
    client = make(nobody())
    worst_s = 0.0

    async def emits() -> None:
        for _ in range(200):
            client.emit(model="m", prompt="x" * 5000)
            await asyncio.sleep(0)

    async def watched() -> None:
        nonlocal worst_s
        work = asyncio.gather(*(emits() for _ in range(20)))
        while not work.done():
            began = time.perf_counter()
            await asyncio.sleep(0)
            worst_s = max(worst_s, time.perf_counter() - began)

    asyncio.run(watched())
    assert client.stats().emitted == 4000
    assert worst_s < 0.5
    assert not client.shutdown(0.1)


def test_flush_says_whether_all_is_durable_and_keeps_to_its_time(make: Make, tmp_path: Path) -> None:
    client = make(nobody())
    assert client.flush(0.1)
    client.emit(model="m")
    began = time.monotonic()
    assert not client.flush(0.3)
    assert 0.3 <= time.monotonic() - began < 5
    until(lambda: "does not answer" in client.stats().error, "stats says why")
    assert client.stats().retries > 0 and client.stats().spooled == 1


def test_clients_in_one_process_keep_to_themselves(make: Make, tmp_path: Path) -> None:
    places = [Arrived(tmp_path / name) for name in ("a", "b")]
    clients = [make(place.endpoint, place.path.name) for place in places]
    for number in range(100):
        clients[number % 2].emit(id=str(number))
    assert all(client.flush() for client in clients)
    assert [len(place.read().ids) for place in places] == [50, 50]
    assert {row["service_name"] for row in places[0].read().rows} == {"a"}


def test_a_client_that_was_shut_down_is_gone(arrived: Arrived) -> None:
    client = Client(arrived.endpoint, "shop")
    client.emit(model="m")
    assert client.shutdown()
    known = weakref.ref(client)
    del client
    gc.collect()
    assert known() is None


def test_a_client_that_is_switched_off_does_nothing(tmp_path: Path) -> None:
    threads = threading.active_count()
    client = Client("no endpoint at all", enabled=False, spool_dir=tmp_path / "spool")
    assert client.emit(model="m") == "" and client.flush() and client.shutdown()
    assert client.stats().emitted == 0
    assert threading.active_count() == threads and not (tmp_path / "spool").exists()


@pytest.mark.parametrize("wrong", [{"spool_mb": 1}, {"spool_mb": -5}, {"linger_s": -1}, {"linger_s": float("nan")}])
def test_a_setting_out_of_its_range_is_a_config_error(wrong: dict[str, Any]) -> None:
    with pytest.raises(ConfigError, match=next(iter(wrong))):
        Client("file:///tmp/x", "shop", **wrong)


def test_emit_without_init_takes_the_settings_and_never_raises_at_wrong_ones(arrived: Arrived) -> None:
    code = "import windvane; windvane.emit(model='m', id='e-1'); print(windvane.stats().emitted)"
    for endpoint, emitted in ((arrived.endpoint, "1\n"), ("nowhere", "0\n")):
        env = {**os.environ, "WINDVANE_ENDPOINT": endpoint}
        done = subprocess.run([sys.executable, "-c", code], env=env, capture_output=True, text=True, timeout=60)
        assert (done.returncode, done.stdout) == (0, emitted), done.stderr
    assert "'nowhere' is no endpoint" in done.stderr
    assert arrived.read().ids == ["e-1"]


def test_threads_that_emit_first_at_once_share_one_client(arrived: Arrived) -> None:
    code = """
windvane.shutdown(); windvane._client = None
os.environ["WINDVANE_ENDPOINT"] = sys.argv[1]
threads = [threading.Thread(target=windvane.__dict__["_default"]) for _ in range(8)]
for thread in threads: thread.start()
for thread in threads: thread.join()
print(sum(thread.name == "windvane-sender" for thread in threading.enumerate()))
"""
    assert run_app(code, arrived.endpoint) == "1\n"


def test_an_app_that_ends_while_nobody_answers_ends_soon_and_leaves_its_events(arrived: Arrived) -> None:
    began = time.monotonic()
    run_app("emit(100)", nobody())
    assert time.monotonic() - began < 20
    run_app("emit(1, 100); client.flush()", arrived.endpoint)
    assert sorted(arrived.until(lambda now: len(now.ids) >= 101, "all have arrived").ids) == sorted(
        f"shop-{number}" for number in range(101)
    )


def test_an_app_loads_nothing_heavy() -> None:
    code = "import sys, windvane; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    heavy = {"numpy", "pyarrow", "faust", "clickhouse_connect", "aiohttp", "click", "kafka", "rich", "asyncio"}
    assert Counter(loaded)["windvane.collectors.client"] == 1
    assert not heavy & set(loaded)
