"""A segment: one memory-mapped file that is queue, spool and crash log at once.

A header page, then records one after the other, never wrapped: 16 bytes (length, key, number; little-endian 32, 32 and
64 bits), then the row as the envelope will carry it. A record with the top bit of the length set gives a key's name. A
record counts once `head` is past it, and head is written last: a kill at any instruction leaves whole records.
"""

from __future__ import annotations

import mmap
import os
import struct
from pathlib import Path
from typing import Final, NamedTuple

__all__ = ["HEADER_BYTES", "Entry", "Segment"]

HEADER_BYTES: Final = 4096
_MAGIC: Final = b"WVSEG\0\0\1"
_FIXED: Final = struct.Struct("<8s32s")  # magic, source
_HEAD_AT: Final = 64
_TAIL_AT: Final = 128
_DROPS_AT: Final = 192
_HEAD: Final = struct.Struct("<QQ")  # head, events emitted so far by this source
_COUNT: Final = struct.Struct("<Q")
_RECORD: Final = struct.Struct("<IIQ")
_IS_KEY: Final = 1 << 31
_POPULATE_WRITE: Final = 23
"""MADV_POPULATE_WRITE, Linux 5.14: map pages for writing before they are written to."""
_SLICE: Final = 64 * 1024

_put_record: Final = _RECORD.pack_into
_put_head: Final = _HEAD.pack_into


class Entry(NamedTuple):
    """One record: of a row, its key's index and its number under that key; of a key's name, number -1."""

    key: int
    number: int
    data: memoryview


