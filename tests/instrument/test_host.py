"""The app does not suffer: whatever becomes of endpoint, disk or process, its calls are as without windvane.

And nothing that has returned is lost, or it is counted. `python -m benchmarks.killed` and `benchmarks.plateau` do the
same at length.
"""

from __future__ import annotations

import asyncio
import gc
import json
import os
import random
import re
import signal
import socket
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Final

import pytest

import windvane
from tests.apps import Arrived, app, nobody, run_app
from tests.instrument.hosts.openai import HOST as OPENAI
from tests.instrument.playing import outcome
from tests.running import until
from tests.servers.providers import ProviderServer
from windvane.collectors.envelope import unpack
from windvane.collectors.event import INDEX
from windvane.collectors.instrument import failures, guarding
from windvane.collectors.transport.framing import frames

openai = pytest.importorskip("openai")
HOST: Final[Any] = OPENAI
SOME: Final = [call for call in HOST.calls if call.name in ("plain", "stream", "left", "error_429")]


@contextmanager
def telling(endpoint: str, folder: Path, **more: Any) -> Iterator[windvane.Client]:
    """Have OpenAI's library tell its calls."""
    before = {name: windvane.__dict__[name] for name in ("emit", "_client")}
    client = windvane.init(endpoint, "shop", spool_dir=folder, linger_s=0, **more)
    windvane.instrument("openai")
    try:
        yield client
    finally:
        windvane.uninstrument()
        windvane.shutdown(0.2)
        windvane.__dict__.update(before)
        guarding._counts.clear()


def all_counted(client: windvane.Client, calls: int) -> None:
    stats = client.stats()
    assert stats.emitted == calls == stats.delivered + stats.spooled + sum(stats.dropped.values())
    assert failures() == {}


# Endpoints.

ANSWERS: Final[dict[str, bytes | None]] = {
    "nothing, ever": None,
    "garbage": random.Random(4).randbytes(4000),
    "a page": b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n<html>Please log in</html>",
    "an endless header": b"HTTP/1.1 200 OK\r\nx: " + b"y" * 200_000,
    "an endless body": b"HTTP/1.1 500 Oops\r\nTransfer-Encoding: chunked\r\n\r\n" + b"1000\r\n" + b"z" * 200_000,
    "a wrong length": b"HTTP/1.1 503 No\r\nContent-Length: 99999999999\r\n\r\nx",
    "a redirect": b"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n",
    "no number": b"HTTP/1.1 503 No\r\nRetry-After: soon\r\nContent-Length: -5\r\n\r\n",
    "an end": b"",
}


@contextmanager
def answering(answer: bytes | None) -> Iterator[str]:
    """Listen and answer every request so; None keeps silent."""
    listening = socket.create_server(("127.0.0.1", 0))
    held: list[socket.socket] = []

    def serve() -> None:
        while True:
            try:
                one, _ = listening.accept()
            except OSError:
                return
            held.append(one)
            if answer is not None:
                with suppress(OSError):
                    one.recv(65_536)
                    one.sendall(answer)
                    one.close()

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{listening.getsockname()[1]}"
    listening.shutdown(socket.SHUT_RDWR)
    listening.close()
    for one in held:
        one.close()


@pytest.mark.parametrize("answer", ANSWERS)
def test_whatever_the_endpoint_answers_calls_are_as_without(
    answer: str, providers: ProviderServer, tmp_path: Path
) -> None:
    with answering(ANSWERS[answer]) as endpoint, telling(endpoint, tmp_path / "spool") as client:
        for call in SOME:
            got = outcome(HOST, providers.url, call, later=False)
            windvane.uninstrument()
            assert got == outcome(HOST, providers.url, call, later=False), call.name
            windvane.instrument("openai")
        all_counted(client, len(SOME))
        if answer == "a page":  # said 200: what that means is the server's business
            return
        if ANSWERS[answer] is not None:
            until(lambda: client.stats().retries > 0, "it was refused")
        assert client.stats().delivered == 0 and client.stats().spooled == len(SOME)


# Disks.


