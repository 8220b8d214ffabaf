"""The SQLite log when processes die, disks fill and several processes share one file."""

from __future__ import annotations

import shutil
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.servers.process import Child
from windvane.collectors.log.base import Record
from windvane.collectors.log.sqlite import SqliteLog
from windvane.errors import LogError

APPEND = """
import sys, threading
from pathlib import Path
from windvane.collectors.log.base import Record
from windvane.collectors.log.sqlite import SqliteLog
log, name, count = SqliteLog(Path(sys.argv[1]), topic="t", partitions=2), sys.argv[2], int(sys.argv[3])
def run(thread):
    for number in range(count):
        log.append([Record(b"%d" % thread, f"{name}/{thread}/{number}/".encode() + bytes(5000))])
        sys.stdout.write(f"{name}/{thread}/{number}/\\n"); sys.stdout.flush()
threads = [threading.Thread(target=run, args=(thread,)) for thread in range(4)]
[t.start() for t in threads]; [t.join() for t in threads]
"""
FILL = """
import errno, resource, signal, sys
from pathlib import Path
from windvane.collectors.log.base import Record
from windvane.collectors.log.sqlite import SqliteLog
from windvane.errors import LogError
path, ballast = Path(sys.argv[1]), Path(sys.argv[1]).with_name("ballast")
log, number = SqliteLog(path, topic="t"), 0
if len(sys.argv) > 2:
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[2]), resource.RLIM_INFINITY))
else:
    ballast.write_bytes(bytes(1 << 20))
try:
    for number in range(1000):
        log.append([Record(b"k", b"%03d" % number + bytes(50_000)), Record(b"k", b"%03d" % number)])
except LogError as error:
    print(error)
resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
ballast.unlink(missing_ok=True)
kept = [record.value[:3] for record in log.read(0, 0)]
assert kept == [b"%03d" % (at // 2) for at in range(2 * number)], (number, kept)
log.append([Record(b"k", b"room again")])
assert [record.offset for record in log.read(0, 0)] == list(range(2 * number + 1))
"""


def values(path: Path) -> list[str]:
    """Read both partitions: what each record says before its padding, in order."""
    log = SqliteLog(path, topic="t")
    try:
        return [r.value.rstrip(b"\0").decode() for p in range(log.partitions()) for r in log.read(p, 0, limit=100_000)]
    finally:
        log.close()


def test_kill_9_loses_nothing_that_was_acknowledged(tmp_path: Path) -> None:
    path, acknowledged = tmp_path / "log.sqlite", []
    for life in ("first", "second"):
        out = tmp_path / life
        child = Child([sys.executable, "-c", APPEND, str(path), life, "100000"], out)
        deadline = time.monotonic() + 20
        while out.read_bytes().count(b"\n") < 100:
            assert time.monotonic() < deadline and child.process.poll() is None, out.read_text()
            time.sleep(0.01)
        child.kill()
        acknowledged += out.read_text().split("\n")[:-1]
    found = values(path)
    assert len(found) == len(set(found)) and set(acknowledged) <= set(found)


def test_several_processes_make_and_fill_one_file(tmp_path: Path) -> None:
    path = tmp_path / "log.sqlite"
    command = [sys.executable, "-c", APPEND, str(path)]
    children = [Child([*command, name, "20"], tmp_path / name) for name in "abcd"]
    assert [child.process.wait(60) for child in children] == [0] * 4, [c.log.read_text()[-500:] for c in children]
    found = values(path)
    assert sorted(found) == sorted(f"{name}/{thread}/{n}/" for name in "abcd" for thread in range(4) for n in range(20))
    for name in "abcd":
        for thread in range(4):
            mine = [value for value in found if value.startswith(f"{name}/{thread}/")]
            assert mine == [f"{name}/{thread}/{n}/" for n in range(20)]


def test_a_waiting_reader_sees_what_another_process_appends(tmp_path: Path) -> None:
    log = SqliteLog(tmp_path / "log.sqlite", topic="t")
    child = Child([sys.executable, "-c", APPEND, str(tmp_path / "log.sqlite"), "other", "1"], tmp_path / "out")
    assert log.read(0, 0, timeout_s=20)[0].value.startswith(b"other/")
    child.process.wait(20)
    log.close()


def test_a_file_that_may_not_grow_is_an_error_and_nothing_is_half_written(tmp_path: Path) -> None:
    path = tmp_path / "log.sqlite"
    done = subprocess.run([sys.executable, "-c", FILL, path, "1000000"], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    assert str(path) in done.stdout and "the disk is sound" in done.stdout


def test_a_full_disk_is_an_error_that_says_what_to_do(tmp_path: Path) -> None:
    mount = f'mount -t tmpfs -o size=4m none "{tmp_path}"'
    isolated = ["unshare", "-Urm", "sh", "-ec"]
    if not shutil.which("unshare") or subprocess.run([*isolated, mount], capture_output=True).returncode:
        pytest.skip("no small disk can be made here: unshare -Urm with a tmpfs is refused")
    script = f'{mount}; exec "$0" -c "$1" "$2"'
    path = tmp_path / "log.sqlite"
    done = subprocess.run([*isolated, script, sys.executable, FILL, path], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    assert f"the disk of {path} is full: make room" in done.stdout


def test_trimming_gives_the_space_back(tmp_path: Path) -> None:
    path = tmp_path / "log.sqlite"
    log = SqliteLog(path, topic="t")
    for _ in range(20):
        log.append([Record(b"k", bytes(100_000))] * 10)
    cut = time.time_ns() // 1000
    full = path.stat().st_size
    time.sleep(0.01)
    log.append([Record(b"k", b"young")])
    log.trim(cut)
    log.close()
    assert [r.value for r in SqliteLog(path, topic="t").read(0, 0)] == [b"young"]
    assert full > 15_000_000 and sum(file.stat().st_size for file in tmp_path.glob("log.sqlite*")) < 1_000_000


def test_a_clock_that_was_set_back_leaves_no_hole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    log, now = SqliteLog(tmp_path / "log.sqlite", topic="t"), [1_000_000_000]
    monkeypatch.setattr(time, "time_ns", lambda: now[0] * 1000)
    for now[0] in (100, 300, 200, 400):
        log.append([Record(b"k", b"%d" % now[0])])
    log.trim(250)
    assert [(r.offset, r.time_us) for r in log.read(0, 0)] == [(1, 300), (2, 200), (3, 400)]
    log.close()


def test_a_log_keeps_the_partitions_it_was_made_with(tmp_path: Path) -> None:
    SqliteLog(tmp_path / "log.sqlite", topic="t", partitions=3).close()
    log = SqliteLog(tmp_path / "log.sqlite", topic="t", partitions=8)
    assert log.partitions() == 3
    log.close()


def test_what_is_no_log_is_refused_and_left_alone(tmp_path: Path) -> None:
    foreign = tmp_path / "notes.txt"
    foreign.write_text("not a database at all, but long enough to be mistaken for one\n" * 20)
    was = foreign.read_bytes()
    with pytest.raises(LogError, match="no log, or is damaged: move it away"):
        SqliteLog(foreign, topic="t")
    assert foreign.read_bytes() == was
    newer = tmp_path / "newer.sqlite"
    SqliteLog(newer, topic="t").close()
    with sqlite3.connect(newer) as db:
        db.execute("PRAGMA user_version = 9")
    db.close()
    with pytest.raises(LogError, match="layout 9"):
        SqliteLog(newer, topic="t")
    with pytest.raises(LogError, match="log.sqlite"):
        SqliteLog(foreign / "log.sqlite", topic="t")
