"""Compressed bodies, opened within bounds: what grows beyond them is never made."""

from __future__ import annotations

import zlib
from collections.abc import Callable
from typing import Final

from windvane.collectors.gateway.refusal import Refusal

__all__ = ["ENCODINGS", "inflate"]

ENCODINGS: Final = ("gzip", "x-gzip", "deflate")
_EITHER: Final = 32 + zlib.MAX_WBITS
"""Reads gzip's header and zlib's."""
_STEP: Final = 256 << 10
_MOST_RATIO: Final = 200
_SURELY_BYTES: Final = 1 << 20


def inflate(packed: bytes, most: int, hold: Callable[[int], None]) -> bytes:
    """Return what was compressed; `hold` is told of the bytes as they come, and may refuse them.

    Raises:
        Refusal: 413 where it is larger than `most`, or grows more than texts do; 400 where it is damaged.
    """
    # It may be large, and may be small and grow: what grows so much more than texts do is a bomb.
    allowed = min(most, max(_SURELY_BYTES, len(packed) * _MOST_RATIO))
    out, rest, reader = bytearray(), packed, _reader(packed)
    try:
        while True:
            piece = reader.decompress(rest, _STEP)
            if len(out) + len(piece) > allowed:
                grown = f"a body may grow {_MOST_RATIO} times as it is decompressed"
                raise Refusal(413, f"a body may have {most} bytes, decompressed" if allowed == most else grown)
            hold(len(piece))
            out += piece
            if reader.eof:
                if not reader.unused_data:
                    return bytes(out)
                rest, reader = reader.unused_data, _reader(reader.unused_data)  # gzip may be several in a row
            else:
                rest = reader.unconsumed_tail
                if not rest and not piece:
                    raise Refusal(400, "the compressed body is cut off")
    except zlib.error as error:
        raise Refusal(400, f"the body is not compressed as it says: {error}") from error


def _reader(packed: bytes) -> zlib._Decompress:
    # Some send deflate without zlib's header: RFC 9110 names it as a known mistake.
    bare = packed[:2] != b"\x1f\x8b" and (len(packed) < 2 or packed[0] & 15 != 8 or int.from_bytes(packed[:2]) % 31)
    return zlib.decompressobj(-zlib.MAX_WBITS if bare else _EITHER)
