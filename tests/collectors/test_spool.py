"""What the spool promises: nothing waits where it cannot be counted, and what a dead process left is sent once."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.apps import Arrived, app, emits, nobody, run_app, started
from tests.running import until
from tests.servers.process import Child
from windvane import Client
from windvane.collectors.spool import service_dir


@pytest.fixture
def arrived(tmp_path: Path) -> Arrived:
    return Arrived(tmp_path / "arrived")


@pytest.fixture
def spools(tmp_path: Path) -> Path:
    """Where apps and clients of the test keep their spools, by default."""
    return tmp_path / "state" / "windvane" / "spool"


@pytest.fixture
def make() -> Iterator[Callable[..., Client]]:
    made: list[Client] = []

    def one(endpoint: str, service: str = "shop", **more: Any) -> Client:
        made.append(Client(endpoint, service, **more))
        return made[-1]

    yield one
    for client in made:
        client.shutdown(0.2)


def disk(folder: Path) -> int:
    return sum(path.stat().st_blocks * 512 for path in folder.rglob("*.seg"))


def numbered(count: int, begin: int = 0) -> list[str]:
    return [f"shop-{number}" for number in range(begin, begin + count)]


def test_a_clean_end_leaves_nothing_on_the_disk(arrived: Arrived, spools: Path) -> None:
    run_app("emit(1000)", arrived.endpoint)
    assert arrived.read().ids == numbered(1000)
    assert [path for path in spools.rglob("*") if path.is_file()] == []


def test_only_its_user_can_read_what_waits(spools: Path) -> None:
    run_app(emits(10), nobody(), killed=True)
    (segment,) = spools.rglob("*.seg")
    assert segment.stat().st_mode & 0o077 == 0


def test_a_full_spool_takes_no_more_disk_drops_by_reason_and_keeps_what_it_has(
    make: Callable[..., Client], arrived: Arrived, spools: Path, tmp_path: Path
) -> None:
    (tmp_path / "blocked").write_text("a file, where the endpoint needs a folder")
    client = make((tmp_path / "blocked" / "arrived").as_uri(), spool_mb=2)
    for number in range(3000):
        client.emit(model="m", prompt="x" * 1000, id=f"shop-{number}")
    stats = client.stats()
    assert 0 < disk(spools) <= 2 << 20
    assert stats.dropped.keys() == {"spool_full"}
    assert stats.spooled > 1500 and stats.spooled + stats.dropped["spool_full"] == stats.emitted == 3000

    (tmp_path / "blocked").unlink()
    assert client.flush(40)
    assert client.emit(model="m", prompt="x" * 1000, id="shop-3000") and client.flush()
    now = Arrived(tmp_path / "blocked" / "arrived").read()
    assert now.ids == [*numbered(stats.spooled), "shop-3000"]
    assert list(now.ledgers.values()) == [{"emitted": 3001, "dropped.spool_full": stats.dropped["spool_full"]}]


@pytest.mark.parametrize("taken", ["its own", "that of the service"])
def test_without_a_folder_to_write_to_events_wait_in_memory(
    make: Callable[..., Client], arrived: Arrived, tmp_path: Path, caplog: pytest.LogCaptureFixture, taken: str
) -> None:
    place = tmp_path / "spool"
    (place if taken == "its own" else place / "shop").parent.mkdir(parents=True, exist_ok=True)
    (place if taken == "its own" else place / "shop").write_text("a file")
    client = make(arrived.endpoint, spool_dir=place)
    for number in range(1000):
        client.emit(model="m", id=f"shop-{number}")
    assert client.flush() and arrived.read().ids == numbered(1000)
    assert "events wait in memory" in caplog.text


def test_in_memory_too_what_waits_is_bounded_and_what_is_dropped_is_counted(
    make: Callable[..., Client], tmp_path: Path
) -> None:
    (tmp_path / "spool").write_text("a file")
    client = make(nobody(), spool_dir=tmp_path / "spool")
    for _ in range(200):
        client.emit(model="m", prompt="x" * 400_000)
    stats = client.stats()
    assert 10_000_000 < stats.spooled * 400_000 < 33 << 20
    assert stats.spooled + stats.dropped["spool_full"] == 200


def test_a_disk_that_fills_up_later_drops_by_reason_and_nothing_before_is_lost(
    arrived: Arrived, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WINDVANE_SPOOL_MB", "64")
    # A limit on the size of files fails the next segment as a full disk does: at its allocation.
    code = """
