"""Envelopes one after the other: as they go over HTTP, and into files."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import Final

from windvane.errors import EnvelopeError, Reason

__all__ = ["FRAME", "frame", "frames"]

FRAME: Final = struct.Struct("<II")
"""In front of each envelope: the length of its key, the length of its record."""


def frame(key: str, record: bytes) -> bytes:
    """Return an envelope as it goes over HTTP and into files: two 32-bit lengths, the key, the record."""
    name = key.encode()
    return FRAME.pack(len(name), len(record)) + name + record


def frames(body: bytes) -> Iterator[tuple[str, bytes]]:
    """Yield the keys and records that `frame` has put one after the other.

    >>> list(frames(frame("shop/m", b"one") + frame("", b"two")))
    [('shop/m', b'one'), ('', b'two')]

    Raises:
        EnvelopeError: the lengths do not add up.
    """
    at = 0
    while at < len(body):
        if at + FRAME.size > len(body):
            raise EnvelopeError(Reason.UNDECODABLE, f"cut off at byte {at} of {len(body)}")
        key_size, size = FRAME.unpack_from(body, at)
        at += FRAME.size
        if (end := at + key_size + size) > len(body):
            raise EnvelopeError(Reason.UNDECODABLE, f"a record ends at byte {end} of {len(body)}")
        yield body[at : at + key_size].decode("utf-8", "replace"), body[at + key_size : end]
        at = end
