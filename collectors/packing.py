"""From rows to envelopes, numbered by key: for senders that hold their events in a list rather than in a spool."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from windvane.collectors.envelope import MAX_ENVELOPE_BYTES, MAX_EVENTS, Header, pack
from windvane.collectors.event import INDEX, Row

__all__ = ["Packer", "key_of"]

_SERVICE, _MODEL = INDEX["service_name"], INDEX["gen_ai_request_model"]


def key_of(row: Row) -> str:
    """Return the series' home of an event: what decides its partition.

    >>> key_of((None, None, "checkout", None, None, "gpt-4o"))
    'checkout/gpt-4o'
    """
    return f"{row[_SERVICE] or ''}/{row[_MODEL] or ''}"


class Packer:
    """Packs rows into envelopes under one source. The same rows in the same order get the same numbers."""

    def __init__(self, source: str) -> None:
        """`source` names the sender; the empty text for one that does not number its events."""
        self.source = source
        self.emitted = 0
        self._next: dict[str, int] = {}
        self._encode = msgspec.msgpack.Encoder().encode

    def skip(self, row: Row) -> None:
        """Count a row that needs no sending: it was durable before."""
        key = key_of(row)
        self._next[key] = self._next.get(key, 0) + 1
        self.emitted += 1

    def pack(self, rows: Iterable[Row]) -> list[tuple[str, bytes]]:
        """Return the envelopes of `rows`, each with its record key."""
        by_key: dict[str, list[bytes]] = {}
        for row in rows:
            by_key.setdefault(key_of(row), []).append(self._encode(row))
        self.emitted += sum(map(len, by_key.values()))
        envelopes = []
        for key, encoded in by_key.items():
            for part in _parts(encoded):
                header = Header(source=self.source, key=key, first=self._next.get(key, 0))
                if self.source:
                    header.ledger = {"emitted": self.emitted}
                    self._next[key] = header.first + len(part)
                envelopes.append((key, pack(part, header)))
        return envelopes


def _parts(encoded: list[bytes]) -> list[list[bytes]]:
    parts: list[list[bytes]] = []
    size = MAX_ENVELOPE_BYTES + 1
    for row in encoded:
        if size + len(row) > MAX_ENVELOPE_BYTES or len(parts[-1]) == MAX_EVENTS:
            parts.append([])
            size = 0
        parts[-1].append(row)
        size += len(row)
    return parts
