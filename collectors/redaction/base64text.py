"""Text in base64: what stands in it is looked at as any text is, and the whole of it is masked if anything is found."""

from __future__ import annotations

import re
from base64 import b64decode
from collections.abc import Callable, Iterator
from functools import cache
from typing import Final

from windvane.collectors.redaction.find import Find
from windvane.collectors.redaction.gate import LONG_RUN, is_name
from windvane.collectors.redaction.variety import has_digit

__all__ = ["hidden"]

_RUN: Final = b"a" * LONG_RUN
_HEAD: Final = 32
"""Characters that tell whether there is text in it: of other data nothing more is decoded."""
_LONGEST: Final = 1 << 20
_BEFORE: Final = 64
"""Signs split a text in base64 into runs: how far before a run with 16 characters it may begin."""
_FIRST: Final = "IJKLMNOPQRSTUVWXYZabcdefwxyz0123456789"
"""What a text in base64 begins with: a printable character of ASCII, or the first byte of another in UTF-8."""
_turn: Final = re.compile("[a-z][A-Z]").search
_LINES: Final = dict.fromkeys(map(ord, "\n\r\t"))
_SIGNS: Final = bytes.maketrans(b"-_", b"+/")


@cache
def _whole() -> re.Pattern[str]:
    """Base64, also in lines as mail has them; a line's end may be escaped, which leaves two blanks."""
    return re.compile(r"[A-Za-z0-9+/_-]+(?:(?<=[A-Za-z0-9+/_-]{60})(?:\r?\n|  )[A-Za-z0-9+/_-]+)*+")


def hidden(text: str, runs: bytes, find: Callable[[str], list[Find]]) -> Iterator[Find]:
    """Yield texts in base64 in which `find` finds something, under its kind; `runs` is `gate.runs(text)`."""
    at = done = 0
    while (start := runs.find(_RUN, at)) >= 0:
        at = runs.find(b" ", start + LONG_RUN)
        at = len(runs) if at < 0 else at
        run = text[start:at]
        if run.islower() or not (has_digit(run) or (_turn(run) and not is_name(run))):  # or hexadecimal digits
            continue
        begin = start
        while begin > max(done, start - _BEFORE) and (text[begin - 1] in "+/" or runs[begin - 1] == 97):
            begin -= 1
        whole = _whole().match(text, begin, begin + _LONGEST)
        done = at = max(whole.end() if whole else 0, at)
        for place in {begin, start}:  # a path may stand before it
            decoded = _decoded(text[place:at])
            if decoded and (found := find(decoded)):
                yield Find(place, at, found[0].kind)
                break


def _decoded(written: str) -> str:
    """Return the text that is written so; nothing where it is none."""
    if written[:1] not in _FIRST:
        return ""
    head = _bytes(written[:_HEAD])
    if not head or not _is_text(head[:-4]):
        return ""
    data = _bytes("".join(written.split())) if len(written) > _HEAD else head
    # What follows without a sign between may have been taken along: a piece at the end need not be text.
    return data.decode("utf-8", "ignore") if len(data) >= 9 else ""


def _bytes(written: str) -> bytes:
    try:
        data = written.encode("ascii").translate(_SIGNS)
        return b64decode(data[: len(data) & -4] if len(data) % 4 == 1 else data + b"=" * (-len(data) % 4))
    except ValueError:
        return b""


def _is_text(data: bytes) -> bool:
    """Whether bytes begin as a text does; the last character may be cut."""
    text = data.decode("utf-8", "ignore")
    return len(text.encode()) >= len(data) - 3 and text.translate(_LINES).isprintable()