class Segment:
    """One segment, for its writer (`append`) and for its reader (`read`, `done`), who may be another process later."""

    def __init__(self, path: Path | None, fd: int, size: int, source: str) -> None:
        """Use `create`, `open` or `anonymous`."""
        self.path, self.size, self.source = path, size, source
        self._fd = fd
        self._map: mmap.mmap | None = None
        self.head = HEADER_BYTES
        self.tail = HEADER_BYTES

    @classmethod
    def create(cls, path: Path, size: int, source: str) -> Segment:
        """Make a segment with all its blocks allocated: a full disk is an OSError here, never a signal at a write."""
        fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        try:
            os.posix_fallocate(fd, 0, size)
            segment = cls(path, fd, size, source)
            segment._start(mmap.mmap(fd, size))
        except BaseException:
            os.close(fd)
            path.unlink(missing_ok=True)
            raise
        return segment

    @classmethod
    def anonymous(cls, size: int, source: str) -> Segment:
        """Make a segment in memory, for a process that can write nowhere: what it holds dies with it."""
        segment = cls(None, -1, size, source)
        segment._start(mmap.mmap(-1, size))
        return segment

    @classmethod
    def open(cls, path: Path) -> Segment:
        """Open a segment that another process left, for reading.

        Raises:
            ValueError: it is none, or is damaged.
            OSError: it cannot be read.
        """
        fd = os.open(path, os.O_RDWR | os.O_CLOEXEC)
        try:
            header, size = os.pread(fd, HEADER_BYTES, 0), os.fstat(fd).st_size
            if len(header) < HEADER_BYTES or header[:8] != _MAGIC:
                raise ValueError(f"{path} is no segment")
            segment = cls(path, fd, size, _FIXED.unpack_from(header)[1].rstrip(b"\0").decode("ascii"))
            segment.head = _COUNT.unpack_from(header, _HEAD_AT)[0]
            segment.tail = _COUNT.unpack_from(header, _TAIL_AT)[0]
            if not HEADER_BYTES <= segment.tail <= segment.head <= size:
                raise ValueError(f"{path} is damaged: {segment.tail} … {segment.head} of {size}")
        except BaseException:
            os.close(fd)
            raise
        return segment

    def _start(self, mapped: mmap.mmap) -> None:
        self._map = mapped
        _FIXED.pack_into(mapped, 0, _MAGIC, self.source.encode("ascii"))
        _put_head(mapped, _HEAD_AT, self.head, 0)
        _COUNT.pack_into(mapped, _TAIL_AT, self.tail)

    def append(self, row: bytes, key: int, number: int, emitted: int) -> bool:
        """Copy a row in; return False where there is no room. Only the writer calls it, one thread at a time."""
        head = self.head
        end = head + 16 + len(row)
        if end > self.size:
            return False
        mapped = self._map
        mapped[head + 16 : end] = row  # type: ignore[index]
        _put_record(mapped, head, len(row), key, number)  # type: ignore[arg-type]
        self.head = end
        _put_head(mapped, _HEAD_AT, end, emitted)  # type: ignore[arg-type]
        return True

    def name_key(self, key: int, name: str, emitted: int) -> bool:
        """Give a key's name, before its first row in this segment; return False where there is no room."""
        data = name.encode()
        if self.head + 16 + len(data) > self.size or self._map is None:
            return False
        # Written like a row, then marked, then counted.
        self._map[self.head + 16 : self.head + 16 + len(data)] = data
        _put_record(self._map, self.head, len(data) | _IS_KEY, key, 0)
        self.head += 16 + len(data)
        _put_head(self._map, _HEAD_AT, self.head, emitted)
        return True

    def put_drops(self, counts: list[int]) -> None:
        """Note how many events were dropped so far, by reason: a kill must not lose the count."""
        if self._map is not None:
            for place, count in enumerate(counts):
                _COUNT.pack_into(self._map, _DROPS_AT + 8 * place, count)

    def counts(self, reasons: int) -> tuple[int, list[int]]:
        """Return the events emitted and dropped so far, as the writer last noted them."""
        header = self._bytes(0, HEADER_BYTES)
        emitted = _HEAD.unpack_from(header, _HEAD_AT)[1]
        return emitted, [_COUNT.unpack_from(header, _DROPS_AT + 8 * place)[0] for place in range(reasons)]

    def _bytes(self, at: int, size: int) -> bytes:
        if self._fd >= 0:
            return os.pread(self._fd, size, at)  # releases the GIL, maps nothing
        return b"" if self._map is None else self._map[at : at + size]

    def read(self, at: int, size: int) -> tuple[list[Entry], int]:
        """Return the whole records in about `size` bytes from `at` on, and where the next one begins.

        Raises:
            ValueError: what is there is no record: the segment is damaged from here on.
        """
        end = self.head
        data = memoryview(self._bytes(at, min(size, end - at)))
        entries: list[Entry] = []
        place = 0
        while place + 16 <= len(data):
            length, key, number = _RECORD.unpack_from(data, place)
            stop = place + 16 + (length & ~_IS_KEY)
            if length == 0 or at + stop > end:
                raise ValueError(f"{self.path} is damaged at byte {at + place}")
            if stop > len(data):
                if not entries:  # one record larger than was asked for
                    return self.read(at, stop)
                break
            entries.append(Entry(key, -1 if length & _IS_KEY else number, data[place + 16 : stop]))
            place = stop
        return entries, at + place

    def done(self, tail: int) -> None:
        """Note that everything before `tail` is durable elsewhere."""
        self.tail = tail
        if self._map is not None:
            _COUNT.pack_into(self._map, _TAIL_AT, tail)
        elif self._fd >= 0:
            os.pwrite(self._fd, _COUNT.pack(tail), _TAIL_AT)

    def prefault(self, begin: int, end: int) -> int:
        """Map up to 64 KiB of pages from `begin` on for writing; return where to go on. Takes microseconds."""
        stop = min(begin + _SLICE, end, self.size)
        if self._map is not None and begin < stop:
            try:
                self._map.madvise(_POPULATE_WRITE, begin, stop - begin)
            except (OSError, ValueError):
                return end  # an older kernel: pages come as they are written
        return stop

    def seal(self) -> None:
        """Unmap: no more rows. It can still be read."""
        if self._map is not None and self._fd >= 0:
            self._map.close()
            self._map = None

    def close(self) -> None:
        """Unmap and close; the file stays."""
        if self._map is not None:
            self._map.close()
            self._map = None
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1

    def remove(self) -> None:
        """Close, and delete the file."""
        self.close()
        if self.path is not None:
            self.path.unlink(missing_ok=True)
