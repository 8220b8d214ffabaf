"""Rows and records of the log by hand, so that they can be wrong."""

from __future__ import annotations

import struct
import sys
from typing import Any, Final

import msgspec
import zstandard

from windvane.collectors.envelope import Header
from windvane.collectors.event import COLUMNS, NAMES, Kind, Row
from windvane.collectors.normalize import EARLIEST_US, LATEST_US, MAX_FLOAT32, normalize

__all__ = ["EDGES", "WIDTH", "encoded", "record", "row", "sound"]

WIDTH: Final = len(COLUMNS)
EDGES: Final[dict[Kind, list[Any]]] = {
    Kind.TEXT: ["", "word", "\0", "\U0001f600 \ufffd", "x" * 70_000],
    Kind.TIME: [EARLIEST_US, 1_767_268_800_000_001, LATEST_US - 1],
    Kind.COUNT: [0, 127, 128, 65_536, 2**32 - 1],
    Kind.NUMBER: [0.0, -0.5, sys.float_info.max, -sys.float_info.max, 5e-324],
    Kind.SECONDS: [0.0, 1e-9, 1e9],
    Kind.MONEY: ["0", "0.000000001", "999999999.999999999"],
    Kind.TEXTS: [[], [""], ["a", "b" * 300], ["x"] * 40],
    Kind.NUMBERS: [[], [0.0], [MAX_FLOAT32, -MAX_FLOAT32], [0.1] * 1536],
    Kind.MAP: [{}, {"": ""}, {str(number): "v" for number in range(40)}],
}
"""What a cell of each kind may hold, up to its limits."""


def row(**cells: Any) -> Row:
    return tuple(cells.get(name) for name in NAMES)


def encoded(*rows: Any) -> list[bytes]:
    return [msgspec.msgpack.encode(each) for each in rows]


def record(body: bytes, header: Header | dict[str, Any], version: tuple[int, int] = (1, 0)) -> bytes:
    """An envelope by hand, so that it can be wrong: `body` is compressed, the header is as given."""
    head = msgspec.msgpack.encode(header)
    return b"WV" + struct.pack("<BBI", *version, len(head)) + head + zstandard.compress(body)


def sound() -> Row:
    return normalize({"id": "a-1", "service": "s", "model": "m", "prompt": "p", "latency": 1, "time": 1_767_268_800})
