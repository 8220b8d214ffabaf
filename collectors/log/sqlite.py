"""The local log: SQLite in WAL mode, one table per partition, one commit for all who wait for it."""

from __future__ import annotations

import queue
import sqlite3
import threading
import time
from collections.abc import Sequence
from concurrent.futures import Future
from pathlib import Path
from typing import Final

from windvane.collectors.log.base import Log, Record, Stored, partition_of
from windvane.errors import LogError, RecordTooLarge

__all__ = ["SqliteLog"]

_BUSY_MS: Final = 10_000
_POLL_S: Final = 0.05
_GROUP: Final = 256
"""Appends that share one commit, at most."""
_VERSION: Final = 1
"""The layout of the file, in its user_version; 0 is a file that is new."""
_TRIM_ROWS: Final = 200
_READ_BYTES: Final = 32 << 20
"""Values that one read returns, at most, but for the last: a thousand of the largest would not fit the memory."""


class SqliteLog(Log):
    """A log in one file. Offsets are dense in a partition, and never used again. Other processes may use it too."""

    def __init__(self, path: Path, *, topic: str, partitions: int = 1) -> None:
        """Open the log at `path`, or make it with `partitions`; one that exists keeps the number it was made with.

        Raises:
            LogError: the file cannot be opened, or is no log.
        """
        self.topic, self.max_record_bytes = topic, 16 << 20
        self._path = path
        self._threads = threading.local()
        self._open: list[sqlite3.Connection] = []
        self._lock = threading.Lock()
        self._grown = threading.Condition()
        self._appends: queue.SimpleQueue[tuple[Sequence[Record], Future[None]] | None] = queue.SimpleQueue()
        self._closed = False
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._partitions = self._prepare(partitions)
        except (sqlite3.Error, OSError) as error:
            self._disconnect()
            raise self._error(error) from error
        except LogError:
            self._disconnect()
            raise
        self._writer = threading.Thread(target=self._write, name="windvane-log", daemon=True)
        self._writer.start()

    def _prepare(self, partitions: int) -> int:
        """Make the tables if there are none; return how many there are."""
        db = self._db()
        db.execute("PRAGMA auto_vacuum = INCREMENTAL")
        self._use_wal(db)
        db.execute("BEGIN IMMEDIATE")
        with db:
            version = db.execute("PRAGMA user_version").fetchone()[0]
            if version not in (0, _VERSION):
                raise LogError(f"{self._path} is a log of layout {version}; this windvane reads {_VERSION}: update it")
            made = "SELECT count(*) FROM sqlite_master WHERE type = 'table' AND name GLOB 'p[0-9]*'"
            count: int = db.execute(made).fetchone()[0] or partitions
            for partition in range(count):
                db.execute(
                    f"CREATE TABLE IF NOT EXISTS p{partition} (place INTEGER PRIMARY KEY AUTOINCREMENT,"
                    " time_us INTEGER NOT NULL, key BLOB NOT NULL, value BLOB NOT NULL)"
                )
            if version != _VERSION:
                db.execute(f"PRAGMA user_version = {_VERSION}")
        return count

    def _use_wal(self, db: sqlite3.Connection) -> None:
        # SQLite does not wait for a lock here, whatever the busy timeout: another process may be opening the same file.
        deadline = time.monotonic() + _BUSY_MS / 1000
        while True:
            try:
                db.execute("PRAGMA journal_mode = WAL")
                return
            except sqlite3.OperationalError as error:
                if "locked" not in str(error) or time.monotonic() > deadline:
                    raise
                time.sleep(0.01)

    def _db(self) -> sqlite3.Connection:
        held: sqlite3.Connection | None = getattr(self._threads, "db", None)
        if held is None:
            held = sqlite3.connect(self._path, timeout=_BUSY_MS / 1000, isolation_level=None, check_same_thread=False)
            with self._lock:
                self._open.append(held)
            held.execute("PRAGMA synchronous = FULL")
            self._threads.db = held
        return held

    def _error(self, error: Exception) -> LogError:
        if "full" in str(error):
            return LogError(f"the disk of {self._path} is full: make room, or set WINDVANE_LOG_RETENTION_H lower")
        if "not a database" in str(error) or "malformed" in str(error):
            return LogError(f"{self._path} is no log, or is damaged: move it away; a new one is made")
        return LogError(f"{self._path}: {error}. See that this user may write there, and that the disk is sound")

    def append(self, records: Sequence[Record]) -> None:
        """See `Log.append`: returns after a commit that others may share."""
        for record in records:
            if len(record.value) > self.max_record_bytes:
                raise RecordTooLarge(
                    f"{len(record.value)} bytes; the log takes {self.max_record_bytes}. Send less at once"
                )
        done: Future[None] = Future()
        with self._lock:  # nothing is queued behind the writer's end
            if self._closed or not self._writer.is_alive():
                raise LogError(f"{self._path} is closed: open another log")
            self._appends.put((records, done))
        done.result()

    def _write(self) -> None:
        while True:
            first = self._appends.get()
            group = [first]
            while len(group) < _GROUP and not self._appends.empty():
                group.append(self._appends.get())
            waiting = [item for item in group if item is not None]
            try:
                self._commit([record for records, _ in waiting for record in records])
            except Exception as error:
                for _, done in waiting:
                    done.set_exception(self._error(error))
            else:
                for _, done in waiting:
                    done.set_result(None)
                with self._grown:
                    self._grown.notify_all()
            if len(waiting) < len(group):
                return

    def _commit(self, records: list[Record]) -> None:
        db, now = self._db(), time.time_ns() // 1000
        by_partition: dict[int, list[tuple[int, bytes, bytes]]] = {}
        for record in records:
            at = partition_of(record.key, self._partitions)
            by_partition.setdefault(at, []).append((now, record.key, record.value))
        db.execute("BEGIN IMMEDIATE")
        try:
            for partition, rows in by_partition.items():
                db.executemany(f"INSERT INTO p{partition} (time_us, key, value) VALUES (?, ?, ?)", rows)
            db.execute("COMMIT")
        except BaseException:
            if db.in_transaction:
                db.execute("ROLLBACK")
            raise

    def partitions(self) -> int:
        """See `Log.partitions`."""
        return self._partitions

    def begin(self, partition: int) -> int:
        """See `Log.begin`."""
        first = self._one(f"SELECT min(place) FROM p{partition}")
        return self.end(partition) if first is None else first - 1

    def end(self, partition: int) -> int:
        """See `Log.end`."""
        return self._one(f"SELECT seq FROM sqlite_sequence WHERE name = 'p{partition}'") or 0

    def _one(self, query: str) -> int | None:
        try:
            row = self._db().execute(query).fetchone()
        except sqlite3.Error as error:
            raise self._error(error) from error
        return None if row is None or row[0] is None else int(row[0])

    def read(self, partition: int, offset: int, *, limit: int = 1000, timeout_s: float = 0.0) -> list[Stored]:
        """See `Log.read`."""
        query = f"SELECT place, time_us, key, value FROM p{partition} WHERE place > ? ORDER BY place LIMIT ?"
        deadline = time.monotonic() + timeout_s
        while True:
            try:
                rows = self._rows(query, offset, limit)
            except sqlite3.Error as error:
                raise self._error(error) from error
            left = deadline - time.monotonic()
            if rows or left <= 0:
                return [Stored(self.topic, partition, place - 1, at, key, value) for place, at, key, value in rows]
            with self._grown:
                self._grown.wait(min(left, _POLL_S))

    def _rows(self, query: str, offset: int, limit: int) -> list[tuple[int, int, bytes, bytes]]:
        rows, size = [], 0
        for row in self._db().execute(query, (offset, limit)):
            rows.append(row)
            size += len(row[3])
            if size >= _READ_BYTES:
                break
        return rows

    def trim(self, before_us: int) -> None:
        """See `Log.trim`: in small steps, so that appends get their turn between them; gives the space back."""
        db = self._db()
        try:
            for partition in range(self._partitions):
                # Up to the first young record, and no further: a clock that was set back leaves no hole.
                young = f"SELECT place FROM p{partition} WHERE time_us >= ? ORDER BY place LIMIT 1"
                row = db.execute(young, (before_us,)).fetchone()
                cut = row[0] if row else self.end(partition) + 1
                old = f"SELECT place FROM p{partition} WHERE place < ? ORDER BY place LIMIT {_TRIM_ROWS}"
                while db.execute(f"DELETE FROM p{partition} WHERE place IN ({old})", (cut,)).rowcount > 0:
                    self._give_back(db)
            db.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchall()
        except sqlite3.Error as error:
            raise self._error(error) from error

    def _give_back(self, db: sqlite3.Connection) -> None:
        while db.execute("PRAGMA freelist_count").fetchone()[0]:
            db.execute("PRAGMA incremental_vacuum(5000)").fetchall()

    def close(self) -> None:
        """See `Log.close`: what was appended before is durable."""
        with self._lock:
            if not self._closed:
                self._appends.put(None)
            self._closed = True
        self._writer.join()
        self._disconnect()

    def _disconnect(self) -> None:
        with self._lock:
            connections, self._open = self._open, []
        for db in connections:
            db.close()
        self._threads = threading.local()
