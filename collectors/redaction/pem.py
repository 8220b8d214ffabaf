"""Finds private keys that are written as text: PEM, SSH2's and PuTTY's."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache

from windvane.collectors.redaction.find import Find
from windvane.collectors.redaction.kinds import Kind

__all__ = ["pem"]


@cache
def _begin() -> re.Pattern[str]:
    return re.compile(r"---(?:--| )BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?(?:-----| ----)")


@cache
def _body() -> re.Pattern[str]:
    return re.compile(r"[A-Za-z0-9+/=\s\\:,.-]{0,20000}+")


@cache
def _putty() -> re.Pattern[str]:
    return re.compile(r"Private-Lines:[ ]?[0-9]{1,3}(?P<key>[A-Za-z0-9+/=\s\\]{16,20000}+)")


def pem(text: str) -> Iterator[Find]:
    """Yield private keys; one that is cut off reaches as far as its lines do."""
    at, ended = 0, True
    while begin := _begin().search(text, at):
        end = text.find("--END", begin.end()) if ended else -1
        end = text.find("-- END", begin.end()) if ended and end < 0 else end
        ended = end >= 0
        if ended and end - begin.end() < 20_000:
            dashes = text.find("----", end + 8)
            at = end + 8
            if 0 <= dashes <= end + 80:
                at = dashes + 5 if text.startswith("-----", dashes) else dashes + 4
        else:
            body = _body().match(text, begin.end())
            at = body.end() if body else begin.end()
        yield Find(begin.start(), at, Kind.PRIVATE_KEY)
    for lines in _putty().finditer(text):
        yield Find(*lines.span("key"), Kind.PRIVATE_KEY)
