"""Faults around the app: what emit returned for is stored, once, whatever becomes of the app or of its endpoint."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.apps import app, emits, run_app, started
from tests.running import Up, until
from tests.servers.process import Child


@pytest.fixture(scope="module")
def up(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Up]:
    running = Up(tmp_path_factory.mktemp("endpoint") / "data")
    yield running
    running.child.terminate()


@pytest.fixture
def service(request: pytest.FixtureRequest) -> str:
    """A service of the test's own."""
    return str(request.node.name)


def facts(up: Up, service: str) -> dict[str, Any]:
    sql = "SELECT count() AS stored, uniqExact(id) AS distinct, uniqExact(source) AS sources FROM events"
    return up.query(f"{sql} WHERE service_name = '{service}'")[0]


def told(up: Up, service: str) -> list[dict[str, Any]]:
    """Return what the service's processes that dropped events said of it."""
    sources = f"SELECT source FROM events WHERE service_name = '{service}'"
    return up.query(f"SELECT emitted, dropped_by_reason FROM ledger WHERE dropped > 0 AND source IN ({sources})")


def assert_stored(up: Up, service: str, count: int) -> None:
    """Every one of `count` events is stored, once, and the ledger of each of the service's processes balances."""
    until(lambda: facts(up, service)["stored"] >= count, f"{count} events are stored")
    found = facts(up, service)
    assert (found["stored"], found["distinct"]) == (count, count)
    sql = f"SELECT * FROM ledger WHERE source IN (SELECT source FROM events WHERE service_name = '{service}')"

    def settled() -> bool:
        books = up.query(sql)
        good = [row for row in books if row["balanced"] and not row["missing"] and not row["waiting"]]
        return len(good) == len(books) == int(found["sources"])

    until(settled, "the books of all its processes balance, and nothing waits", 60)


def test_an_app_that_is_killed_loses_nothing_it_emitted(up: Up, service: str) -> None:
    run_app(emits(1000), up.url, service, killed=True)
    run_app("emit(10, 1000)", up.url, service)
    assert_stored(up, service, 1010)


def test_an_app_that_is_killed_while_its_endpoint_is_down_loses_nothing_either(up: Up, service: str) -> None:
    up.child.kill()
    run_app(emits(1000), up.url, service, killed=True)
    run_app(emits(1000, 1000), up.url, service, killed=True)
    up.start()
    run_app("emit(10, 2000)", up.url, service)
    assert_stored(up, service, 2010)


def test_an_app_that_is_killed_in_the_middle_of_an_emit_leaves_whole_events(
    up: Up, service: str, tmp_path: Path
) -> None:
    for begin in (0, 1_000_000):
        child = started(f"emit(10, {begin}); print(flush=True); emit(990_000, {begin + 10})", up.url, tmp_path / "out")
        child.kill()
        (tmp_path / "out").unlink()
    run_app("client.flush(30)", up.url, service="unused")  # another service's process sends nothing of this one's
    assert facts(up, "shop")["stored"] == facts(up, "shop")["distinct"]
    run_app("emit(1, 2_000_000); time.sleep(1)", up.url)
    sql = "SELECT count() AS open FROM ledger WHERE not balanced OR missing != 0"
    until(lambda: facts(up, "shop")["sources"] == 3, "what the killed ones left is stored")
    assert up.query(sql) == [{"open": 0}]


def test_an_endpoint_that_is_killed_and_comes_back_gets_everything_once(up: Up, service: str, tmp_path: Path) -> None:
    code = "emit(500); print(flush=True); [(emit(100, n), time.sleep(0.1)) for n in range(500, 4500, 100)]"
    child = started(code + "; assert client.flush(50)", up.url, tmp_path / "out", service)
    up.child.kill()
    up.start()
    assert child.process.wait(60) == 0, child.log.read_text()
    assert_stored(up, service, 4500)


