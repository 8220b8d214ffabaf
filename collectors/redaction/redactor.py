"""The redactor: a text or a row in, the same without secrets and personal data out. One door for everything that sends.

Looked at are the columns of free text: bodies, `error_type` and `error_message`, `user_id`, the conversation's id, the
label, `tags` and `attributes` with their keys. Of `top_logprobs` the numbers are kept. Not looked at are other numbers,
embeddings, and the names by which a series or an event is known (service, model, ids): masking them would tear series
apart.
"""

from __future__ import annotations

import re
from functools import cached_property
from pathlib import Path
from typing import Any, Final

from windvane.collectors.event import COLUMNS, INDEX, Row
from windvane.collectors.event import Kind as Cell
from windvane.collectors.redaction import gate
from windvane.collectors.redaction.find import Find
from windvane.collectors.redaction.key import machine_key
from windvane.collectors.redaction.kinds import mask
from windvane.collectors.redaction.likely import without_tokens
from windvane.collectors.redaction.policy import Bodies, Policy, Way
from windvane.collectors.redaction.replacing import digest, replaced, word_for
from windvane.collectors.redaction.scanner import scan, settled

__all__ = ["FREE_TEXT", "Redactor", "mark"]

FREE_TEXT: Final = (
    *(
        column.name
        for column in COLUMNS
        if column.body and column.kind in (Cell.TEXT, Cell.TEXTS) and column.name != "top_logprobs"
    ),
    *("error_type", "error_message", "user_id", "gen_ai_conversation_id", "gen_ai_evaluation_score_label"),
    *("tags", "attributes"),
)
"""The columns that are looked at."""

_FREE: Final = tuple((INDEX[name], COLUMNS[INDEX[name]]) for name in FREE_TEXT)
_BODIES: Final = tuple((INDEX[column.name], column) for column in COLUMNS if column.body)
_LIKELY: Final = INDEX["top_logprobs"]
_SERVICE: Final = INDEX["service_name"]
_MARGIN: Final = 2048
"""Looked at beyond the cap, so that what the cap cuts in two is seen whole."""
_MARKED: Final = re.compile(r"…\[truncated [0-9]+ characters\]\Z")
_MARK_CHARS: Final = 48
_SHORTEST: Final = 4


def mark(characters: int) -> str:
    """Return what stands at the end of a text that was cut.

    >>> mark(12345)
    '…[truncated 12345 characters]'
    """
    return f"…[truncated {characters} characters]"


