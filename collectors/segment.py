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

__all__ = ["HEADER_BYTES", "RECORD_BYTES", "Entry", "Segment"]

HEADER_BYTES: Final = 4096
RECORD_BYTES: Final = 16
"""What a record takes beside its row."""
_MAGIC: Final = b"WVSEG\0\0\2"
_FIXED: Final = struct.Struct("<8s32s")  # magic, source
_COUNTS_AT: Final = 64
_TAIL_AT: Final = 128
_DROPS_AT: Final = 192
# In the machine's own order: that is one store each, which a kill cannot cut in two. Little-endian ones are not.
_COUNTS: Final = struct.Struct("@QQ")  # events emitted so far by this source, head
_COUNT: Final = struct.Struct("@Q")
_RECORD: Final = struct.Struct("<IIQ")
_IS_KEY: Final = 1 << 31
_POPULATE_WRITE: Final = 23
"""MADV_POPULATE_WRITE, Linux 5.14: map pages for writing before they are written to."""
_SLICE: Final = 64 * 1024

_put_record: Final = _RECORD.pack_into
_put_counts: Final = _COUNTS.pack_into


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
        self._faulted = 0

    @classmethod
    def create(cls, path: Path, size: int, source: str) -> Segment:
        """Make a segment with all its blocks allocated: a full disk is an OSError here, never a signal at a write."""
        fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        try:
            os.posix_fallocate(fd, 0, size)
            segment = cls(path, fd, size, source)
            mapped = mmap.mmap(fd, size)
            # Else the first touch of a page reads ahead, and with it the kernel clears megabytes: 2 to 4 ms.
            mapped.madvise(mmap.MADV_RANDOM)
            segment._start(mapped)
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
            segment.head = _COUNTS.unpack_from(header, _COUNTS_AT)[1]
            segment.tail = _COUNT.unpack_from(header, _TAIL_AT)[0]
            if not HEADER_BYTES <= segment.tail <= segment.head <= size:
                raise ValueError(f"{path} is damaged: {segment.tail} … {segment.head} of {size}")
        except BaseException:
            os.close(fd)
            raise
        return segment

    def _start(self, mapped: mmap.mmap) -> None:
        self._map = mapped
        _put_counts(mapped, _COUNTS_AT, 0, self.head)
        _COUNT.pack_into(mapped, _TAIL_AT, self.tail)
        _FIXED.pack_into(mapped, 0, _MAGIC, self.source.encode("ascii"))  # last: now it is a segment

    def append(self, row: bytes, key: int, number: int, emitted: int) -> None:
        """Copy a row in, of which the caller knows that it fits. Only the writer calls it, one thread at a time."""
        head, mapped, size = self.head, self._map, len(row)
        begin = head + RECORD_BYTES
        end = begin + size
        mapped[begin:end] = row  # type: ignore[index]
        _put_record(mapped, head, size, key, number)  # type: ignore[arg-type]
        self.head = end
        _put_counts(mapped, _COUNTS_AT, emitted, end)  # type: ignore[arg-type]

    def name_key(self, key: int, name: bytes, emitted: int) -> None:
        """Give a key's name, which fits, before its first row in this segment."""
        head, mapped = self.head, self._map
        end = head + RECORD_BYTES + len(name)
        mapped[head + RECORD_BYTES : end] = name  # type: ignore[index]
        _put_record(mapped, head, len(name) | _IS_KEY, key, 0)  # type: ignore[arg-type]
        self.head = end
        _put_counts(mapped, _COUNTS_AT, emitted, end)  # type: ignore[arg-type]

    def put_counts(self, emitted: int, drops: list[int]) -> None:
        """Note how many events were emitted and dropped so far: a kill must not lose the counts."""
        if self._map is not None:
            _put_counts(self._map, _COUNTS_AT, emitted, self.head)
            for place, count in enumerate(drops):
                _COUNT.pack_into(self._map, _DROPS_AT + 8 * place, count)

    def counts(self, reasons: int) -> tuple[int, list[int]]:
        """Return the events emitted and dropped so far, as the writer last noted them."""
        header = self._bytes(0, HEADER_BYTES)
        emitted = _COUNTS.unpack_from(header, _COUNTS_AT)[0]
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
        while place + RECORD_BYTES <= len(data):
            length, key, number = _RECORD.unpack_from(data, place)
            stop = place + RECORD_BYTES + (length & ~_IS_KEY)
            if length == 0 or at + stop > end:
                raise ValueError(f"{self.path} is damaged at byte {at + place}")
            if stop > len(data):
                if not entries:  # one record larger than was asked for
                    return self.read(at, stop)
                break
            begin = place + RECORD_BYTES
            entries.append(Entry(key, -1 if length & _IS_KEY else number, data[begin:stop]))
            place = stop
        if not entries and at < end:
            raise ValueError(f"{self.path} is damaged at byte {at}: it is cut off")
        return entries, at + place

    def done(self, tail: int) -> None:
        """Note that everything before `tail` is durable elsewhere."""
        self.tail = tail
        if self._fd >= 0:  # not over the map, which the writer may close at any time
            os.pwrite(self._fd, _COUNT.pack(tail), _TAIL_AT)

    def prefault(self, end: int) -> bool:
        """Map the next 64 KiB of pages before `end` for writing; return whether there are more. Takes microseconds."""
        begin, mapped = max(self._faulted, self.head & -mmap.PAGESIZE), self._map
        stop = min(begin + _SLICE, end & -mmap.PAGESIZE, self.size)
        if mapped is None or begin >= stop:
            return False
        self._faulted = stop
        try:
            mapped.madvise(_POPULATE_WRITE, begin, stop - begin)
        except (OSError, ValueError):
            return False  # an older kernel, or just sealed: pages come as they are written
        return True

    def seal(self) -> None:
        """Unmap: no more rows. It can still be read. May be called by any thread, and twice."""
        if self._fd >= 0:
            mapped, self._map = self._map, None
            if mapped is not None:
                mapped.close()

    def close(self) -> None:
        """Unmap and close; the file stays."""
        mapped, self._map = self._map, None
        if mapped is not None:
            mapped.close()
        fd, self._fd = self._fd, -1
        if fd >= 0:
            os.close(fd)

    def remove(self) -> None:
        """Close, and delete the file."""
        self.close()
        if self.path is not None:
            self.path.unlink(missing_ok=True)