import resource
emit(10)
resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 19, resource.RLIM_INFINITY))
emit(20, 10, response="x" * 400_000)
resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
stats = client.stats()
print(stats.emitted, stats.spooled, stats.dropped)
time.sleep(0.6)
emit(1, 30)
os.kill(os.getpid(), signal.SIGKILL)
"""
    printed = run_app(code, nobody(), killed=True)
    emitted, spooled, dropped = printed.split(maxsplit=2)
    kept = int(spooled)
    assert emitted == "30" and 10 < kept < 30 and dropped.strip() == f"{{'spool_error': {30 - kept}}}"
    run_app("emit(1, 31)", arrived.endpoint)
    now = arrived.until(lambda now: len(now.ids) >= kept + 2, "what was kept arrives")
    assert sorted(now.ids) == sorted([*numbered(kept), "shop-30", "shop-31"])
    assert {"emitted": 31, "dropped.spool_error": 30 - kept} in now.ledgers.values()


def test_two_processes_that_find_what_a_dead_one_left_send_it_once(
    arrived: Arrived, spools: Path, tmp_path: Path
) -> None:
    for begin in (0, 1000, 2000):
        run_app(emits(1000, begin), nobody(), killed=True)
    children = [Child(app("time.sleep(1)", arrived.endpoint), tmp_path / f"{n}.out") for n in range(3)]
    assert [child.process.wait(60) for child in children] == [0, 0, 0]
    assert sorted(arrived.read().ids) == sorted(numbered(3000))
    assert not list(spools.rglob("*.seg"))


def test_a_running_process_sends_what_another_left_without_a_restart(arrived: Arrived, tmp_path: Path) -> None:
    living = started("print(flush=True); time.sleep(60)", arrived.endpoint, tmp_path / "out")
    run_app(emits(100), nobody(), killed=True)
    until(lambda: arrived.count() == 100, "the living one sends it")
    living.kill()
    assert arrived.read().ids == numbered(100)


def test_what_a_dead_process_left_in_many_segments_is_sent_in_order(
    arrived: Arrived, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WINDVANE_SPOOL_MB", "32")
    run_app("emit(4000, response='x' * 2000); os.kill(os.getpid(), signal.SIGKILL)", nobody(), killed=True)
    run_app("", arrived.endpoint)
    now = arrived.until(lambda now: len(now.ids) >= 4000, "all arrives")
    assert now.ids == numbered(4000)
    assert list(now.ledgers.values()) == [{"emitted": 4000}]


@pytest.mark.parametrize("damage", [b"", b"no segment", b"\xff" * 200_000], ids=["empty", "short", "overwritten"])
def test_a_damaged_segment_is_set_aside_and_the_others_are_sent(arrived: Arrived, spools: Path, damage: bytes) -> None:
    run_app(emits(10), nobody(), killed=True)
    (broken,) = spools.rglob("*.seg")
    broken.write_bytes(damage)
    run_app(emits(10, 10), nobody(), killed=True)
    run_app("emit(1, 20)", arrived.endpoint)
    assert sorted(arrived.until(lambda now: len(now.ids) >= 11, "the sound one arrives").ids) == numbered(11, 10)
    assert [path.suffix for path in broken.parent.iterdir() if path.name != "lock"] == [".bad"]


def test_a_segment_cut_off_in_the_middle_is_sent_up_to_there(arrived: Arrived, spools: Path) -> None:
    run_app("emit(1000, response='x' * 1000); os.kill(os.getpid(), signal.SIGKILL)", nobody(), killed=True)
    (segment,) = spools.rglob("*.seg")
    with segment.open("r+b") as file:  # as a disk may leave it when the power fails: zeros where rows were
        file.seek(700_000)
        file.write(bytes(300_000))
    run_app("emit(1, 1000)", arrived.endpoint)
    now = arrived.until(lambda now: len(now.ids) > 400, "what is whole arrives")
    assert set(numbered(300)) < set(now.ids) < set(numbered(1001))


@pytest.mark.parametrize(
    "service", ["shop/checkout", "..", ".", "", "a\0b", "../../etc", "店" * 200, "half \ud83d"], ids=ascii
)
def test_any_name_of_a_service_has_a_folder_inside_the_spool(
    make: Callable[..., Client], arrived: Arrived, tmp_path: Path, service: str
) -> None:
    place = tmp_path / "spool"
    assert service_dir(place, service).parent == place
    client = make(arrived.endpoint, service, spool_dir=place)
    client.emit(model="m", id="e-1")
    assert client.flush() and arrived.read().ids == ["e-1"]
    assert len(list(place.iterdir())) == 1 and list(place.rglob("*.seg")), "on disk, not in memory"


def test_an_app_may_change_its_folder(arrived: Arrived, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WINDVANE_SPOOL_DIR", "relative")
    monkeypatch.setenv("WINDVANE_SPOOL_MB", "32")
    monkeypatch.chdir(tmp_path)
    run_app("os.chdir('/'); emit(5000, response='x' * 1000)", arrived.endpoint)
    assert arrived.read().ids == numbered(5000)