@pytest.fixture(params=["a full disk", "a disk that says so"])
def full_disk(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder on a disk that has room for one segment and a half; where none can be mounted, one that says so."""
    place = tmp_path / "disk"
    place.mkdir()
    if request.param == "a full disk":
        mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1700k", "none", str(place)], capture_output=True)
        if mounted.returncode:
            pytest.skip("no file system can be mounted here")
        yield place
        subprocess.run(["umount", "-l", str(place)], check=True)
        return
    real, made = os.posix_fallocate, list[int]()

    def fallocate(fd: int, offset: int, size: int) -> None:
        if made:
            raise OSError(28, "No space left on device")
        made.append(size)
        real(fd, offset, size)

    monkeypatch.setattr(os, "posix_fallocate", fallocate)
    yield place


def test_a_full_disk_costs_what_has_no_room_and_that_is_counted(
    full_disk: Path, providers: ProviderServer, tmp_path: Path
) -> None:
    plain = next(call for call in HOST.calls if call.name == "plain")
    with telling(nobody(), full_disk, spool_mb=8) as client:
        for number in range(40):
            windvane.emit(model="m", prompt="x" * 60_000)
            if number % 10 == 0:
                got = outcome(HOST, providers.url, plain, later=False)
                windvane.uninstrument()
                assert got == outcome(HOST, providers.url, plain, later=False)
                windvane.instrument("openai")
        all_counted(client, 44)
        assert 10 <= client.stats().spooled < 44 and set(client.stats().dropped) == {"spool_error"}
    arrived = Arrived(tmp_path / "arrived")
    kept = client.stats().spooled
    with telling(arrived.endpoint, full_disk) as after:
        until(lambda: after.stats().adopted == kept, "what was kept is sent")


# Processes.

BEGIN: Final = """
import json, multiprocessing, openai, random
windvane.instrument("openai")
URL, say = {url!r} + "/v1", lambda text: os.write(1, f"{{text}}\\n".encode())
def made(**more): return openai.OpenAI(api_key="none", base_url=URL, max_retries=0, **more)
def asks(client, name, model="plain", **more):
    messages = [{{"role": "user", "content": str(name)}}]
    answer = client.chat.completions.create(model=model, messages=messages, **more)
    if not more: say(name)
    return answer
"""


def told(arrived: Arrived) -> list[str]:
    """Return what was asked in the calls that have arrived; what was sent again counts once, as in the stream."""
    seen, found = set(), []
    for _, record in frames(arrived.path.read_bytes() if arrived.path.exists() else b""):
        envelope = unpack(record)
        for number, row in enumerate(envelope.rows, envelope.header.first):
            if (place := (envelope.header.source, envelope.header.key, number)) not in seen:
                seen.add(place)
                found.append(json.loads(row[INDEX["gen_ai_input_messages"]])[0]["parts"][0]["content"])
    return found


def program(code: str, providers: ProviderServer) -> str:
    return BEGIN.format(url=providers.url) + code


def settled(arrived: Arrived, returned: list[str]) -> Counter[str]:
    """Start anew, and wait until all that has returned is there; return how often what is."""
    run_app("time.sleep(0.5)", arrived.endpoint)
    until(lambda: set(returned) <= set(told(arrived)), "all calls that have returned arrive")
    return Counter(told(arrived))


FORKS: Final = {
    "in the midst of threads that call": """
end, clients = threading.Event(), [made() for _ in range(4)]
asks(clients[3], "first")  # what the library imports at its first call: a fork in the midst is the end of any child
def works(k):
    client, n = clients[k], 0
    while not end.is_set(): asks(client, f"thread-{k}-{n}"); n += 1
threads = [threading.Thread(target=works, args=(k,)) for k in range(3)]
for thread in threads: thread.start()
children = []
for k in range(4):
    time.sleep(0.05)
    if (child := os.fork()) == 0:
        client = made()
        for n in range(10): asks(client, f"child-{k}-{n}")
        windvane.flush(20) if k % 2 else None
        os._exit(0)
    children.append(child)
for child in children: assert os.waitpid(child, 0)[1] == 0
end.set()
for thread in threads: thread.join()
""",
    "workers as a server forks them": """
client = made()
for n in range(5): asks(client, f"master-{n}")
def serve(k):
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    client = made()
    for n in range(10): asks(client, f"worker-{k}-{n}")
    say("")
    while True: time.sleep(1)
children = []
for k in range(3):
    if (child := os.fork()) == 0: serve(k)
    children.append(child)
for n in range(5, 10): asks(client, f"master-{n}")
time.sleep(1.5)
for child in children: os.kill(child, signal.SIGTERM)
for child in children: assert os.waitpid(child, 0)[1] == 0
""",
    "by multiprocessing": """
def work(k):
    client = made()
    for n in range(5): asks(client, f"process-{k}-{n}")
    return k
asks(made(), "first")
with multiprocessing.get_context("fork").Pool(2) as pool: assert pool.map(work, range(4)) == [0, 1, 2, 3]
one = multiprocessing.get_context("fork").Process(target=work, args=(9,)); one.start(); one.join()
assert one.exitcode == 0
""",
    "with a stream open": """
client = made()
stream = iter(asks(client, "stream", "long", stream=True))
next(stream)
if (child := os.fork()) == 0:
    stream = None
    gc.collect()
    asks(made(), "child")
    sys.exit(0)
assert os.waitpid(child, 0)[1] == 0
list(stream)
asks(client, "after"); say("stream")
""",
}


@pytest.mark.parametrize("how", FORKS)
def test_forked_processes_lose_nothing_and_tell_nothing_twice(
    how: str, providers: ProviderServer, tmp_path: Path
) -> None:
    arrived = Arrived(tmp_path / "arrived")
    returned = list(filter(None, run_app(program(FORKS[how], providers), arrived.endpoint).split()))
    assert len(returned) >= 3
    assert settled(arrived, returned) == Counter(returned)


ENDS: Final = {
    "with a stream open": 'stream = iter(asks(made(), "s", "long", stream=True)); print(len(next(stream).choices))',
    "with exit code 3": 'asks(made(), "a"); sys.exit(3)',
    "by an exception": 'asks(made(), "a"); 1 / 0',
    "with sys.exit in atexit": (
        "import atexit; client = made(); atexit.register(lambda: sys.exit(5));"
        'atexit.register(lambda: asks(client, "at exit")); asks(client, "a")'
    ),
    "with threads that go on": """
def works():
    client = made()
    for n in range(10**6): asks(client, "d") if n else ready.set()
ready = threading.Event()
for _ in range(2): threading.Thread(target=works, daemon=True).start()
ready.wait(); asks(made(), "main"); os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
""",
    "with threads that are not waited for": """
def works(): time.sleep(0.3); asks(made(), "late")
threading.Thread(target=works).start(); asks(made(), "main")
""",
    "in an asyncio loop that is cut off": """
import asyncio
async def main():
    client = openai.AsyncOpenAI(api_key="none", base_url=URL)
    stream = await client.chat.completions.create(
        model="slow", messages=[{"role": "user", "content": "s"}], stream=True)
    async for piece in stream: break
    task = asyncio.ensure_future(client.chat.completions.create(
        model="timeout", messages=[{"role": "user", "content": "never"}]))
    await asyncio.sleep(0.05)
asyncio.run(main())
""",
}


@pytest.mark.parametrize("how", ENDS)
def test_the_interpreter_ends_as_without(how: str, providers: ProviderServer, tmp_path: Path) -> None:
    arrived, reached = Arrived(tmp_path / "arrived"), list(ENDS).index(how) % 2 == 0
    code = program(ENDS[how], providers)
    running = []
    for instrumented in (True, False):
        begin = "import os, sys, time, threading, signal, gc\nimport logging; logging.disable(logging.CRITICAL)\n"
        begin += 'import windvane; windvane.init(sys.argv[1], "shop")\n' if instrumented else ""
        whole = begin + (code if instrumented else code.replace('windvane.instrument("openai")', ""))
        command = [sys.executable, "-c", whole, arrived.endpoint if reached else nobody()]
        running.append(subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True))
    ends = []
    for child in running:
        out, err = child.communicate(timeout=60)
        lines = Counter(out.split())
        lines.pop("d", None)  # as many as the moment lets through
        ends.append((child.returncode, lines, re.sub(r"line \d+", "", err).splitlines()[-1:]))
    assert ends[0] == ends[1]
    if reached:
        returned = [line for line in ends[0][1] if line in ("a", "main", "late")]
        assert set(returned) <= set(settled(arrived, returned))


@pytest.mark.parametrize("reached", [True, False], ids=["up", "down"])
def test_kill_9_in_the_middle_of_a_thousand_calls_loses_none_that_has_returned(
    reached: bool, providers: ProviderServer, tmp_path: Path
) -> None:
    arrived = Arrived(tmp_path / "arrived")
    code = program("client = made()\nfor n in range(1000): asks(client, n)", providers)
    child = subprocess.Popen(app(code, arrived.endpoint if reached else nobody()), stdout=subprocess.PIPE)
    assert child.stdout is not None
    last = random.Random(reached).randrange(300, 900)
    for line in child.stdout:
        if int(line) == last:
            child.send_signal(signal.SIGKILL)
            break
    returned = list(map(str, range(last + 1))) + child.stdout.read().decode().split()
    assert child.wait(30) == -signal.SIGKILL
    found = settled(arrived, returned)
    assert set(found.values()) == {1} and len(found) <= len(returned) + 1, "one may have been about to return"


# Many at once, and for long.


def transport(answered: Callable[[str], Any], *, later: bool) -> Any:
    """Return a client of OpenAI's whose requests never leave the process."""
    base = sys.modules["openai._base_client"]
    httpx: Any = getattr(base, "httpx", None) or base.httpx2

    def answer(request: Any) -> Any:
        asked = json.loads(request.content)["messages"][0]["content"]
        said = {"role": "assistant", "content": asked}
        whole = {"id": asked, "object": "chat.completion", "created": 1, "model": "m", "usage": None,
                 "choices": [{"index": 0, "message": said, "finish_reason": "stop"}]}  # fmt: skip
        return asked, httpx.Response(200, json=whole)

    async def handle_later(request: Any) -> Any:
        asked, response = answer(request)
        await answered(asked)
        return response

    kind = httpx.AsyncClient if later else httpx.Client
    handle = handle_later if later else lambda request: answer(request)[1]
    made = kind(transport=httpx.MockTransport(handle))
    return (openai.AsyncOpenAI if later else openai.OpenAI)(api_key="none", base_url="http://x/v1", http_client=made)


def test_ten_thousand_calls_at_once_are_ten_thousand_rows_each_with_its_own_user(tmp_path: Path) -> None:
    count, arrived, waiting = 10_000, Arrived(tmp_path / "arrived"), 0

    async def main() -> None:
        nonlocal waiting
        all_there = asyncio.Event()

        async def answered(_: str) -> None:
            nonlocal waiting
            waiting += 1
            if waiting == count:
                all_there.set()
            await all_there.wait()

        client = transport(answered, later=True)

        async def one(number: int) -> None:
            with windvane.context(user=f"u-{number}"):
                got = await client.chat.completions.create(
                    model="m", messages=[{"role": "user", "content": f"q-{number}"}]
                )
            assert got.choices[0].message.content == f"q-{number}"

        await asyncio.gather(*map(one, range(count)))

    with telling(arrived.endpoint, tmp_path / "spool") as client:
        asyncio.run(main())
        assert windvane.flush(60)
        all_counted(client, count)
    rows = arrived.read().rows
    assert {(row["user_id"], row["gen_ai_response_id"]) for row in rows} == {(f"u-{n}", f"q-{n}") for n in range(count)}
    assert len(rows) == count


def test_threads_that_call_at_once_get_their_own_answers(tmp_path: Path) -> None:
    arrived, wrong = Arrived(tmp_path / "arrived"), list[str]()

    def works(name: int, client: Any) -> None:
        for number in range(100):
            asked = f"{name}-{number}"
            got = client.chat.completions.create(model="m", messages=[{"role": "user", "content": asked}])
            if got.choices[0].message.content != asked:
                wrong.append(asked)

    with telling(arrived.endpoint, tmp_path / "spool") as client:
        shared = transport(lambda _: None, later=False)
        threads = [threading.Thread(target=works, args=(name, shared)) for name in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert wrong == [] and windvane.flush(30)
        all_counted(client, 800)
    assert Counter(told(arrived)) == Counter(f"{name}-{number}" for name in range(8) for number in range(100))


@pytest.mark.parametrize("reached", [True, False], ids=["up", "down"])
def test_memory_does_not_grow_with_the_calls(reached: bool, tmp_path: Path) -> None:
    arrived = Arrived(tmp_path / "arrived")
    with telling(arrived.endpoint if reached else nobody(), tmp_path / "spool") as client:
        made, held = transport(lambda _: None, later=False), list[int]()
        for number in range(600):
            made.chat.completions.create(model="m", messages=[{"role": "user", "content": f"{number} " * 50}])
            if number in (399, 599):
                windvane.flush(10 if reached else 0.1)
                gc.collect()
                held.append(sys.getallocatedblocks())
        all_counted(client, 600)
    assert held[1] - held[0] < 200, "less than one block of memory for each call"


HEAD = b"\x9c\xb0openai_chat.CHAT"
"""What a call begins with whose bytes are unread."""


def test_a_record_that_its_disk_has_damaged_does_not_stand_in_the_way(
    providers: ProviderServer, tmp_path: Path
) -> None:
    arrived = Arrived(tmp_path / "arrived")
    code = "client = made()\nfor n in range(20): asks(client, n)\nos.kill(os.getpid(), signal.SIGKILL)"
    run_app(program(code, providers), nobody(), killed=True)
    (segment,) = (tmp_path / "state").rglob("*.seg")
    data = segment.read_bytes()
    at = data.index(b'"content":"7"') if b'"content":"7"' in data else data.index(b'"content": "7"')
    begin = data.rindex(HEAD, 0, at)
    with segment.open("r+b") as file:
        file.seek(begin + len(HEAD))
        file.write(b"\xc1" * 8)
    run_app("time.sleep(1)", arrived.endpoint)
    until(lambda: arrived.count() >= 20, "all others are sent")
    rows = [row for row in arrived.read().rows if row["gen_ai_input_messages"]]
    assert len(rows) == 19 and not list((tmp_path / "state").rglob("*.seg"))
