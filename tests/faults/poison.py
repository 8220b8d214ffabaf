"""Records that nobody should write, and why each is refused."""

from __future__ import annotations

import random
import struct
import time
from collections.abc import Mapping

import msgspec
import zstandard

from windvane.collectors.envelope import Header, pack
from windvane.collectors.event import NAMES
from windvane.errors import Reason

__all__ = ["poison"]


def _envelope(rows: bytes, *, frame: bytes | None = None, **header: object) -> bytes:
    head = msgspec.msgpack.encode({"source": "", "count": 1, "columns": len(NAMES), **header})
    return struct.pack("<2sBBI", b"WV", 1, 0, len(head)) + head + (frame or zstandard.compress(rows))


def _row(**cells: object) -> bytes:
    return msgspec.msgpack.encode([cells.get(name) for name in NAMES])


def poison(largest: int) -> Mapping[str, tuple[bytes, Reason]]:
    """Return records by what is wrong with them, each with the reason to refuse it; the longest of `largest` bytes."""
    sound = pack([_row(service_name="s")] * 200, Header(key="s/"))
    year_s = 365 * 86_400
    return {
        "random bytes": (b"\x01" + random.Random(1).randbytes(5000), Reason.UNDECODABLE),
        "random bytes behind our mark": (b"WV\x01\x00" + random.Random(2).randbytes(5000), Reason.UNDECODABLE),
        "nothing": (b"", Reason.UNDECODABLE),
        "an envelope cut off": (sound[:-9], Reason.UNDECODABLE),
        "an envelope with more behind": (sound + b"more", Reason.UNDECODABLE),
        "a flipped bit": (sound[:-30] + bytes([sound[-30] ^ 4]) + sound[-29:], Reason.UNDECODABLE),
        "fewer rows than it says": (_envelope(_row(), count=2), Reason.UNDECODABLE),
        "more rows than it says": (_envelope(_row() * 2), Reason.UNDECODABLE),
        "a count beyond all bounds": (_envelope(_row(), count=2**31), Reason.UNDECODABLE),
        "a zip bomb": (_envelope(bytes(1 << 28)), Reason.DECOMPRESSED_SIZE),
        "a version to come": (b"WV\x09" + sound[3:], Reason.UNSUPPORTED_VERSION),
        "a row that is no array": (_envelope(msgspec.msgpack.encode({"a": 1})), Reason.NOT_AN_OBJECT),
        "a cell of another type": (_envelope(_row(gen_ai_usage_input_tokens="many")), Reason.WRONG_TYPE),
        "a count below nought": (_envelope(_row(gen_ai_usage_input_tokens=-1)), Reason.OUT_OF_RANGE),
        "a clock years ahead": (_envelope(_row(time=int((time.time() + 3 * year_s) * 1e6))), Reason.TIME_IN_FUTURE),
        "JSON cut off": (b'[{"service": "s"', Reason.UNDECODABLE),
        "JSON too deep": (b"[" * 100_000, Reason.UNDECODABLE),
        "JSON of another type": (b'{"service": "s", "input_tokens": {"a": []}}', Reason.WRONG_TYPE),
        "JSON without objects": (b"[7]", Reason.NOT_AN_OBJECT),
        "no UTF-8": (b'{"service": "\xff\xfe"}', Reason.UNDECODABLE),
        "the largest record": (b'{"prompt": "' + b"x" * (largest - 14) + b'"}', Reason.OVERSIZE),
    }