def test_an_app_that_ends_without_a_word_has_delivered(up: Up, service: str) -> None:
    run_app("import atexit; atexit.register(emit, 1, 300); emit(300)", up.url, service)
    assert_stored(up, service, 301)


@pytest.mark.parametrize(
    "fork",
    [
        "pid = os.fork()\nif not pid: emit(100, 100); client.flush(30); os._exit(0)\n"
        "emit(100, 200); os.waitpid(pid, 0)",
        "pid = os.fork()\nif not pid: emit(100, 100); os._exit(0)\nemit(100, 200); os.waitpid(pid, 0)",
        "import multiprocessing as m; p = m.get_context('fork').Process(target=emit, args=(100, 100)); p.start();"
        "emit(100, 200); p.join()",
    ],
    ids=["os.fork", "os.fork, the child ends at once", "multiprocessing"],
)
def test_the_events_of_a_fork_s_child_and_of_its_parent_arrive_once(up: Up, service: str, fork: str) -> None:
    service = f"fork-{abs(hash(fork))}"
    run_app(f"emit(100)\n{fork}", up.url, service)
    run_app("emit(1, 300)", up.url, service)
    assert_stored(up, service, 301)
    assert facts(up, service)["sources"] == 3


def test_a_fork_in_the_middle_of_other_threads_emits_neither_hangs_nor_repeats(up: Up, service: str) -> None:
    code = """
threads = [threading.Thread(target=emit, args=(3000, 10_000 * n)) for n in range(3)]
for thread in threads: thread.start()
pids = []
for n in range(20):
    pid = os.fork()
    if not pid:
        emit(5, 100_000 + 10 * n); client.shutdown(30); os._exit(0)
    pids.append(pid); time.sleep(0.005)
for pid in pids: assert os.waitpid(pid, 0)[1] == 0
for thread in threads: thread.join()
assert client.flush(30)
"""
    run_app(code, up.url, service)
    run_app("emit(1, 200_000)", up.url, service)
    assert_stored(up, service, 3 * 3000 + 20 * 5 + 1)


def test_a_spawned_process_of_multiprocessing_delivers_what_it_emitted(up: Up, service: str, tmp_path: Path) -> None:
    script = tmp_path / "spawning.py"
    script.write_text(
        "import multiprocessing as m, sys, windvane\n"
        "def work(begin):\n"
        "    windvane.init(sys.argv[1], sys.argv[2])\n"
        "    for n in range(begin, begin + 100): windvane.emit(id=f'spawned-{n}', model='m')\n"
        "if __name__ == '__main__':\n"
        "    context = m.get_context('spawn')\n"
        "    processes = [context.Process(target=work, args=(100 * n,)) for n in range(2)]\n"
        "    for p in processes: p.start()\n"
        "    for p in processes: p.join()\n"
    )
    command = [app("", "", "")[0], str(script), up.url, service]
    assert Child(command, tmp_path / "out").process.wait(60) == 0, (tmp_path / "out").read_text()
    assert_stored(up, service, 200)


def test_what_was_dropped_is_in_the_ledger_by_reason_even_if_the_app_is_killed_after(
    up: Up, service: str, tmp_path: Path
) -> None:
    expected = [{"emitted": 8, "dropped_by_reason": {"oversize": 1, "wrong_type": 1, "not_an_object": 1}}]
    drops = "emit(5); windvane.emit(prompt='x' * 2_000_000); windvane.emit({'latency': 'soon'}); windvane.emit([1]);"
    run_app(drops, up.url, service)
    run_app(drops + "os.kill(os.getpid(), signal.SIGKILL)", up.url, f"{service}-killed", killed=True)
    run_app("emit(1)", up.url, f"{service}-killed")
    until(lambda: facts(up, f"{service}-killed")["sources"] == 2, "what the killed one left is stored")
    for name in (service, f"{service}-killed"):
        until(lambda name=name: told(up, name) == expected, "the ledger tells")  # type: ignore[misc]
