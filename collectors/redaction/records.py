"""The redactor in front of the network: encoded rows in, encoded rows out, those with nothing to redact untouched."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Final

import msgspec

from windvane.collectors.event import COLUMNS, INDEX, Row
from windvane.collectors.redaction import gate
from windvane.collectors.redaction.policy import Bodies, Policy
from windvane.collectors.redaction.redactor import FREE_TEXT, Redactor

__all__ = ["Records"]

_log: Final = logging.getLogger("windvane")
_cells: Final = msgspec.msgpack.Decoder(list[msgspec.Raw]).decode
_row: Final = msgspec.msgpack.Decoder(tuple).decode
_encode: Final = msgspec.msgpack.Encoder().encode
_FREE: Final = tuple(INDEX[name] for name in FREE_TEXT)
_LIKELY: Final = INDEX["top_logprobs"]
_NIL: Final = 0xC0
_HEAD_BYTES: Final = [{0xD9: 2, 0xDA: 3, 0xDB: 5}.get(first, 1) for first in range(256)]
"""Bytes before a text in msgpack, by the first of them."""
_WIDTH: Final = len(COLUMNS)


class Records:
    """Redacts encoded rows. Where that fails, the row goes without its free text, is counted, and it is said once."""

    def __init__(self, policy: Policy, key_folder: Path | None = None) -> None:
        self.failed = 0
        """Rows whose free text was left out because it could not be redacted."""
        self._redactor = Redactor(policy, key_folder)
        self._by_gate = policy.bodies is Bodies.REDACTED and not policy.services and not policy.patterns

    @property
    def masked(self) -> dict[str, int]:
        """How many secrets and personal data were masked so far, by kind."""
        return dict(self._redactor.masked)

    def apply(self, data: bytes | memoryview) -> bytes | memoryview:
        """Return the row as it may leave the process. Never raises, never returns what it could not look through."""
        try:
            flags = None
            if self._by_gate:
                flags, size = self._gate(data)
                if flags == 0 and size <= self._redactor.policy.body_chars:
                    return data
            row = _row(data)
            row += (None,) * (_WIDTH - len(row))
            redacted = self._redactor.row(row, flags)
            return data if redacted is row else _encode(redacted)
        except Exception as error:
            return self._bare(data, error)

    def _gate(self, data: bytes | memoryview) -> tuple[int | None, int]:
        """Return what there may be in the free text, looked at as it is encoded, and its bytes; None: look for all."""
        if self._redactor.is_off:
            return 0, len(data)
        cells = _cells(data)
        width = len(cells)  # of a row that an older version has left, less than ours
        if width > _LIKELY and memoryview(cells[_LIKELY])[0] != _NIL:
            return None, 0  # its tokens are to be left out
        # Without what says how long a text is: such a byte may be an @.
        texts = [memoryview(cells[place]) for place in _FREE if place < width]
        joined = b"\n".join([text[_HEAD_BYTES[text[0]] :] for text in texts if text[0] != _NIL])
        return gate.flags(joined), len(joined)

    def _bare(self, data: bytes | memoryview, error: Exception) -> bytes:
        self.failed += 1
        if self.failed == 1:
            # Not the error's own words: they may quote the text.
            _log.error(
                "redaction failed (%s): the texts of such events are not sent. See stats()", type(error).__name__
            )
        try:
            row: Row = self._redactor.bare(_row(data))
        except Exception:
            row = ()
        return _encode((*row, *(None,) * (_WIDTH - len(row))))
