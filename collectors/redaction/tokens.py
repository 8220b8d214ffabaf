"""Finds keys and tokens by their formats: they stand in runs of 16 token characters or more."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from typing import Final

from windvane.collectors.redaction.accounts import account_at
from windvane.collectors.redaction.context import long_value
from windvane.collectors.redaction.find import Find
from windvane.collectors.redaction.formats import FORMATS, WHOLE, Format
from windvane.collectors.redaction.gate import LETTERS, LONG_RUN, is_name
from windvane.collectors.redaction.kinds import Kind
from windvane.collectors.redaction.national import codice_fiscale
from windvane.collectors.redaction.variety import has_digit, mixed, varied

__all__ = ["jwts", "tokens"]

_RUN: Final = b"a" * LONG_RUN
_LONGEST_LEAD: Final = 14
_BEFORE: Final = 26
"""How far before a run a format may begin: some have a dot or a dollar sign in between."""
_CODICE: Final = 16
_AMBIGUOUS: Final = frozenset(
    "sk- sess- BSA rnd_ AQVN re_ pa- key- pat cio oy2 EAA SK AC Q~ pat. sl. API-".split(),
)
"""Beginnings that other things have too: what follows must look drawn at random."""
_joint: Final = re.compile("[-_]").search
_ODD: Final = ".:$~"
"""What is part of some beginnings, but of no run."""


@cache
def _by_first() -> dict[str, tuple[Format, ...]]:
    """Formats by the first two characters of a run, or of a part of it: most begin none."""
    table: dict[str, tuple[Format, ...]] = {}
    for each in FORMATS:
        if not each.lead and not set(each.begin) & set(_ODD):
            table[each.begin[:2]] = (*table.get(each.begin[:2], ()), each)
    return table


@cache
def _odd_begins() -> re.Pattern[str]:
    """Beginnings that end a run, as `SG.` does, or stand before one: looked for where such a sign stands."""
    odd = [each for each in FORMATS if each.lead or set(each.begin) & set(_ODD)]
    plain = "|".join(re.escape(each.begin) for each in odd if not each.lead)
    after = "|".join(re.escape(each.begin) for each in odd if each.lead)
    return re.compile(rf"(?<![A-Za-z0-9])(?:{plain})|{after}")


@cache
def _by_begin() -> dict[str, list[Format]]:
    table: dict[str, list[Format]] = {}
    for each in FORMATS:
        table.setdefault(each.begin, []).append(each)
    return table


@cache
def _whole(form: Format) -> re.Pattern[str]:
    before = f"(?<![A-Za-z0-9]){form.lead}" if form.lead else ""
    return re.compile(before + re.escape(form.begin) + form.rest)


@cache
def _by_run() -> list[tuple[Kind, re.Pattern[str]]]:
    return [(kind, re.compile(pattern)) for kind, _, pattern in WHOLE]


@cache
def _jwt() -> re.Pattern[str]:
    return re.compile(r"eyJ[A-Za-z0-9_-]{13,8000}+\.[A-Za-z0-9_-]{4,16000}+(?:\.[A-Za-z0-9_-]{0,4000}+){0,3}")


def tokens(text: str, runs: bytes) -> Iterator[Find]:
    """Yield keys and tokens, and what else is known by a whole run; `runs` is `gate.runs(text)`."""
    at = done = 0
    while (start := runs.find(_RUN, at)) >= 0:
        end = runs.find(b" ", start + LONG_RUN)
        end = len(runs) if end < 0 else end
        digit = has_digit(text, start, end)
        if digit or (end - start >= LETTERS and not is_name(text, start, end)):
            found = _in_run(text, max(done, start - _BEFORE), start, end)
            if found is None and (digit or mixed(text[start:end])):
                found = _of_run(text, start, end)
            if found:
                yield found
                end = done = max(found.end, start + 1)
        at = end


def _in_run(text: str, before: int, start: int, end: int) -> Find | None:
    """Return the first token that begins in a run, at its start or after a hyphen or an underscore, or leads to it."""
    sign = text[start - 1 : start]
    if sign in _ODD and sign and (sign != ":" or text.startswith("AA", start)):
        for begin in _odd_begins().finditer(text, before, start + 2):
            for form in _by_begin()[begin[0]]:
                if found := _token(text, begin.start(), form):
                    return found
    by_first, place = _by_first(), start
    while place < end:
        for form in by_first.get(text[place : place + 2], ()):
            if text.startswith(form.begin, place) and (found := _token(text, place, form)):
                return found
        joint = _joint(text, place, end)
        if joint is None:
            return None
        place = joint.end()
    return None


def _token(text: str, begin: int, form: Format) -> Find | None:
    pattern = _whole(form)
    if form.lead:
        # A lead is from 4 to 14 characters long.
        matches = (pattern.match(text, begin - back) for back in range(4, _LONGEST_LEAD + 1) if back <= begin)
        match = next(filter(None, matches), None)
    else:
        match = pattern.match(text, begin)
    if match is None:
        return None
    rest = match[0].removeprefix(form.begin)
    known = form.begin not in _AMBIGUOUS and (has_digit(rest) or not rest.islower())
    return Find(match.start(), match.end(), form.kind) if known or varied(match[0]) else None


def _of_run(text: str, start: int, end: int) -> Find | None:
    if end - start == _CODICE and codice_fiscale(text[start:end]):
        return Find(start, end, Kind.IT_CODICE_FISCALE)
    if text[start + 2 : start + 4].isdigit() and (account := account_at(text, start)):
        return account
    for kind, pattern in _by_run():
        match = pattern.match(text, start)
        if match and varied(match[0]):
            return Find(start, match.end(), kind)
    return long_value(text, start, end)


def jwts(text: str, runs: bytes) -> Iterator[Find]:
    """Yield JSON Web Tokens: runs that begin with `eyJ`, which is `{"` in base64."""
    at = 0
    while (start := text.find("eyJ", at)) >= 0:
        at = start + 3
        # Only where a run begins: else many beginnings would share one long end.
        if start and runs[start - 1] == 97:
            continue
        match = _jwt().match(text, start)
        if match:
            at = match.end()
            yield Find(start, at, Kind.JWT)