class Redactor:
    """Applies one policy. For one thread at a time.

    >>> Redactor(Policy()).text("write to ann@shop.example")
    ('write to [EMAIL]', {'email': 1})
    """

    def __init__(self, policy: Policy, key_folder: Path | None = None) -> None:
        """`key_folder` is where the key of hashes is kept if the policy has none. Compiles nothing yet."""
        self.policy = policy
        self.masked: dict[str, int] = {}
        """How many of each kind were redacted since this was made."""
        self._key_folder = key_folder

    @cached_property
    def _key(self) -> bytes:
        return self.policy.key or machine_key(self._key_folder)

    @cached_property
    def is_off(self) -> bool:
        """Whether nothing is looked for."""
        return self.policy.way is Way.OFF and all(way is Way.OFF for way in self.policy.kinds.values())

    @cached_property
    def _own(self) -> list[tuple[str, re.Pattern[str]]]:
        return [(name, re.compile(pattern)) for name, pattern in self.policy.patterns.items()]

    @cached_property
    def _allowed(self) -> re.Pattern[str] | None:
        entries = (".*".join(map(re.escape, entry.split("*"))) for entry in self.policy.allow)
        whole = "|".join(entries)
        return re.compile(whole, re.IGNORECASE | re.DOTALL) if whole else None

    def text(self, text: str, column: str = "") -> tuple[str, dict[str, int]]:
        """Return the text without what was found in it, and how many of each kind that were; `column` decides the way.

        A JSON text stays one: a number that is masked becomes a string. What is masked already is left alone. The cap
        on size is `row`'s business.
        """
        before = dict(self.masked)
        redacted = self._redacted(text, column)
        return redacted, {kind: more for kind, n in self.masked.items() if (more := n - before.get(kind, 0))}

    def row(self, row: Row, flags: int | None = None) -> Row:
        """Return the row with its free text redacted, its bodies as the service's policy has them, and texts capped.

        `flags` is what the gate says of all its free text together, where that is known. A row with nothing to redact
        is returned as it is. Raises only by a mistake in here: then send `bare(row)`.
        """
        bodies = self.policy.bodies_of(row[_SERVICE])
        if flags is None and bodies is Bodies.REDACTED and not (self._own or row[_LIKELY]):
            # Most rows hold nothing: they are asked once, not text by text.
            joined = "\n".join([_joined(row[place]) for place, _ in _FREE if row[place]])
            flags = self._flags(joined)
            if not flags and len(joined) <= self.policy.body_chars:
                return row
        cells = list(row)
        for place, column in _FREE:
            if row[place]:
                is_body = column.body and bodies is not Bodies.REDACTED
                cells[place] = self._body(row[place], bodies) if is_body else self._cell(row[place], column.name, flags)
        if row[_LIKELY] and bodies is Bodies.REDACTED and not self.is_off:
            cells[_LIKELY] = without_tokens(row[_LIKELY])
        if bodies in (Bodies.NONE, Bodies.HASH):
            for place, column in _BODIES:
                if bodies is Bodies.NONE or column.name in ("embedding", "top_logprobs"):
                    cells[place] = None
        changed = tuple(cells)
        return row if changed == row else changed

    def bare(self, row: Row) -> Row:
        """Return the row without any free text, for when redaction has failed: numbers and names are left."""
        free = {place for place, _ in (*_FREE, *_BODIES)}
        return tuple(None if place in free else cell for place, cell in enumerate(row))

    def _body(self, cell: Any, bodies: Bodies) -> Any:
        """Return a body that is not redacted but sent whole, hashed, or not at all."""
        if bodies is Bodies.NONE:
            return None
        if type(cell) is list:
            return [self._body(text, bodies) for text in cell]
        if bodies is Bodies.HASH:
            return mask("body", digest(self._key, "body", cell))
        cap = self.policy.body_chars
        return cell if self._fits(cell) else cell[:cap] + mark(len(cell) - cap)

    def _cell(self, cell: Any, column: str, flags: int | None) -> Any:
        if type(cell) is str:
            return self._capped(cell, column, flags)
        if type(cell) is list:
            return [self._capped(text, column, flags) for text in cell]
        if flags is None or flags:
            whole = _joined(cell)
            flags = self._flags(whole)
            if not flags and not self._own and len(whole) <= self.policy.body_chars:
                return cell
        # A name says what its value is. An attribute's value is JSON: a number there must not become a bare word.
        quoted = column == "attributes"
        return {
            self._redacted(name, column, flags): self._capped(value, column, flags, f"{name}=", quoted=quoted)
            for name, value in cell.items()
        }

    def _fits(self, text: str) -> bool:
        over = len(text) - self.policy.body_chars
        return over <= 0 or (over <= _MARK_CHARS and _MARKED.search(text) is not None)

    def _capped(self, text: str, column: str, flags: int | None, before: str = "", *, quoted: bool = False) -> str:
        if self._fits(text):
            return self._redacted(text, column, flags, before, quoted=quoted)
        cap = self.policy.body_chars
        return self._redacted(text[: cap + _MARGIN], column, flags, before, cap=cap) + mark(len(text) - cap)

    def _redacted(
        self,
        text: str,
        column: str,
        flags: int | None = None,
        before: str = "",
        *,
        quoted: bool = False,
        cap: int | None = None,
    ) -> str:
        """Redact `text`, which stands behind `before`; if it is to be capped, keep what begins before `cap`."""
        finds = self._finds(before + text, flags) if len(text) >= _SHORTEST else []
        if before:
            skip = len(before)
            finds = [Find(max(0, start - skip), end - skip, kind) for start, end, kind in finds if end > skip]
        if cap is not None:
            finds = [found for found in finds if found.start < cap]
            text = text[: max(cap, finds[-1].end if finds else 0)]
        finds = [found for found in finds if self._is_wanted(text, found, column)]
        if not finds:
            return text
        for found in finds:
            kind = str(found.kind)
            self.masked[kind] = self.masked.get(kind, 0) + 1
        return replaced(text, finds, [self._word(text, found, column) for found in finds], quoted=quoted)

    def _flags(self, text: str) -> int:
        return 0 if self.is_off else gate.flags(text.encode("utf-8", "surrogatepass"))

    def _finds(self, text: str, flags: int | None) -> list[Find]:
        finds = scan(text, self._flags(text) if flags is None or self.is_off else flags)
        if not self._own:
            return finds
        for name, pattern in self._own:
            finds += [Find(*match.span(), name) for match in pattern.finditer(text) if match[0]]
        return settled(text, finds, tuple(self.policy.patterns))

    def _is_wanted(self, text: str, found: Find, column: str) -> bool:
        if self.policy.way_of(found.kind, column) is Way.OFF:
            return False
        return self._allowed is None or not self._allowed.fullmatch(text, found.start, found.end)

    def _word(self, text: str, found: Find, column: str) -> str:
        way = self.policy.way_of(found.kind, column)
        if way is Way.DROP:
            return ""
        return word_for(text[found.start : found.end], found.kind, self._key if way is Way.HASH else None)


def _joined(cell: Any) -> str:
    """Return a cell as one text, as the gate is to look at it."""
    if type(cell) is str:
        return cell
    return "\n".join(cell if type(cell) is list else [f"{name}={value}" for name, value in cell.items()])
