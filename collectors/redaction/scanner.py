"""Looks through a text with the finders that the gate asks for, and settles where their finds meet."""

from __future__ import annotations

import time
from collections.abc import Iterator
from functools import partial
from typing import Final

from windvane.collectors.redaction import gate
from windvane.collectors.redaction.base64text import hidden
from windvane.collectors.redaction.commands import commands
from windvane.collectors.redaction.context import assignments
from windvane.collectors.redaction.escapes import Flat, flatten, may_be_query
from windvane.collectors.redaction.find import Find
from windvane.collectors.redaction.kinds import Kind, masks
from windvane.collectors.redaction.network import emails, ipv4, ipv6
from windvane.collectors.redaction.numbers import numbers
from windvane.collectors.redaction.pem import pem
from windvane.collectors.redaction.tokens import jwts, tokens
from windvane.collectors.redaction.urls import urls

__all__ = ["find", "scan", "settled"]

_LARGE: Final = 8192
_DEEPEST: Final = 2
"""Base64 within base64 is read, and no deeper."""
_RANK: Final[dict[str, int]] = {kind: rank for rank, kind in enumerate(Kind)}


def find(text: str, depth: int = 0) -> list[Find]:
    """Return the secrets and personal data in a text, in order, none overlapping. What is masked is passed over.

    >>> [(found.kind.value, "write to ann@shop.example"[found.start : found.end])
    ...  for found in find("write to ann@shop.example")]
    [('email', 'ann@shop.example')]
    """
    return scan(text, gate.flags(text.encode("utf-8", "surrogatepass")), depth)


def scan(text: str, flags: int, depth: int = 0) -> list[Find]:
    """Return what `find` does, where the flags are known already; `depth`: in how much base64 the text stood."""
    if not flags:
        return []
    flat = flatten(text)
    finds = _read(text, flat, flags, depth, again=len(flat.text) != len(text))
    if may_be_query(text):  # a plus may stand for a space in it
        finds += _read(text, flatten(text.replace("+", " ")), flags, depth, again=True)
    if "%252" in text:  # and in a query within it
        finds += _read(text, flat.with_blanks(), flags, depth, again=True)
    return settled(text, finds) if finds else []


def _read(text: str, flat: Flat, flags: int, depth: int, *, again: bool) -> list[Find]:
    """Return what is found in a text whose escapes are read; `again`: the gate has not seen it all."""
    if again:
        flags |= gate.flags(flat.text.encode("utf-8", "surrogatepass"))
    finds = list(_finds(flat.text, flags, depth))
    return finds if flat.text is text else [_whole(text, flat, found) for found in finds]


def _whole(text: str, flat: Flat, found: Find) -> Find:
    """Return where a find is in the text itself; no escape is cut in two."""
    start = flat.place(found.start)
    end = flat.place(found.end) if found.end < len(flat.text) else len(text)
    while start and text[start - 1] == "\\":
        start -= 1
    while end > start + 1 and text[end - 1] == "\\":
        end -= 1
    return Find(start, end, found.kind)


def _finds(text: str, flags: int, depth: int) -> Iterator[Find]:
    large = len(text) > _LARGE
    taken = set()
    if flags & gate.PEM:
        yield from pem(text)
    if flags & gate.URL:
        for found in urls(text):
            taken.add(found.end)
            yield found
    if flags & gate.LONG:
        runs = gate.runs(text)
        yield from tokens(text, runs)
        yield from jwts(text, runs)
        if depth < _DEEPEST:
            yield from hidden(text, runs, partial(find, depth=depth + 1))
    if flags & gate.WORD:
        _breathe(large)
        yield from assignments(text)
        yield from commands(text)
    if flags & gate.AT:
        yield from emails(text, frozenset(taken))
    if flags & gate.NUMBER:
        _breathe(large)
        yield from numbers(text)
    if flags & gate.DOTTED:
        _breathe(large)
        yield from ipv4(text)
    if flags & gate.COLONS:
        yield from ipv6(text)


def _breathe(large: bool) -> None:
    """Let the app's threads in: a large text takes a millisecond."""
    if large:
        time.sleep(0)


def settled(text: str, finds: list[Find], own: tuple[str, ...] = ()) -> list[Find]:
    """Return finds in order: of those that overlap the first counts, as far as they reach together; none in a mask."""
    finds.sort(key=_order)
    if "[" in text:
        finds = _outside_masks(finds, [match.span() for match in masks(own).finditer(text)])
    kept: list[Find] = []
    for found in finds:
        if kept and found.start < kept[-1].end:
            if found.end > kept[-1].end:
                kept[-1] = kept[-1]._replace(end=found.end)
        else:
            kept.append(found)
    return kept


def _order(found: Find) -> tuple[int, int]:
    return found.start, _RANK.get(found.kind, 0)


def _outside_masks(finds: list[Find], masked: list[tuple[int, int]]) -> list[Find]:
    kept, place = [], 0
    for found in finds:
        while place < len(masked) and masked[place][1] <= found.start:
            place += 1
        if place == len(masked) or masked[place][0] >= found.end:
            kept.append(found)
    return kept
